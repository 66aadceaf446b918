"""What a revocation would cut, and which authority is one of our own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from voltward.adapters.gateway_links import live_links
from voltward.adapters.pki.signer.authority_shelf import FOLDER, read_chains
from voltward.bootstrap.deployment import Deployment
from voltward.crypto.reading.certificates import fingerprint
from voltward.domain.authority import Authority
from voltward.gateway.channel.listener import parse_address
from voltward.settings import Settings
from voltward.usecases.revocation.revoke_certificates import holders_below, holders_of


@dataclass(frozen=True, slots=True)
class LivingLinks:
    """How many live stations are concerned: counted by the gateway, or else at the most so many."""

    number: int
    exact: bool = True

    @property
    def words(self) -> str:
        """`cuts 3 live stations`."""
        how_many = str(self.number) if self.exact else f"at most {self.number}"
        unsure = "" if self.exact else " (the gateway does not answer on metrics.listen)"
        return f"cuts {how_many} live station{'' if self.number == 1 else 's'}{unsure}"


async def living_links(deployment: Deployment, certificates: Sequence[bytes]) -> LivingLinks:
    """What revoking these certificates (fingerprints) cuts."""
    counted = [await _counted(deployment, one.hex()) for one in certificates]
    known = [number for number in counted if number is not None]
    if len(known) == len(counted):
        return LivingLinks(sum(known))
    return LivingLinks(len(await holders_of(deployment.store, certificates)), exact=False)


async def living_below(deployment: Deployment, authority: Authority) -> LivingLinks:
    """What revoking this authority cuts."""
    counted = await _counted(deployment, authority.id)
    if counted is not None:
        return LivingLinks(counted)
    return LivingLinks(len(await holders_below(deployment.store, authority)), exact=False)


def own_chain(settings: Settings, authority_id: str) -> Sequence[bytes]:
    """From this authority up to its root, as DER, where it is one of ours; else nothing."""
    if not settings.path(FOLDER).is_dir():
        return ()
    for chain in read_chains(settings.path(FOLDER)).values():
        if fingerprint(chain[0]).hex() == authority_id:
            return chain
    return ()


async def _counted(deployment: Deployment, named: str) -> int | None:
    host, port = parse_address(deployment.settings.metrics.listen, "metrics.listen")
    return await live_links(host, port, named)
