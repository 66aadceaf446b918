"""Links without sockets: both channels only listen, and the duties are the real ones."""

from __future__ import annotations

from typing import cast

from tests.fakes.arrivals import BOOK, MadeDoor
from tests.fakes.clock import SeededEntropy
from tests.fakes.gateway import CountedFlow
from tests.fakes.relays import MESSAGE_CONTROLS
from voltward.gateway.attestation import Attestation
from voltward.gateway.csms_channel import CsmsChannel, CsmsOwner, CsmsRoute
from voltward.gateway.door import Judgement
from voltward.gateway.facts import FactWriter
from voltward.gateway.link import Opened, StationLink
from voltward.gateway.link_duties import CsmsAccess, LinkDuties
from voltward.gateway.relay_book import RelayBook
from voltward.gateway.settings import GroupSettings, RelaySettings
from voltward.gateway.station_channel import StationChannel
from voltward.lifecycles.keepalive import Keepalive, KeepaliveTimes
from voltward.ocpp import DIALECTS
from voltward.ports.storage import Reading, UnitOfWork
from voltward.usecases.record_facts import StationFact

TIMES = KeepaliveTimes(ping_seconds=60, pong_seconds=20)


class NoStore:
    """Facts are only put here, never saved."""

    def begin(self) -> UnitOfWork:
        raise AssertionError("nothing is saved in this test")

    def read(self) -> Reading:
        raise AssertionError("nothing is read in this test")


def made_duties(door: MadeDoor, groups: dict[str, GroupSettings] | None = None) -> LinkDuties:
    """The duties behind this door; the CSMS is nowhere."""
    entropy = SeededEntropy()
    route = CsmsRoute("ws://127.0.0.1:1/ocpp", dial_timeout=1.0, message_size=1 << 20, write_buffer=1 << 16)
    return LinkDuties(
        RelayBook(MESSAGE_CONTROLS, RelaySettings(), groups or {}),
        door.rules,
        CsmsAccess(route, Attestation({}), entropy),
        door.reports,
        FactWriter(NoStore(), entropy, door.reports, door.clock),
        door.clock,
    )


def facts_put(duties: LinkDuties) -> list[StationFact]:
    """What the links have told the store so far."""
    return list(duties.facts._queue)


class StationEnd:
    """The station's channel: what it was told."""

    def __init__(self) -> None:
        self.peer = CountedFlow()
        self.sent: list[bytes] = []
        self.pings = 0
        self.ending: tuple[int, str] | None = None
        self.link: StationLink | None = None

    def send_text(self, text: bytes) -> None:
        self.sent.append(text)

    def ping(self) -> None:
        self.pings += 1

    def close(self, code: int, reason: str) -> None:
        self._end((code, reason))

    def abort(self) -> None:
        self._end((0, "aborted"))

    def _end(self, ending: tuple[int, str]) -> None:
        if self.ending is None:
            self.ending = ending
            if self.link is not None:
                self.link.ended(ending[1])


class CsmsEnd:
    """The channel to the CSMS: what it was told, and the owner that it tells."""

    def __init__(self, subprotocol: str = "ocpp1.6") -> None:
        self.peer = CountedFlow()
        self.subprotocol = subprotocol
        self.sent: list[bytes] = []
        self.ending: tuple[int, str] | None = None
        self.owner: CsmsOwner | None = None
        self.ticks: list[float] = []

    def attach(self, owner: CsmsOwner, keepalive: Keepalive) -> None:
        self.owner = owner

    def send_text(self, text: bytes) -> None:
        self.sent.append(text)

    def tick(self, now: float) -> None:
        self.ticks.append(now)

    def close(self, code: int, reason: str) -> None:
        self.ending = (code, reason)

    def says(self, text: bytes) -> None:
        assert self.owner is not None
        self.owner.text(text)


class MadeLink:
    """A link with both its ends."""

    def __init__(self, judgement: Judgement, duties: LinkDuties, version: str = "ocpp1.6") -> None:
        self.station = StationEnd()
        self.csms = CsmsEnd(version)
        opened = Opened("c1", judgement, DIALECTS[version], TIMES)
        self.link = StationLink(opened, cast("StationChannel", self.station), duties)
        self.station.link = self.link

    def serve(self) -> None:
        self.link.serve(cast("CsmsChannel", self.csms))


__all__ = ["BOOK", "TIMES", "CsmsEnd", "MadeLink", "StationEnd", "facts_put", "made_duties"]
