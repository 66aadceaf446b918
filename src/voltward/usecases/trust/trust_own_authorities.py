"""Our own authorities for stations are believed at the door from the day that they can issue."""

from __future__ import annotations

from collections.abc import Sequence

from voltward.crypto.reading.certificates import fingerprint, read_certificate
from voltward.crypto.reading.pem import certificate_pem
from voltward.domain.authority import Authority, TrustedFor
from voltward.domain.events import Event
from voltward.ports.clock import Clock
from voltward.ports.storage import Store


async def trust_own_authorities(
    store: Store, certificates: Sequence[bytes], actor: str, clock: Clock
) -> list[Authority]:
    """Trust those (DER) that the store has never heard of; what an operator has distrusted stays so.

    The stations CA, never its root: what the CSMS CA issued must not open the door as a station.
    """
    added = list[Authority]()
    async with store.begin() as work:
        known = {authority.id for authority in await work.authorities.all()}
        for der in certificates:
            authority = own_authority(der, clock)
            if authority.id in known:
                continue
            await work.authorities.save(authority)
            facts = {"name": authority.name, "for": authority.trusted_for.value, "own": True}
            await work.journal(Event("authority_trusted", clock.now(), actor, authority.id, facts))
            added.append(authority)
        if added:
            await work.commit()
    return added


def own_authority(der: bytes, clock: Clock) -> Authority:
    """Its row: for stations, by the serial in the common name."""
    return Authority(
        id=fingerprint(der).hex(),
        name=read_certificate(der).subject,
        certificate_pem=certificate_pem(der),
        trusted_for=TrustedFor.STATIONS,
        added_at=clock.now(),
    )
