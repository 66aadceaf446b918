"""The gateway at one moment, put together from its log: who is in and how, who is not and why.

Pure: events come in, values can be read. How it looks is `view`'s.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from voltward.demo.cast import BY_IDENTITY
from voltward.demo.gateway_log import LogEvent

KEPT_REFUSALS: Final = 40

#: Kind of event -> what the counter is called.
_COUNTED: Final = {
    "station_admitted": "let in",
    "station_quarantined": "quarantined",
    "station_refused": "refused",
    "second_connection_refused": "refused",
    "tls_handshake_failed": "bad handshakes",
    "frame_refused": "broken frames",
    "message_blocked": "orders blocked",
    "link_revoked": "cut off",
}
_TOLD_AS_REFUSED: Final = frozenset(_COUNTED) - {"station_admitted", "station_quarantined"}


@dataclass(frozen=True, slots=True)
class Row:
    """A live link."""

    identity: str
    version: str  # of OCPP
    profile: str
    over: str  # the TLS version; empty without TLS
    credential: str
    lane: str  # empty: admitted


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that did not get through; `times` it happened in a row."""

    at: str  # the time of day
    who: str
    source: str
    control: str
    reason: str
    times: int = 1

    def is_like(self, other: Refusal) -> bool:
        """The same thing, met again."""
        return (self.who, self.control, self.reason) == (other.who, other.control, other.reason)


class Picture:
    """Fed with events; bounded."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._links: dict[str, Row] = {}  # by connection
        self._refusals: deque[Refusal] = deque(maxlen=KEPT_REFUSALS)

    @property
    def rows(self) -> list[Row]:
        """The live links, by identity."""
        return sorted(self._links.values(), key=lambda row: row.identity)

    @property
    def refusals(self) -> list[Refusal]:
        """What was turned away, newest first."""
        return list(reversed(self._refusals))

    def take(self, event: LogEvent) -> None:
        """One event of the gateway."""
        counter = _COUNTED.get(event.kind)
        if counter is not None:
            self.counts[counter] += 1
        connection = event.text("connection")
        if event.kind in {"station_admitted", "station_quarantined"}:
            self._links[connection] = _row(event)
        elif event.kind == "link_closed":
            self._links.pop(connection, None)
        elif event.kind == "lane_changed" and connection in self._links:
            lane = event.text("lane").removeprefix("admitted")
            self._links[connection] = replace(self._links[connection], lane=lane)
        if event.kind in _TOLD_AS_REFUSED:
            self._refuse(_refusal(event))

    def _refuse(self, refusal: Refusal) -> None:
        if self._refusals and self._refusals[-1].is_like(refusal):
            last = self._refusals.pop()
            refusal = replace(refusal, times=last.times + 1)
        self._refusals.append(refusal)


def _row(event: LogEvent) -> Row:
    part = BY_IDENTITY.get(event.subject)
    return Row(
        identity=event.subject,
        version=part.version if part is not None else event.text("subprotocol").removeprefix("ocpp"),
        profile=event.text("profile"),
        over=event.text("tls").replace("TLSv", "TLS "),
        credential=str(part.proof) if part is not None else event.text("credential"),
        lane=event.text("lane"),
    )


def _refusal(event: LogEvent) -> Refusal:
    source = event.text("source")
    return Refusal(
        at=event.at[11:19],
        who=event.subject if event.subject != source else "",
        source=source,
        control=event.text("control"),
        reason=event.text("reason") or event.text("what") or event.kind.replace("_", " "),
    )


def counted(counts: Counter[str]) -> Iterable[tuple[str, int]]:
    """The counters in the order in which a person reads them."""
    return ((name, counts[name]) for name in dict.fromkeys(_COUNTED.values()))
