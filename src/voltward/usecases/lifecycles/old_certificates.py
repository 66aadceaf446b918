"""For how long a certificate that has a successor opens the repair lane (ruling 25).

It goes by the version that the station spoke when it last came in; one that nobody has met yet, or that came
without a word about it, has the longer time.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from voltward.domain.credential import OLD_CERTIFICATE, Credential
from voltward.domain.station import StationId
from voltward.ocpp import DIALECTS
from voltward.ports.storage import Reading, UnitOfWork


async def end_of_old_certificate(work: UnitOfWork | Reading, old: Credential, now: datetime) -> datetime:
    """From when on it opens nothing; one that ends sooner ends as before."""
    until = now + await _time_of(work, old.station)
    return until if old.not_after is None else min(until, old.not_after)


async def _time_of(work: UnitOfWork | Reading, station: StationId) -> timedelta:
    known = (await work.acquaintances.of([station])).get(station)
    spoken = max(known.manners, key=lambda seen: seen.last_seen, default=None) if known is not None else None
    dialect = DIALECTS.get(spoken.manner.subprotocol) if spoken is not None else None
    return dialect.old_certificate if dialect is not None else OLD_CERTIFICATE
