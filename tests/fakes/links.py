"""Links without sockets: both channels only listen, and the duties are the real ones."""

from __future__ import annotations

import asyncio
from typing import Any, Literal, cast

from tests.fakes.arrivals import MadeDoor, arrival, trusted
from tests.fakes.builders import certificate_credential, station
from tests.fakes.certificates import Authority as MadeAuthority
from tests.fakes.clock import FakeClock, SeededEntropy
from tests.fakes.gateway import CountedFlow
from tests.fakes.relays import MESSAGE_CONTROLS
from tests.fakes.routes import made_route
from tests.fakes.spools import MemorySpool
from voltward.adapters.system_clock import SystemClock
from voltward.detection.sources import SourceMap
from voltward.domain.credential import ClientCertificate
from voltward.domain.events import Event
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station_entry import StationEntry
from voltward.domain.station_fact import StationFact
from voltward.gateway.channel.listener import Listener
from voltward.gateway.channel.station_channel import StationChannel
from voltward.gateway.csms.channel import CsmsChannel, CsmsOwner
from voltward.gateway.csms.routes import RouteHolder, Routes
from voltward.gateway.door.judging import Judgement
from voltward.gateway.links.duties import CsmsAccess, LinkDuties
from voltward.gateway.links.link import StationLink
from voltward.gateway.links.opened import Opened
from voltward.gateway.relay.book import RelayBook
from voltward.gateway.settings import GroupSettings, RelaySettings
from voltward.gateway.upkeep.facts import FactWriter
from voltward.gateway.upkeep.outbox import Outbox
from voltward.lifecycles.keepalive import Keepalive, KeepaliveTimes
from voltward.ocpp import DIALECTS

ROOT = MadeAuthority.create("Station CA")
LEAF = ROOT.issue("SN-CP001", "Example CPO")
TIMES = KeepaliveTimes(ping_seconds=60, pong_seconds=20)


def made_duties(
    door: MadeDoor,
    groups: dict[str, GroupSettings] | None = None,
    basic: Literal["pass", "shared", "none"] = "none",
) -> LinkDuties:
    """The duties behind this door; the CSMS is nowhere."""
    entropy = SeededEntropy()
    return LinkDuties(
        RelayBook(MESSAGE_CONTROLS, RelaySettings(), groups or {}),
        door.rules,
        CsmsAccess(RouteHolder(Routes([made_route(basic=basic)])), entropy),
        door.reports,
        FactWriter(door.registry, Outbox(MemorySpool(), door.clock)),
        door.clock,
    )


def facts_put(duties: LinkDuties) -> list[StationFact]:
    """What the links have told the store so far."""
    return [queued.entry for queued in duties.facts._outbox._queue if not isinstance(queued.entry, Event)]


LISTENER = Listener(
    "tls", "192.0.2.1", 443, "default", frozenset(SecurityProfile), None, (), SourceMap(), None
)


class StationEnd:
    """The station's channel: what it was told."""

    def __init__(self) -> None:
        self.peer = CountedFlow()
        self.sent: list[bytes] = []
        self.pings = 0
        self.moves = False  # octets go on, though no pong comes
        self.answers = False  # it takes what is sent to it
        self.ending: tuple[int, str] | None = None
        self.link: StationLink | None = None

    def send_text(self, text: bytes) -> None:
        self.sent.append(text)

    def ping(self) -> None:
        self.pings += 1

    def has_moved(self) -> bool:
        return self.moves

    def has_answered(self) -> bool:
        return self.answers

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
        self.owner.csms_said(text)


class MadeLink:
    """A link with both its ends."""

    def __init__(self, judgement: Judgement, duties: LinkDuties, version: str = "ocpp1.6") -> None:
        self.station = StationEnd()
        self.csms = CsmsEnd(version)
        opened = Opened("c1", DIALECTS[version], TIMES, LISTENER)
        self.link = StationLink(opened, judgement, cast("StationChannel", self.station), duties)
        self.station.link = self.link

    def serve(self) -> None:
        self.link.serve(cast("CsmsChannel", self.csms))


class Hall:
    """A door whose station comes in by its certificate, and the duties behind it."""

    def __init__(self) -> None:
        self.made = MadeDoor(FakeClock(SystemClock().now()))
        self.made.registry.set_authorities([trusted(ROOT)])
        self.duties: LinkDuties = made_duties(self.made)
        self.enter()

    def enter(self, **record: Any) -> None:
        proof = ClientCertificate(LEAF.fingerprint, "SN-CP001", b"")
        proven = certificate_credential(proof=proof, proven_at=record.pop("proven_at", self.made.clock.now()))
        p3 = SecurityProfile.TLS_CERTIFICATE
        record = {"profile": p3, "floor": p3, "known_sources": ("192.0.2.7",), **record}
        self.made.registry.put_station(StationEntry(station(**record), (proven,)))

    async def judge(self) -> Judgement:
        return await self.made.door.judge(arrival(leaf=LEAF, root=ROOT, at=self.made.clock.now()))

    async def link(self, version: str = "ocpp1.6") -> MadeLink:
        made = MadeLink(await self.judge(), self.duties, version)
        if made.link.session.is_serving:
            made.serve()
        return made

    @property
    def kinds(self) -> list[str]:
        return self.made.journal.kinds


async def settle() -> None:
    """Let what was started go on as far as it can."""
    for _ in range(5):
        await asyncio.sleep(0)
