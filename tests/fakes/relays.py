"""A relay between two ends that only listen, with the rules of the packaged rulebook."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

from tests.fakes.gateway import CountedFlow
from voltward.domain.call_purpose import CallPurpose
from voltward.domain.command_rule import Direction
from voltward.domain.events import FactValue
from voltward.domain.station import Lane
from voltward.gateway.relay.book import RelayBook
from voltward.gateway.relay.line import Line
from voltward.gateway.relay.owner import Hook
from voltward.gateway.relay.relay import Relay
from voltward.gateway.relay.rules import RelayRules
from voltward.gateway.settings import GroupSettings, RelaySettings
from voltward.lifecycles.station_clock import StationClock
from voltward.ocpp import DIALECTS
from voltward.ocpp.frames import Call
from voltward.ocpp.relay_answers import CallAnswer
from voltward.rulebook.catalogue import load_rulebook
from voltward.rulebook.control import Moment

MESSAGE_CONTROLS = {c.id: c.parameters for c in load_rulebook().for_moment(Moment.MESSAGE)}


def book(relay: RelaySettings | None = None, groups: Mapping[str, GroupSettings] | None = None) -> RelayBook:
    """The rules of the packaged rulebook under these settings."""
    return RelayBook(MESSAGE_CONTROLS, relay or RelaySettings(), groups or {})


def rules(
    version: str = "ocpp1.6", lane: Lane | None = None, relay: RelaySettings | None = None
) -> RelayRules:
    return book(relay).rules_for(DIALECTS[version], lane, frozenset())


def frame(*elements: Any) -> bytes:
    """A frame as a peer would write it: with blanks, so that another writing of it is another text."""
    return json.dumps(elements).encode()


class Ends:
    """The link that a relay works for, with both its ends."""

    def __init__(self) -> None:
        self.station: list[bytes] = []
        self.csms: list[bytes] = []
        self.events: list[tuple[str, dict[str, FactValue]]] = []
        self.answered_calls = 0
        self.faults: list[str] = []
        self.clocks: list[tuple[str, float | None]] = []
        self.held: list[tuple[Awaitable[CallAnswer], Callable[[CallAnswer, float], None]]] = []
        self.hooks: dict[Direction, Mapping[CallPurpose, Hook]] = {}

    def to_station(self, text: bytes, /) -> None:
        self.station.append(text)

    def to_csms(self, text: bytes, /) -> None:
        self.csms.append(text)

    def happened(self, kind: str, /, **facts: FactValue) -> None:
        self.events.append((kind, facts))

    def look_at_clock(self, call: Call, clock: StationClock, now: float, /) -> None:
        self.clocks.append((call.action, clock.read(0.0, now)))

    def hook(self, purpose: CallPurpose, direction: Direction, /) -> Hook | None:
        return self.hooks[direction].get(purpose)

    def answered(self) -> None:
        self.answered_calls += 1

    def misbehaved(self, reason: str, /) -> None:
        self.faults.append(reason)

    def wait_for(self, held: Awaitable[CallAnswer], then: Callable[[CallAnswer, float], None], /) -> None:
        self.held.append((held, then))


NO_HOOKS: Mapping[CallPurpose, Hook] = MappingProxyType({})


class Bench:
    """A relay, its two lines and what came out at both ends. Time is a number that the test says."""

    def __init__(
        self,
        rules: RelayRules,
        hooks: Mapping[CallPurpose, Hook] = NO_HOOKS,
        at_the_csms: Mapping[CallPurpose, Hook] = NO_HOOKS,
    ) -> None:
        self.ends = Ends()
        self.ends.hooks = {Direction.TO_CSMS: hooks, Direction.TO_STATION: at_the_csms}
        self.station_flow, self.csms_flow = CountedFlow(), CountedFlow()
        self.now = 0.0
        station, csms = Line(self.station_flow, self), Line(self.csms_flow, self)
        self.relay = Relay(self.ends, rules, station, csms, self.now)

    def take(self, text: bytes, line: Line, /) -> None:
        if line is self.relay.station:
            self.relay.from_station(text, self.now)
        else:
            self.relay.from_csms(text, self.now)

    def station_says(self, *elements: Any, raw: bytes | None = None) -> bytes:
        text = raw if raw is not None else frame(*elements)
        self.relay.station.arrived(text)
        return text

    def csms_says(self, *elements: Any, raw: bytes | None = None) -> bytes:
        text = raw if raw is not None else frame(*elements)
        self.relay.csms.arrived(text)
        return text

    def at_station(self) -> list[bytes]:
        """What the station got since the last time."""
        got, self.ends.station = self.ends.station, []
        return got

    def at_csms(self) -> list[bytes]:
        """What the CSMS got since the last time."""
        got, self.ends.csms = self.ends.csms, []
        return got

    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.ends.events]
