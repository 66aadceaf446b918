"""Who breaks if we switch now? By name, with the reason, by what stations themselves say that they hold."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from voltward.domain.acquaintance import Acquaintance, Manner
from voltward.domain.station import Standing, StationId
from voltward.lifecycles.rollover_state import KIND as ROLLOVER
from voltward.lifecycles.rollover_state import Rollover, RolloverPhase
from voltward.lifecycles.root_rotation import RootRotation
from voltward.ports.lifecycles import Lifecycle
from voltward.ports.storage import Reading
from voltward.usecases.trust.anchor_inventory import inventory_of

MOST: Final = 100_000

# Which server chains a station is shown that comes like this.
ChainsShown = Callable[[Manner], Collection[str]]


class Trusting(StrEnum):
    """How a station would fare with the new chain."""

    READY = "ready"
    UNTOUCHED = "untouched"
    BREAKS = "breaks"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Prospect:
    """One station; `reason` in words, `proven_at`: when it last came by a chain below the new root.

    `no_way_back`: why the old chain may not reach it any more; empty: it does.
    """

    station: StationId
    trusting: Trusting
    reason: str
    proven_at: datetime | None = None
    no_way_back: str = ""

    @property
    def is_lost(self) -> bool:
        """Whether nobody may count on it: who never told is not counted on."""
        return self.trusting in (Trusting.BREAKS, Trusting.UNKNOWN)


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """`chains`: those that are to be switched, or are.

    `new`: those that lead to the new root, as they have been shown since `served_since`; None: not yet.
    """

    chains: Collection[str]
    shown: ChainsShown
    new: Collection[str] = ()
    served_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    holds_new: frozenset[StationId]
    holds_old: frozenset[StationId]
    rollovers: dict[StationId, Rollover]


async def plan_rotation(reading: Reading, rotation: RootRotation, terms: PlanTerms) -> list[Prospect]:
    """All stations in service, by identity."""
    rollovers = await open_rollovers(reading)
    known = _Known(
        frozenset(await _holders(reading, rotation.new, rotation.crossed)),
        frozenset(await _holders(reading, rotation.old)),
        {one.station: one.state for one in rollovers if one.station and isinstance(one.state, Rollover)},
    )
    found = list[Prospect]()
    async for portion in reading.acquaintances.each_station():
        stations = [met.station for met in portion if met.standing is not Standing.RETIRED]
        met = await reading.acquaintances.of(stations)
        found += [await _prospect(reading, one, met.get(one), known, terms) for one in stations]
    return sorted(found, key=lambda one: one.station)


async def open_rollovers(reading: Reading) -> Sequence[Lifecycle]:
    """Those of all stations, oldest first."""
    return await reading.lifecycles.open(ROLLOVER, limit=MOST)


async def _holders(reading: Reading, *authorities: str) -> list[StationId]:
    return [one for name in authorities if name for one in await reading.anchors.holders(name)]


async def _prospect(
    reading: Reading, station: StationId, met: Acquaintance | None, known: _Known, terms: PlanTerms
) -> Prospect:
    untouched = _untouched(met, terms)
    if untouched:
        return Prospect(station, Trusting.UNTOUCHED, untouched)
    proven_at, rollover = _proven_at(met, terms), known.rollovers.get(station)
    one_way = _one_way(station, known, terms)
    if rollover is not None and rollover.refuses_us and proven_at is None:
        return Prospect(station, Trusting.BREAKS, rollover.problem, no_way_back=one_way)
    if station in known.holds_new:
        return Prospect(station, Trusting.READY, "it holds the new root", proven_at, one_way)
    if proven_at is not None:
        return Prospect(station, Trusting.READY, "it came by the new chain", proven_at, one_way)
    inventory = await inventory_of(reading, station)
    words = _hindrance(rollover) or inventory.problem
    why = f": {words}" if words else ""
    if inventory.read_at is None:
        return Prospect(station, Trusting.UNKNOWN, f"it never told what it holds{why}")
    read = f"read {inventory.read_at:%Y-%m-%d %H:%M}"
    if station in known.holds_old:
        return Prospect(station, Trusting.BREAKS, f"it holds the old root alone ({read}){why}")
    return Prospect(station, Trusting.UNKNOWN, f"it lists neither root ({read}){why}")


def _one_way(station: StationId, known: _Known, terms: PlanTerms) -> str:
    """Why it may have lost the old root; whether a station that checks has come meanwhile is not asked."""
    rollover = known.rollovers.get(station)
    if station in known.holds_new and station not in known.holds_old:
        return "it does not list the old root any more"
    if rollover is not None and rollover.wants_crossed and terms.served_since is not None:
        return "it lets go of the old root once it has come by the new one (M05.FR.13)"
    return ""


def _hindrance(rollover: Rollover | None) -> str:
    if rollover is None:
        return ""
    if rollover.phase is RolloverPhase.HELD_BACK:
        return rollover.problem
    return rollover.phase.value + (f", {rollover.problem}" if rollover.problem else "")


def _untouched(met: Acquaintance | None, terms: PlanTerms) -> str:
    """Why no chain that is switched concerns it, as far as it was ever seen; empty: one may."""
    if met is None or not met.manners:
        return ""
    over_tls = [seen.manner for seen in met.manners if seen.manner.tls]
    if not over_tls:
        return "it comes without TLS"
    shown = {name for manner in over_tls for name in terms.shown(manner)}
    if terms.chains and not shown & set(terms.chains):
        return f"it is shown {', '.join(sorted(shown))}"
    return ""


def _proven_at(met: Acquaintance | None, terms: PlanTerms) -> datetime | None:
    """Its last handshake by a chain below the new root, and by none of the old: it has completed one."""
    if met is None or terms.served_since is None:
        return None
    by_new = [seen.last_seen for seen in met.manners if _is_by_new(seen.manner, terms)]
    newest = max(by_new, default=None)
    return newest if newest is not None and newest > terms.served_since else None


def _is_by_new(manner: Manner, terms: PlanTerms) -> bool:
    shown = set(terms.shown(manner)) if manner.tls else set[str]()
    return bool(shown) and shown <= set(terms.new)
