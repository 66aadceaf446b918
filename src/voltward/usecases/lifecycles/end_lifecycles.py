"""All that is under way with a station ends with it: when it is retired, and when other hardware takes over.

What its authority still signs for it is denied when it comes; what it was to be asked is asked of nobody.
"""

from __future__ import annotations

from datetime import datetime

from voltward.domain.station import StationId
from voltward.lifecycles.effects import Cancelled
from voltward.ports.storage import UnitOfWork
from voltward.usecases.lifecycles.advance_lifecycle import Moment, advance_lifecycle


class _NoLots:
    """`ports.clock.Entropy` for an end: nothing begins, so nothing gets a name."""

    def token(self, octets: int) -> bytes:
        raise AssertionError(f"an end asks for {octets} octets of chance")

    def identifier(self) -> str:
        raise AssertionError("an end asks for a name")


async def end_lifecycles(work: UnitOfWork, station: StationId, by: str, now: datetime) -> None:
    """End each that is open, in the caller's unit of work; not even a last question goes out."""
    moment = Moment(now, _NoLots(), by)
    for lifecycle in await work.lifecycles.open_of(station):
        await advance_lifecycle(work, lifecycle, Cancelled(by), moment)
        await work.asks.withdraw(lifecycle.id)
