"""What a rotation begins with: the root that stations know, the chains below it, and whose root it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from voltward.adapters.pki.signer.authority_shelf import (
    FOLDER,
    ShelvedAuthority,
    next_generation,
    read_shelf,
)
from voltward.adapters.vault import read_server_chain
from voltward.bootstrap.authority.authority_keys import AuthorityKeys
from voltward.bootstrap.deployment import Deployment
from voltward.crypto.issuing.authority_chains import is_root
from voltward.crypto.issuing.hierarchy import Family, Role
from voltward.crypto.issuing.issuance import IssuingAuthority
from voltward.crypto.reading.pem import read_pem_bundle
from voltward.crypto.reading.trust_anchors import is_signed_by
from voltward.domain.errors import OperatorFault
from voltward.gateway.channel.served_chains import served_chains


@dataclass(frozen=True, slots=True)
class Ground:
    """`signing`: the old root with its key; None where that is not here, so that others make the next one."""

    family: Family
    root: bytes  # DER
    signing: IssuingAuthority | None
    generation: int  # of what is to be made
    chains: Mapping[str, bytes]  # PEM, by name

    def name_of(self, role: Role) -> str:
        """Under which the next authority of this role is filed."""
        return f"{role}-{self.family}.{self.generation}"


def find_ground(deployment: Deployment, family: Family, keys: AuthorityKeys) -> Ground:
    """The newest root that a served chain leads to. OperatorFault where none of this family does."""
    settings = deployment.settings
    shelf = read_shelf(settings.path(FOLDER), keys.room, keys.find_key)
    served = served_chains(settings.gateway.chains, settings.gateway.host_chains)
    chains = {name: read_server_chain(deployment.room, name)[0] for name in served.names}
    for root, signing in _roots([one for one in shelf.values() if one.family is family]):
        below = {name: pem for name, pem in chains.items() if leads_to(pem, root)}
        if below:
            generation = next_generation(settings.path(FOLDER), family)
            return Ground(family, root, signing, generation, below)
    raise OperatorFault(
        f"no chain that is served here leads to a root of an issuing CA of ours ({family}).",
        mend="Name the other family. Where somebody else signs the server's certificates, the next chain is "
        "theirs: bring it in (`voltward ca server-install`), and serve it beside the old one, by host name.",
    )


def _roots(shelf: list[ShelvedAuthority]) -> Iterator[tuple[bytes, IssuingAuthority | None]]:
    """Ours, then those above our CSMS CAs; the newest first."""
    newest = sorted(shelf, key=lambda one: one.generation, reverse=True)
    for one in newest:
        if one.role is Role.ROOT:
            yield one.ders[0], one.issuing
    for one in newest:
        if one.role is Role.CSMS and is_root(one.ders[-1]):
            yield one.ders[-1], None


def leads_to(pem: bytes, root: bytes) -> bool:
    """Whether this server chain (PEM) hangs below this root (DER), which may be left out of it."""
    top = read_pem_bundle(pem)[-1]
    return top == root or is_signed_by(top, root)
