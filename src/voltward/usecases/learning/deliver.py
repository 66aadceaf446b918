"""The spool is carried to the store: rows and facts in their order, and each of them once (ruling 29).

How far a segment has arrived is written in the very transaction that its entries arrive in. So it does not
matter where a process was killed, or whether two of them carry the same segment.
"""

from __future__ import annotations

from collections.abc import Sequence

from voltward.domain.events import Event
from voltward.domain.station_fact import AcquaintanceFact, LifecycleFact
from voltward.ports.clock import Entropy
from voltward.ports.spool import Spooled
from voltward.ports.storage import Store, UnitOfWork
from voltward.usecases.learning.record_acquaintances import record_acquaintances
from voltward.usecases.learning.record_facts import record_fact


async def deliver(store: Store, entropy: Entropy, records: Sequence[Spooled]) -> list[Event]:
    """Save what has not arrived yet; returns the events that came of the facts. All of it or nothing."""
    events: list[Event] = []
    met: list[AcquaintanceFact] = []
    async with store.begin() as work:
        reached: dict[str, int] = {}
        for record in records:
            for entry in record.entries if await _is_new(work, record, reached) else ():
                if isinstance(entry, Event):
                    await work.journal(entry)
                elif isinstance(entry, AcquaintanceFact):
                    met.append(entry)  # many of them cost a few statements
                elif isinstance(entry, LifecycleFact):
                    await work.inbox.add(entry)  # its life-cycle is the worker's to move
                else:
                    events.extend(await record_fact(work, entry, entropy))
        await record_acquaintances(work.acquaintances, met)
        for segment, number in reached.items():
            await work.marks.set(_mark(segment), number)
        await work.commit()
    return events


async def _is_new(work: UnitOfWork, record: Spooled, reached: dict[str, int]) -> bool:
    """Whether this record has not arrived; then it counts as reached."""
    mark = record.mark
    if mark is None:
        return True
    if mark.segment not in reached:
        reached[mark.segment] = await work.marks.get(_mark(mark.segment))
    if mark.number <= reached[mark.segment]:
        return False
    reached[mark.segment] = mark.number
    return True


def _mark(segment: str) -> str:
    return f"spool/{segment}"
