"""Who would break if we stopped serving a part of TLS, by what stations were seen to negotiate.

The gateway takes the best that both sides know. So who came with an old version or a static-RSA suite had
nothing better to offer then. Who was not observed is not safe.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from voltward.domain.acquaintance import MannerSeen
from voltward.domain.station import Standing, StationId
from voltward.ports.storage import Reading, Store

FRESH = timedelta(days=30)  # what was last seen before that may have changed since
OLD_VERSION = "TLSv1.2"


class Loss(StrEnum):
    """What might no longer be served."""

    TLS_RSA = "tls-rsa"  # the two suites without forward secrecy (ruling 4)
    TLS_1_2 = "tls1.2"


class Outlook(StrEnum):
    """What would become of a station."""

    BREAKS = "would break"
    MAY_BREAK = "may break"  # it was seen with and without
    GOES_ON = "would go on"
    NOT_OBSERVED = "not observed"  # never seen over TLS


WORRYING = frozenset({Outlook.BREAKS, Outlook.MAY_BREAK})


@dataclass(frozen=True, slots=True)
class TlsFinding:
    """One station: how it was last seen, in how many handshakes, and whether that is fresh enough."""

    station: StationId
    group: str
    outlook: Outlook
    tls: str = ""
    suite: str = ""
    last_seen: datetime | None = None
    last_needed: datetime | None = None  # when it last came with what would be lost
    handshakes: int = 0
    is_fresh: bool = False

    def as_facts(self) -> dict[str, object]:
        """For `--json`."""
        return {
            "station": str(self.station),
            "group": self.group or None,
            "outlook": self.outlook.value,
            "tls": self.tls or None,
            "suite": self.suite or None,
            "last_seen": self.last_seen,
            "last_needed": self.last_needed,
            "handshakes": self.handshakes,
            "fresh": self.is_fresh,
        }


@dataclass(slots=True)
class TlsPosture:
    """Of one loss. `stale` counts those that would go on by what was last seen too long ago."""

    loss: Loss
    counts: Counter[Outlook] = field(default_factory=Counter[Outlook])
    stale: int = 0
    findings: list[TlsFinding] = field(default_factory=list[TlsFinding])

    @property
    def is_harmless(self) -> bool:
        """Nobody was seen who needs it."""
        return not any(self.counts[outlook] for outlook in WORRYING)


@dataclass(frozen=True, slots=True)
class TlsQuestion:
    """Which losses are asked about, what static RSA is called, and who is to be listed."""

    losses: tuple[Loss, ...]
    static_rsa: Collection[str]
    group: str | None = None
    everyone: bool = False


async def assess_tls(store: Store, question: TlsQuestion, now: datetime) -> list[TlsPosture]:
    """One posture for each loss, in one pass over the fleet. Who is not registered counts in no group."""
    postures = [TlsPosture(loss) for loss in question.losses]
    async with store.read() as work:
        groups, retired = await _groups(work, question.group)
        unseen = dict(groups)
        async for station, manners in _by_station(work):
            if station in retired or (question.group is not None and station not in groups):
                continue
            unseen.pop(station, None)
            for posture in postures:
                finding = judge_manners(station, manners, posture.loss, question.static_rsa, now)
                grouped = replace(finding, group=groups.get(station, ""))
                _count(posture, grouped, everyone=question.everyone)
        for station, group in unseen.items():
            for posture in postures:
                _count(posture, TlsFinding(station, group, Outlook.NOT_OBSERVED), everyone=question.everyone)
    return postures


def judge_manners(
    station: StationId,
    manners: Sequence[MannerSeen],
    loss: Loss,
    static_rsa: Collection[str],
    now: datetime,
) -> TlsFinding:
    """What the manners of a station, the newest last, say about a loss."""
    over_tls = [seen for seen in manners if seen.manner.tls]
    if not over_tls:
        return TlsFinding(station, "", Outlook.NOT_OBSERVED)
    needing = [seen for seen in over_tls if _needs(seen, loss, static_rsa)]
    outlook = Outlook.MAY_BREAK if needing else Outlook.GOES_ON
    if len(needing) == len(over_tls):
        outlook = Outlook.BREAKS
    newest = over_tls[-1]
    return TlsFinding(
        station,
        "",
        outlook,
        newest.manner.tls,
        newest.manner.suite,
        newest.last_seen,
        needing[-1].last_seen if needing else None,
        sum(seen.count for seen in over_tls),
        now - newest.last_seen <= FRESH,
    )


def _needs(seen: MannerSeen, loss: Loss, static_rsa: Collection[str]) -> bool:
    return seen.manner.suite in static_rsa if loss is Loss.TLS_RSA else seen.manner.tls <= OLD_VERSION


def _count(posture: TlsPosture, finding: TlsFinding, *, everyone: bool) -> None:
    posture.counts[finding.outlook] += 1
    if finding.outlook is Outlook.GOES_ON and not finding.is_fresh:
        posture.stale += 1
    if everyone or finding.outlook in WORRYING:
        posture.findings.append(finding)


async def _groups(work: Reading, group: str | None) -> tuple[dict[StationId, str], set[StationId]]:
    """Registered stations with their groups, and those that are retired."""
    groups: dict[StationId, str] = {}
    retired: set[StationId] = set()
    async for portion in work.acquaintances.each_station(group):
        for met in portion:
            if met.standing is Standing.RETIRED:
                retired.add(met.station)
            else:
                groups[met.station] = met.group
    return groups, retired


async def _by_station(work: Reading) -> AsyncIterator[tuple[StationId, list[MannerSeen]]]:
    """Manners, gathered by station; portions end anywhere."""
    current: StationId | None = None
    gathered: list[MannerSeen] = []
    async for portion in work.acquaintances.each_manner():
        for station, seen in portion:
            if current is not None and station != current:
                yield current, gathered
                gathered = []
            current = station
            gathered.append(seen)
    if current is not None:
        yield current, gathered
