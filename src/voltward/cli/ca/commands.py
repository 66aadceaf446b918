"""The orders of `voltward ca` that are loaded when they are given: where each lives, and what its help says.

A command that is not loaded yet has no docstring to show. The first paragraph stands in the list of all.
"""

from __future__ import annotations

from typing import Final, NamedTuple

READ_ON: Final = "Read on: docs/operations.md, docs/first-year-of-a-ca.md."


class Order(NamedTuple):
    """`help`: what it does, and what else is to know. `example`: how it is given; a group says so itself."""

    name: str
    place: str  # in this package: MODULE:NAME
    help: str
    example: str = ""

    @property
    def more(self) -> dict[str, str]:
        """What stands below its options."""
        return {"help_epilogue": f"As in: {self.example}\n\n{READ_ON}"} if self.example else {}


ORDERS: Final = (
    Order(
        "export",
        "own_authority:export",
        "Write the certificates of our authorities, and their chains, for stations and auditors.",
        "voltward ca export papers --form der",
    ),
    Order(
        "crl",
        "own_authority:crl",
        "Write the lists of revoked certificates to public/crl/: all, or those named.",
        "voltward ca crl stations-ca-ecdsa",
    ),
    Order(
        "server-renew",
        "server_certificate:server_renew",
        "New keys and certificates for the gateway's own names, from whoever made the last ones.\n\n"
        "All that are served: ours at once, those of an [authority.NAME] when they are due; or those "
        "named, at once. With --due ours wait, too, until they are: what a timer gives every day.",
        "voltward ca server-renew --due",
    ),
    Order(
        "server-order",
        "server_certificate:server_order",
        "Have an authority outside (ACME) certify a new key for these hosts.\n\n"
        "Without --host for those of the present certificate of this name. From then on `voltward ca "
        "server-renew --due` asks the same authority for the next ones.",
        "voltward ca server-order public-ecdsa --from public --host csms.example",
    ),
    Order(
        "server-install",
        "server_certificate:server_install",
        "Take a server certificate with its key: PEM, leaf first, the key unencrypted.\n\n"
        "The name is what gateway.chains or gateway.host_chains calls it; one of this name is replaced.",
        "voltward ca server-install second-ecdsa --chain chain.pem --key key.pem",
    ),
    Order(
        "ledger",
        "own_authority:ledger",
        "Go on from what can still be read of the signer's ledger, where it was cut or changed.",
        "voltward ca ledger --accept-loss",
    ),
    Order(
        "rotate",
        "rotation:app",
        "From one root to the next: prepare, install, plan, switch, back, pause, resume, retire, give-up.",
    ),
    Order(
        "install",
        "authority_signing:install",
        "Bring back the certificates of our authorities, with those above them; servers get theirs too.",
        "voltward ca install back/*.pem",
    ),
    Order(
        "root",
        "authority_signing:root",
        "A root in a folder of its own, where no network is: make it, or sign requests with it.\n\n"
        "The second time: --sign NAME.csr ... --to DIR; what it writes is for `voltward ca install`.",
        'voltward ca root --offline vault --operator-name "Example CPO"',
    ),
    Order(
        "root-crl",
        "root_lists:root_crl",
        "Sign the roots' lists of revoked certificates where their keys are, without a network.\n\n"
        "What was revoked once stays on every list that follows. `voltward ca install` takes them.",
        "voltward ca root-crl --offline vault --revoke stations-ca-ecdsa.pem --to lists",
    ),
    Order(
        "replace",
        "authority_signing:replace",
        "The next issuing CAs in the place of these: new keys below the same root.\n\n"
        "Where the root's key is elsewhere, it writes the requests that have to be signed there.",
        "voltward ca replace stations-ca-ecdsa",
    ),
)
