"""A new certificate for a server of ours, from our own CSMS CA or whoever signs for us."""

from __future__ import annotations

from dataclasses import dataclass

from voltward.crypto.issuing.hierarchy import Family
from voltward.crypto.issuing.issuance import Subject
from voltward.crypto.issuing.own_requests import certificate_request
from voltward.crypto.issuing.server_certificates import without_root
from voltward.crypto.keys import make_key, private_key_pem
from voltward.crypto.reading.pem import certificate_pem
from voltward.domain.errors import OutsideFault
from voltward.domain.secret import Secret
from voltward.ports.authority import CertificateAuthority, CertificateKind, CertificateOrder, Declined, Issued
from voltward.ports.clock import Entropy


@dataclass(frozen=True, slots=True)
class ServerNames:
    """What its certificate says: the first host is the common name (A00.FR.509, 510)."""

    family: Family
    organisation: str
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServerPapers:
    """A key, and the chain to send with it: PEM, leaf first, the root left out (field notes 18, 30)."""

    key: Secret
    chain_pem: bytes


async def renew_server(authority: CertificateAuthority, names: ServerNames, entropy: Entropy) -> ServerPapers:
    """Draw a key and have it certified. OutsideFault where the authority does not, or not now."""
    key = make_key(names.family.leaf_key)
    subject = Subject(names.hosts[0], names.organisation)
    request = certificate_request(key, subject, names.hosts)
    order = CertificateOrder(
        f"server-{entropy.identifier()}",
        CertificateKind.SERVER,
        request,
        subject.common_name,
        subject.organisation,
        names.hosts,
    )
    outcome = await authority.issue(order)
    if not isinstance(outcome, Issued):
        words = (
            f"declined: {outcome.words.rstrip('.')}." if isinstance(outcome, Declined) else "wants more time."
        )
        raise OutsideFault(f"the authority {words}", mend="Ask again later, or correct the names.")
    return ServerPapers(private_key_pem(key), certificate_pem(*without_root(outcome.chain)))
