"""How stations came, and what their habits are: saved for many stations in one go, within a unit of work.

Whoever is not registered is kept too, up to a bound: then new ones are left out, so that nobody who makes
identities up can push the real ones away.
"""

from __future__ import annotations

from collections.abc import Sequence

from voltward.domain.acquaintance import Acquaintance
from voltward.domain.station import StationId
from voltward.domain.station_fact import AcquaintanceFact, HabitsTold, Met
from voltward.ports.storage import AcquaintanceStore

KEPT_STRANGERS = 50_000


async def record_acquaintances(store: AcquaintanceStore, facts: Sequence[AcquaintanceFact]) -> None:
    """Save them in order: a few statements, however many there are."""
    if not facts:
        return
    known = dict(await store.of(tuple(dict.fromkeys(fact.station for fact in facts))))
    new = any(
        isinstance(fact, Met) and not fact.is_registered and fact.station not in known for fact in facts
    )
    room = max(0, KEPT_STRANGERS - await store.strangers()) if new else 0
    changed: dict[StationId, Acquaintance] = {}
    for fact in facts:
        before = changed.get(fact.station) or known.get(fact.station)
        if before is None:
            if isinstance(fact, HabitsTold):
                continue  # the first meeting was left out, or is still to be told
            if not fact.is_registered:
                if room == 0:
                    continue
                room -= 1
            before = Acquaintance(fact.station, fact.at)
        changed[fact.station] = _with(before, fact)
    await store.put(tuple(changed.values()))


def _with(before: Acquaintance, fact: AcquaintanceFact) -> Acquaintance:
    if isinstance(fact, HabitsTold):
        return before.learnt(fact.habits)
    return before.met(fact.at, fact.manner, fact.wanting, fact.count)
