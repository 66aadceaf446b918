"""For whoever is on call: what happened to this station at the door, why, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from voltward.domain.errors import OperatorFault
from voltward.domain.events import Event
from voltward.domain.station import Standing, StationId
from voltward.ports.clock import Clock
from voltward.ports.journal import JournalReader
from voltward.ports.storage import Store
from voltward.rulebook.catalogue import Rulebook
from voltward.usecases.admission.admission_registry import StationEntry
from voltward.usecases.views.queries import show_station

DECISIONS = {
    "station_admitted": "admitted",
    "station_quarantined": "quarantined",
    "station_refused": "refused",
}
TOLD = 200  # journal rows that are looked through for the last handshakes


@dataclass(frozen=True, slots=True)
class Explanation:
    """`entry` is None for an identity that nobody registered; its refusals are told all the same."""

    station: StationId
    entry: StationEntry | None
    last: Event | None  # the last decision at the door
    last_admitted: Event | None
    cut: Event | None  # its link was ended since
    titles: Mapping[str, str]  # of controls
    advice: str
    recent: tuple[Event, ...]
    now: datetime

    def as_facts(self) -> dict[str, object]:
        """For `--json`."""
        return {
            "station": str(self.station),
            "registered": self.entry is not None,
            "standing": self.entry.station.standing.value if self.entry is not None else None,
            "answer": DECISIONS[self.last.kind] if self.last is not None else None,
            "at": _happened(self.last) if self.last is not None else None,
            "control": self._fact("control"),
            "title": self.titles.get(str(self._fact("control")), ""),
            "reason": self._fact("reason"),
            "credential": self._fact("credential") or self._fact("form"),
            "source": self._fact("source"),
            "profile": self._fact("profile"),
            "tls": self._fact("tls"),
            "would": self._fact("would"),
            "failed": self._fact("failed"),
            "excepted": self._fact("excepted"),
            "quirks": self._fact("quirks"),
            "cut_at": self.cut.at if self.cut is not None else None,
            "cut_by": self.cut.facts["control"] if self.cut is not None else None,
            "last_admitted_at": _happened(self.last_admitted) if self.last_admitted is not None else None,
            "advice": self.advice,
            "recent": [{"at": e.at, "kind": e.kind, "facts": dict(e.facts)} for e in self.recent],
        }

    def lines(self) -> Iterator[str]:
        """In words, the most useful first."""
        yield f"{self.station}: {self._standing()}"
        if self.last is None:
            yield "It has not knocked since this deployment was made."
        else:
            yield from self._last(self.last)
        if self.cut is not None:
            yield f"Its link was ended {_ago(self.cut.at, self.now)}, by {self._named(self.cut)}."
        if self.advice:
            yield f"What to do: {self.advice}"
        if self.last_admitted is not None and self.last_admitted is not self.last:
            before = self.last_admitted
            yield f"It was last let in {_ago(_happened(before), self.now)}, {_how(before.facts)}."
        for event in self.recent:
            yield f"  {event.at:%Y-%m-%d %H:%M:%S}  {event.kind}  {_short(event.facts)}"

    def _last(self, event: Event) -> Iterator[str]:
        when = _ago(_happened(event), self.now)
        yield f"Last handshake {when}: {DECISIONS[event.kind]}, {_how(event.facts)}."
        if event.facts.get("count"):
            yield f"It was refused {event.facts['count']} times in that minute for the same reason."
        would = event.facts.get("would")
        if would is not None and would != "admit":
            yield f"Its group is only observed: enforced, the answer would have been `{would}`."
        if event.facts.get("quirks"):
            yield f"Quirks that held: {', '.join(map(str, _listed(event.facts['quirks'])))}."
        if event.facts.get("control"):
            reason = f": {event.facts['reason']}" if event.facts.get("reason") else ""
            yield f"Decided by {self._named(event)}{reason}."

    def _named(self, event: Event) -> str:
        control = str(event.facts["control"])
        return f"{control} ({self.titles.get(control, '')})"

    def _standing(self) -> str:
        if self.entry is None:
            return "nobody registered this identity."
        station = self.entry.station
        note = f" ({station.note})" if station.note else ""
        proof = "proven" if self.entry.has_proven_credential else "not yet proven"
        standing = f"{station.standing.value}{note}"
        if station.recommissioned_at is not None and not self.entry.has_proven_credential:
            proof = f"new hardware since {station.recommissioned_at:%Y-%m-%d %H:%M} UTC, not yet proven"
        return f"profile {int(station.profile)}, floor {int(station.floor)}, {standing}, {proof}."

    def _fact(self, name: str) -> object:
        return self.last.facts.get(name) if self.last is not None else None


async def explain_station(
    store: Store, journal: JournalReader, rulebook: Rulebook, station: StationId, clock: Clock
) -> Explanation:
    """Read the record and the journal; an unknown identity that has knocked is explained too."""
    rows = await journal.tail(TOLD, subject=str(station))
    events = [row.event for row in rows]
    try:
        entry = await show_station(store, station)
    except OperatorFault:
        if not events:
            raise
        entry = None
    last = _latest(events, tuple(DECISIONS))
    cut = _latest(events, ("link_revoked",))
    if last is None or (cut is not None and _happened(last) > cut.at):
        cut = None
    deciding = cut or last
    known = rulebook.by_id.get(str(deciding.facts.get("control"))) if deciding is not None else None
    return Explanation(
        station=station,
        entry=entry,
        last=last,
        last_admitted=_latest(events, ("station_admitted", "station_quarantined")),
        cut=cut,
        titles={name: control.title for name, control in rulebook.by_id.items()},
        advice=_advice(entry, deciding, known.remedy if known is not None else ""),
        recent=tuple(events[-8:]),
        now=clock.now(),
    )


def _advice(entry: StationEntry | None, last: Event | None, remedy: str) -> str:
    if last is None:
        return (
            "Look whether the station has power and network, and whether its URL, host name and identity "
            "are right: nothing of it has arrived here. `voltward journal tail` shows handshakes that "
            "failed before an identity was told."
        )
    if entry is not None and entry.station.standing is Standing.QUARANTINED:
        return "It is quarantined by order: `voltward station release ID` ends that."
    if last.kind == "station_admitted" and last.facts.get("would") in (None, "admit"):
        return "Nothing: it was let in."
    return remedy


def _latest(events: Sequence[Event], kinds: Sequence[str]) -> Event | None:
    """The one that happened last: of two at one time, the one that stands behind the other."""
    decisions = [event for event in reversed(events) if event.kind in kinds]
    return max(decisions, key=_happened, default=None)


def _happened(event: Event) -> datetime:
    """Refusals that were counted become a row a minute later, when the station may have come in."""
    last = event.facts.get("last_at")
    return datetime.fromisoformat(last) if isinstance(last, str) else event.at


def _ago(at: datetime, now: datetime) -> str:
    seconds = max(0, int((now - at).total_seconds()))
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            count = seconds // length
            return f"{count} {unit}{'s' if count > 1 else ''} ago ({at:%Y-%m-%d %H:%M} UTC)"
    return f"{seconds} s ago ({at:%H:%M:%S} UTC)"


def _how(facts: Mapping[str, object]) -> str:
    words = [f"from {facts.get('source')}"]
    if facts.get("profile"):
        words.append(f"profile {facts['profile']}")
    words.append(str(facts.get("tls") or "plain"))
    if facts.get("credential"):
        words.append(f"with {facts['credential']}")
    return ", ".join(words)


def _listed(fact: object) -> Sequence[object]:
    return fact if isinstance(fact, (list, tuple)) else (fact,)


def _short(facts: Mapping[str, object]) -> str:
    told = ("control", "reason", "source", "count", "from", "to", "type")
    return "  ".join(f"{name}={facts[name]}" for name in told if facts.get(name) not in (None, "", ()))
