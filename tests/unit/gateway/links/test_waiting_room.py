from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast

import pytest

from tests.fakes.arrivals import MadeDoor, arrival
from tests.fakes.builders import station
from tests.fakes.links import CsmsEnd, Hall, made_duties
from tests.fakes.relays import frame
from voltward.domain.events import FactValue
from voltward.domain.station import Lane
from voltward.gateway.csms.channel import CsmsChannel, DialFailed
from voltward.gateway.door.judging import Judgement
from voltward.gateway.links.waiting_room import FAULTS_BORNE, HELD, SAID_AT_ONCE, WaitingRoom
from voltward.gateway.relay.rules import Outcome, Silence
from voltward.lifecycles.station_session import CloseCause, Phase, StationSession
from voltward.ocpp import DIALECTS
from voltward.ocpp.intent_answers import SaidCall
from voltward.usecases.admission.admission_registry import StationEntry

BOOT = frame(2, "boot", "BootNotification", {"chargePointVendor": "x", "chargePointModel": "y"})
TAMPERED = frame(2, "ev", "SecurityEventNotification", {"type": "TamperDetectionActivated", "timestamp": "x"})


class Waiting:
    """The link whose station waits; stories are kept until the test lets them go on."""

    def __init__(self, made: MadeDoor, judgement: Judgement, version: str = "ocpp1.6") -> None:
        self.made = made
        self.session = StationSession(Lane.UNPROVEN)
        self.dialect = DIALECTS[version]
        self.judgement = judgement
        self.sent: list[bytes] = []
        self.relayed: list[bytes] = []
        self.events: list[tuple[str, dict[str, FactValue]]] = []
        self.endings: list[tuple[CloseCause, str]] = []
        self.stories: list[Callable[[], Awaitable[None]]] = []
        self.connection = "c1"
        self.serial: str | None = None
        self.said_to_csms = self.said_to_station = 0
        self.looks = 0
        self.csms: CsmsEnd | DialFailed = CsmsEnd(version)
        self.served: CsmsChannel | None = None
        self.room = WaitingRoom(self, made_duties(made))

    def to_station(self, text: bytes, /) -> None:
        self.sent.append(text)

    def happened(self, kind: str, /, **facts: FactValue) -> None:
        self.events.append((kind, facts))

    def end(self, cause: CloseCause, reason: str, /) -> None:
        self.endings.append((cause, reason))

    def text(self, payload: bytes, /) -> None:
        self.relayed.append(payload)

    def serve(self, csms: CsmsChannel, /) -> None:
        self.served = csms

    def start(self, story: Callable[[], Awaitable[None]], name: str, /) -> None:
        self.stories.append(story)

    def look_at_asks(self) -> None:
        self.looks += 1

    async def dial(self) -> CsmsChannel | DialFailed:
        return cast("CsmsChannel | DialFailed", self.csms)

    # -- for the test

    def says(self, *elements: Any, raw: bytes | None = None) -> None:
        self.room.from_station(raw if raw is not None else frame(*elements))

    def heard(self) -> list[Any]:
        """What the station was told since the last time."""
        sent, self.sent = self.sent, []
        return [json.loads(text) for text in sent]

    async def go_on(self) -> None:
        stories, self.stories = self.stories, []
        for story in stories:
            await story()

    async def released(self) -> str:
        """Boot, be released; the id of the trigger."""
        self.says(raw=BOOT)
        self.session.released()
        self.room.trigger_boot()
        return self.heard()[-1][1]


@pytest.fixture
async def guest() -> AsyncIterator[Waiting]:
    made = MadeDoor()
    made.registry.put_station(StationEntry(station()))
    yield Waiting(made, await made.door.judge(arrival(password=b"x" * 20)))
    made.close()


async def test_a_boot_is_answered_pending_with_the_time_to_come_back(guest: Waiting) -> None:
    guest.says(raw=BOOT)

    assert guest.heard() == [
        [3, "boot", {"status": "Pending", "currentTime": "2026-11-22T12:00:00.000Z", "interval": 30}]
    ]
    assert guest.session.phase is Phase.PENDING


@pytest.mark.parametrize("booted", [False, True])
async def test_any_other_call_is_refused_and_forwarded_nowhere(guest: Waiting, booted: bool) -> None:
    if booted:
        guest.says(raw=BOOT)
        guest.heard()

    guest.says(2, "1", "StartTransaction", {"idTag": "x"})

    ((kind, message_id, code, *_),) = guest.heard()
    assert (kind, message_id, code) == (4, "1", "SecurityError")
    assert (guest.relayed, guest.stories) == ([], [])


async def test_whoever_is_not_accepted_and_says_no_end_of_things_is_sent_away(guest: Waiting) -> None:
    for _ in range(SAID_AT_ONCE):
        guest.says(2, "1", "Heartbeat", {})
    assert guest.endings == []

    guest.says(2, "1", "Heartbeat", {})

    assert [cause for cause, _ in guest.endings] == [CloseCause.VIOLATION]
    assert len(guest.heard()) == SAID_AT_ONCE


async def test_a_security_event_is_acknowledged_when_it_is_on_disk(guest: Waiting) -> None:
    guest.says(raw=BOOT)
    guest.heard()

    guest.says(raw=TAMPERED)
    assert guest.heard() == []
    await guest.go_on()

    assert guest.heard() == [[3, "ev", {}]]


async def test_a_security_event_that_is_not_on_disk_is_not_acknowledged(guest: Waiting) -> None:
    guest.says(raw=BOOT)
    guest.heard()
    guest.made.journal.is_away = True

    guest.says(raw=TAMPERED)
    await guest.go_on()

    assert guest.heard() == []


async def test_a_security_event_before_the_boot_is_refused(guest: Waiting) -> None:
    guest.says(raw=TAMPERED)

    assert guest.heard()[0][:3] == [4, "ev", "SecurityError"]


async def test_the_boot_after_the_release_is_the_first_that_the_csms_sees(guest: Waiting) -> None:
    trigger = await guest.released()
    guest.says(3, trigger, {"status": "Accepted"})
    assert guest.stories == []

    guest.says(raw=BOOT)
    behind = frame(2, "hb", "Heartbeat", {})
    guest.says(raw=behind)  # waits for the CSMS
    assert guest.heard() == []
    await guest.go_on()

    assert (guest.served, guest.relayed) == (guest.csms, [BOOT, behind])
    assert guest.session.is_serving


async def test_a_csms_that_is_away_leaves_the_station_pending(guest: Waiting) -> None:
    await guest.released()
    guest.csms = DialFailed("timeout")

    guest.says(raw=BOOT)
    guest.says(2, "hb", "Heartbeat", {})
    await guest.go_on()

    pending, refused = guest.heard()
    assert (pending[2]["status"], refused[:3]) == ("Pending", [4, "hb", "SecurityError"])
    assert guest.events == [("csms_unreachable", {"reason": "timeout"})]
    assert guest.session.phase is Phase.RELEASED

    guest.csms = CsmsEnd()
    guest.says(raw=BOOT)
    await guest.go_on()
    assert guest.relayed == [BOOT]  # and nothing stale behind it


async def test_a_station_that_never_booted_here_and_will_not_is_served_as_it_is(guest: Waiting) -> None:
    guest.session.released()
    guest.room.trigger_boot()
    ((_, trigger, *_),) = guest.heard()

    guest.says(3, trigger, {"status": "Rejected"})
    await guest.go_on()

    assert (guest.served, guest.relayed) == (guest.csms, [])


async def test_a_station_that_was_told_pending_will_boot_by_itself(guest: Waiting) -> None:
    trigger = await guest.released()

    guest.says(4, trigger, "NotSupported", "", {})

    assert (guest.stories, guest.session.phase) == ([], Phase.RELEASED)


@pytest.mark.parametrize("released", [False, True])
async def test_a_boot_that_does_not_fit_ends_the_link(released: bool) -> None:
    hall = Hall()
    guest = Waiting(hall.made, await hall.judge(), "ocpp2.0.1")
    boot = {"chargingStation": {"model": "y", "vendorName": "x", "serialNumber": "SN-CP001"}}
    if released:
        guest.says(2, "1", "BootNotification", {**boot, "reason": "PowerUp"})
        guest.session.released()
        guest.heard()
    boot["chargingStation"]["serialNumber"] = "SN-9"

    guest.says(2, "2", "BootNotification", {**boot, "reason": "PowerUp"})

    assert guest.endings == [(CloseCause.WRONG_SERIAL, "serial number does not fit the certificate")]
    assert guest.events[-1][1]["reason"] == "the boot reports the serial 'SN-9', expected was 'SN-CP001'"
    assert (guest.heard(), guest.stories, guest.serial) == ([], [], "SN-9")
    hall.made.close()


async def test_more_calls_than_may_wait_end_the_link(guest: Waiting) -> None:
    await guest.released()
    guest.says(raw=BOOT)
    for number in range(HELD):
        guest.says(2, str(number), "Heartbeat", {})
    assert guest.endings == []

    guest.says(2, "one more", "Heartbeat", {})

    assert guest.endings[0][0] is CloseCause.VIOLATION


async def test_answers_that_nobody_asked_for_are_dropped(guest: Waiting) -> None:
    guest.says(3, "1", {})
    guest.says(3, "", {})

    assert guest.heard() == []
    assert [kind for kind, _ in guest.events] == ["answer_dropped", "frame_refused"]


async def test_broken_frames_are_borne_a_few_times(guest: Waiting) -> None:
    for _ in range(FAULTS_BORNE):
        guest.says(raw=b"nonsense")
    assert guest.endings == []

    guest.says(raw=b"x" * 100_000)

    assert guest.endings == [(CloseCause.VIOLATION, "too many broken frames")]
    assert guest.events[-1][1]["reason"] == "too-large"


# -- certificates: the way out of this lane


async def test_a_request_for_a_certificate_is_answered_here_while_pending(guest: Waiting) -> None:
    guest.says(2, "1", "SignCertificate", {"csr": "pem"})
    assert guest.heard() == [[4, "1", "SecurityError", "not accepted yet", {}]]
    guest.says(raw=BOOT)
    guest.heard()

    guest.says(2, "2", "SignCertificate", {"csr": "pem"})
    await guest.go_on()

    assert guest.heard() == [
        [3, "2", {"status": "Rejected"}]
    ]  # a wrong password: nobody gets one in its name
    assert "certificate_request_refused" in [kind for kind, _ in guest.events]


async def test_a_request_that_is_not_ours_to_answer_waits_for_the_csms(guest: Waiting) -> None:
    guest.dialect = DIALECTS["ocpp2.0.1"]
    guest.says(raw=BOOT)
    guest.heard()

    guest.says(2, "2", "SignCertificate", {"csr": "pem", "certificateType": "V2GCertificate"})
    await guest.go_on()

    assert guest.heard()[0][:3] == [4, "2", "SecurityError"]


async def test_a_station_may_be_asked_once_it_is_pending(guest: Waiting) -> None:
    assert guest.looks == 0

    guest.says(raw=BOOT)

    assert guest.looks == 1


async def test_our_calls_go_one_by_one_and_end_with_the_room(guest: Waiting) -> None:
    told: list[Outcome] = []
    guest.says(raw=BOOT)
    guest.heard()
    for name in ("a", "b", "c"):
        guest.room.ask(name, SaidCall("ClearCache"), told.append, 0.0)
    assert [call[1] for call in guest.heard()] == ["a"]

    guest.says(3, "a", {"status": "Accepted"})
    guest.room.tick(1e9)
    guest.room.close()

    assert [call[1] for call in guest.heard()] == ["b", "c"]
    assert told[1:] == [Silence.TIMED_OUT, Silence.LINK_LOST]
