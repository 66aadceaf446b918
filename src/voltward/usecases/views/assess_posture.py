"""Who is ready to be enforced, and why the others are not: read models of the fleet, streamed.

Only what has been seen is told. Who was never seen is no more ready than who was seen to fail; it is counted
apart, because nothing can be mended about it yet.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from voltward.domain.acquaintance import Acquaintance
from voltward.domain.station import Standing, StationId
from voltward.ports.storage import StationMet, Store
from voltward.rulebook.catalogue import Rulebook

UNREGISTERED = "ID-02"
NO_GROUP = ""  # of who is not registered


class Readiness(StrEnum):
    """How a station would fare if its group were enforced now."""

    READY = "ready"
    NOT_READY = "not ready"
    NEVER_SEEN = "never seen"
    NOT_REGISTERED = "not registered"


WORRYING = frozenset({Readiness.NOT_READY, Readiness.NOT_REGISTERED})


@dataclass(frozen=True, slots=True)
class DoorFinding:
    """One station. `last_seen` is when it last came in; what it lacked then stands in the rest."""

    station: StationId
    group: str
    readiness: Readiness
    last_seen: datetime | None = None
    would: str = ""
    control: str = ""
    title: str = ""
    detail: str = ""
    remedy: str = ""
    csms_took_header: bool = False

    def as_facts(self) -> dict[str, object]:
        """For `--json`."""
        return {
            "station": str(self.station),
            "group": self.group or None,
            "readiness": self.readiness.value,
            "last_seen": self.last_seen,
            "would": self.would or None,
            "control": self.control or None,
            "title": self.title or None,
            "reason": self.detail or None,
            "remedy": self.remedy or None,
            "csms_took_header": self.csms_took_header,
        }


@dataclass(slots=True)
class DoorPosture:
    """`counts` by group; `findings` are those that were asked for."""

    counts: dict[str, Counter[Readiness]] = field(default_factory=lambda: defaultdict(Counter[Readiness]))
    findings: list[DoorFinding] = field(default_factory=list[DoorFinding])

    @property
    def is_ready(self) -> bool:
        """Nobody was seen who would be turned away."""
        return not any(counted[word] for counted in self.counts.values() for word in WORRYING)


async def assess_door(
    store: Store, rulebook: Rulebook, group: str | None = None, *, everyone: bool = False
) -> DoorPosture:
    """The fleet, or a group of it. Findings are those to be mended; with `everyone`, all stations.

    Who is not registered belongs to no group, and is left out where one was asked for.
    """
    posture = DoorPosture()
    async with store.read() as work:
        async for portion in work.acquaintances.each_station(group):
            for met in portion:
                if met.standing is not Standing.RETIRED:
                    _count(posture, _of_station(met, rulebook), everyone=everyone)
        if group is None:
            async for strangers in work.acquaintances.each_stranger():
                for known in strangers:
                    _count(posture, _of_stranger(known, rulebook), everyone=everyone)
    return posture


def _count(posture: DoorPosture, finding: DoorFinding, *, everyone: bool) -> None:
    posture.counts[finding.group][finding.readiness] += 1
    if everyone or finding.readiness in WORRYING:
        posture.findings.append(finding)


def _of_station(met: StationMet, rulebook: Rulebook) -> DoorFinding:
    known = met.known
    if known is None or _was_only_a_stranger(met, known):
        return DoorFinding(met.station, met.group, Readiness.NEVER_SEEN)
    if known.is_ready:
        return DoorFinding(met.station, met.group, Readiness.READY, known.last_seen)
    return _wanting(known, met.group, Readiness.NOT_READY, rulebook)


def _of_stranger(known: Acquaintance, rulebook: Rulebook) -> DoorFinding:
    return _wanting(known, NO_GROUP, Readiness.NOT_REGISTERED, rulebook)


def _was_only_a_stranger(met: StationMet, known: Acquaintance) -> bool:
    """It has not come since it was registered: what it lacked was the registration."""
    if known.ready_at is not None or known.wanting is None or known.wanting.control != UNREGISTERED:
        return False
    return met.created_at is not None and known.wanting.at <= met.created_at


def _wanting(known: Acquaintance, group: str, readiness: Readiness, rulebook: Rulebook) -> DoorFinding:
    wanting = known.wanting
    if wanting is None:
        return DoorFinding(known.station, group, readiness, known.last_seen)
    control = rulebook.by_id.get(wanting.control)
    return DoorFinding(
        known.station,
        group,
        readiness,
        known.last_seen,
        would=wanting.would.value,
        control=wanting.control,
        title=control.title if control is not None else "",
        detail=wanting.detail,
        remedy=control.remedy if control is not None else "",
        csms_took_header=wanting.csms_took_header,
    )


def by_control(posture: DoorPosture) -> Iterator[tuple[str, str, str, int]]:
    """The controls that keep stations back, the most frequent first: id, title, remedy, stations."""
    counted: Counter[tuple[str, str, str]] = Counter(
        (finding.control, finding.title, finding.remedy)
        for finding in posture.findings
        if finding.readiness in WORRYING and finding.control
    )
    for (control, title, remedy), number in counted.most_common():
        yield control, title, remedy, number
