"""Read models of certificates: which are issued, which are used, and what goes dark when. Never writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from voltward.crypto.reading.certificates import read_certificate
from voltward.crypto.reading.pem import read_pem_bundle
from voltward.domain.station import StationId
from voltward.lifecycles.renewal_state import KIND
from voltward.ports.lifecycles import IssuedCertificate, Lifecycle
from voltward.ports.storage import Reading, Store
from voltward.usecases.lifecycles.renewed_credentials import used_certificate
from voltward.usecases.registered_station import registered

PORTION = 500
FAR = timedelta(days=36_500)


@dataclass(frozen=True, slots=True)
class CertificateLine:
    """One that was issued: does its station come in with it, and is it being renewed?"""

    issued: IssuedCertificate
    is_used: bool
    renewal: Lifecycle | None


@dataclass(frozen=True, slots=True)
class DarkDay:
    """What ends, and what that cuts off if nothing is done."""

    at: datetime
    what: str
    stations: int = 0


async def list_certificates(
    store: Store, now: datetime, *, station: StationId | None = None, before: datetime | None = None
) -> list[CertificateLine]:
    """Those of a station, newest first; else those that end before then, soonest first; not the revoked."""
    async with store.read() as reading:
        if station is not None:
            await registered(reading, station)
            found = list(await reading.issued.of(station))
        else:
            found = await _expiring(reading, before or now + FAR)
        return [await certificate_line(reading, each, now) for each in found]


async def open_lifecycles(store: Store, kinds: Iterable[str]) -> list[Lifecycle]:
    """All that are under way, oldest first."""
    async with store.read() as reading:
        return [each for kind in kinds for each in await reading.lifecycles.open(kind, limit=100_000)]


async def lifecycles_of(store: Store, station: StationId) -> Sequence[Lifecycle]:
    """A station's life-cycles that are under way."""
    async with store.read() as reading:
        return await reading.lifecycles.open_of(station)


async def dark_days(store: Store, now: datetime, named: Mapping[str, bytes]) -> list[DarkDay]:
    """Ends of what stations use, by day, of authorities, and of what is `named` (PEM), in order.

    Of a renewal that is under way nothing is expected here: this is what happens if nothing is done.
    """
    ends: Counter[datetime] = Counter()
    async with store.read() as reading:
        for issued in await _expiring(reading, now + FAR):
            if (await certificate_line(reading, issued, now)).is_used:
                ends[issued.not_after.replace(hour=0, minute=0, second=0, microsecond=0)] += 1
        authorities = [a for a in await reading.authorities.all() if a.retired_at is None]
    days = [DarkDay(day, "certificates of stations", count) for day, count in ends.items()]
    ours = {read_pem_bundle(pem)[0] for pem in named.values()}
    others = [a for a in authorities if read_pem_bundle(a.certificate_pem)[0] not in ours]
    days += [DarkDay(_end(a.certificate_pem), f"authority {a.name}") for a in others]
    days += [DarkDay(_end(pem), name) for name, pem in named.items()]
    return sorted(days, key=lambda day: (day.at, day.what))


def _end(pem: bytes) -> datetime:
    return read_certificate(read_pem_bundle(pem)[0]).not_after


async def _expiring(reading: Reading, before: datetime) -> list[IssuedCertificate]:
    found: list[IssuedCertificate] = []
    while True:
        page = await reading.issued.expiring(before, limit=PORTION, after=found[-1] if found else None)
        found += page
        if len(page) < PORTION:
            return found


async def certificate_line(reading: Reading, issued: IssuedCertificate, now: datetime) -> CertificateLine:
    """What is known of one that was issued."""
    if issued.station is None:
        return CertificateLine(issued, is_used=False, renewal=None)
    used = used_certificate(await reading.credentials.of(issued.station), now)
    under_way = [each for each in await reading.lifecycles.open_of(issued.station) if each.kind == KIND]
    return CertificateLine(issued, used == issued.fingerprint, under_way[0] if under_way else None)
