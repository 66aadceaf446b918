from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.fakes.arrivals import MadeDoor, arrival, trusted
from tests.fakes.builders import certificate_credential, station
from tests.fakes.certificates import Authority as MadeAuthority
from tests.fakes.clock import FakeClock
from tests.fakes.links import MadeLink, facts_put, made_duties
from tests.fakes.relays import frame
from voltward.adapters.system_clock import SystemClock
from voltward.domain.credential import ClientCertificate
from voltward.domain.enforcement import Answer, Decision
from voltward.domain.finding import Outcome, Verdict
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Lane, Standing
from voltward.gateway.door import Judgement
from voltward.gateway.link_duties import LinkDuties
from voltward.gateway.settings import GroupSettings
from voltward.lifecycles.station_session import CloseCause
from voltward.usecases.admission_registry import StationEntry
from voltward.usecases.record_facts import Connected, Proven

ROOT = MadeAuthority.create("Station CA")
LEAF = ROOT.issue("SN-CP001", "Example CPO")
HEARTBEAT = frame(2, "1", "Heartbeat", {})


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


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    made = Hall()
    yield made
    made.made.close()


async def settle() -> None:
    """Let what was started go on as far as it can."""
    for _ in range(5):
        await asyncio.sleep(0)


# -- serving


async def test_what_the_station_says_reaches_the_csms_and_the_other_way_round(hall: Hall) -> None:
    link = await hall.link()

    link.link.text(HEARTBEAT)
    answer = frame(3, "1", {"currentTime": "x"})
    link.csms.says(answer)

    assert (link.csms.sent, link.station.sent, link.link.counted) == ([HEARTBEAT], [answer], [1, 1])


async def test_the_first_answered_call_proves_the_credential_once(hall: Hall) -> None:
    hall.enter(proven_at=None)
    link = await hall.link()
    for message_id in ("1", "2"):
        link.link.text(frame(2, message_id, "Heartbeat", {}))
        link.csms.says(frame(3, message_id, {}))

    proofs = [fact for fact in facts_put(hall.duties) if isinstance(fact, Proven)]
    assert [(fact.station, fact.fingerprint) for fact in proofs] == [(link.link.station, LEAF.fingerprint)]


async def test_what_is_proven_already_is_not_told_again(hall: Hall) -> None:
    link = await hall.link()
    link.link.text(HEARTBEAT)
    link.csms.says(frame(3, "1", {}))

    assert facts_put(hall.duties) == []


async def test_a_csms_that_reads_slowly_stops_the_station_and_the_other_way_round(hall: Hall) -> None:
    link = await hall.link()
    assert link.csms.owner is not None

    link.csms.owner.writable(is_writable=False)
    assert link.station.peer.is_paused
    link.csms.owner.writable(is_writable=True)
    assert not link.station.peer.is_paused

    link.link.writable(is_writable=False)
    assert link.csms.peer.is_paused
    link.link.writable(is_writable=True)
    assert not link.csms.peer.is_paused


async def test_what_was_read_before_a_stop_is_relayed_afterwards(hall: Hall) -> None:
    link = await hall.link()
    assert link.csms.owner is not None
    link.csms.owner.writable(is_writable=False)

    link.link.text(HEARTBEAT)
    assert link.csms.sent == []
    link.csms.owner.writable(is_writable=True)

    assert link.csms.sent == [HEARTBEAT]


# -- the end


async def test_when_the_csms_goes_the_station_is_told_to_come_back(hall: Hall) -> None:
    link = await hall.link()
    assert link.csms.owner is not None

    link.csms.owner.ended("closed")

    assert link.station.ending == (1001, "CSMS gone")
    assert hall.kinds == ["csms_link_lost"]


async def test_when_the_station_goes_the_csms_is_told_and_the_calls_are_failed(hall: Hall) -> None:
    left: list[tuple[str, int]] = []
    hall.duties.on_left = lambda gone: left.append((gone.connection, gone.counted[0]))
    link = await hall.link()
    link.link.text(HEARTBEAT)

    link.link.ended("connection lost")

    assert (link.csms.ending, left) == ((1001, "station gone"), [("c1", 1)])
    link.csms.says(frame(3, "1", {}))
    assert link.station.sent == []  # nothing is delivered after the end


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        (CloseCause.SUPERSEDED, 4001),
        (CloseCause.REASSESSED, 4002),
        (CloseCause.REVOKED, 4003),
        (CloseCause.SHUTDOWN, 1001),
        (CloseCause.VIOLATION, 1008),
        (CloseCause.SILENT, 0),
    ],
)
async def test_each_cause_has_its_close_code(hall: Hall, cause: CloseCause, code: int) -> None:
    link = await hall.link()

    link.link.end(cause, "because")

    assert link.station.ending is not None
    assert link.station.ending[0] == code


async def test_a_link_ends_once(hall: Hall) -> None:
    left: list[str] = []
    hall.duties.on_left = lambda gone: left.append(gone.connection)
    link = await hall.link()

    link.link.end(CloseCause.SUPERSEDED, "first")
    link.link.end(CloseCause.REVOKED, "second")

    assert (link.station.ending, left) == ((4001, "first"), ["c1"])


async def test_too_many_broken_frames_end_the_link(hall: Hall) -> None:
    link = await hall.link()
    for _ in range(21):
        link.link.text(b"nonsense")

    assert link.station.ending == (1008, "too many broken frames")


# -- alive or not


async def test_a_silent_station_is_asked_and_then_given_up(hall: Hall) -> None:
    link = await hall.link()
    start = hall.made.clock.monotonic()

    link.link.tick(start + 59)
    assert link.station.pings == 0
    link.link.tick(start + 60)
    assert (link.station.pings, link.station.ending) == (1, None)
    link.link.tick(start + 80)

    assert link.station.ending == (0, "aborted")


async def test_any_sign_of_life_keeps_a_link(hall: Hall) -> None:
    link = await hall.link()
    for _ in range(10):
        hall.made.clock.leap(59)
        link.link.heard()
        link.link.tick(hall.made.clock.monotonic())

    assert (link.station.pings, link.station.ending) == (0, None)


async def test_a_station_that_we_do_not_read_is_not_called_silent(hall: Hall) -> None:
    link = await hall.link()
    assert link.csms.owner is not None
    link.csms.owner.writable(is_writable=False)

    link.link.tick(hall.made.clock.monotonic() + 600)

    assert link.station.ending is None


async def test_a_probe_is_answered_by_anything_that_comes(hall: Hall) -> None:
    link = await hall.link()

    async with asyncio.TaskGroup() as group:
        probing = group.create_task(link.link.probe(5.0))
        await settle()
        assert (link.station.pings, link.link.is_probed) == (1, True)
        link.link.text(HEARTBEAT)

    assert probing.result() is True
    link.link.end_probe()
    assert not link.link.is_probed


async def test_a_probe_that_nothing_answers_is_over_in_time(hall: Hall) -> None:
    link = await hall.link()

    assert await link.link.probe(0.01) is False


async def test_a_link_that_ends_while_it_is_probed_was_not_alive(hall: Hall) -> None:
    link = await hall.link()

    async with asyncio.TaskGroup() as group:
        probing = group.create_task(link.link.probe(5.0))
        await settle()
        link.link.ended("connection lost")

    assert probing.result() is False


# -- boots and security events


async def test_a_boot_with_another_serial_ends_the_link(hall: Hall) -> None:
    link = await hall.link("ocpp2.0.1")

    boot = {"reason": "PowerUp", "chargingStation": {"serialNumber": "SN-9", "model": "m", "vendorName": "v"}}
    link.link.text(frame(2, "1", "BootNotification", boot))

    assert link.station.ending == (1008, "serial number does not fit the certificate")
    assert link.csms.sent == []
    assert hall.kinds == ["boot_serial_mismatched"]


async def test_a_fitting_boot_is_relayed_and_its_serial_kept(hall: Hall) -> None:
    link = await hall.link("ocpp2.0.1")
    boot = {
        "reason": "PowerUp",
        "chargingStation": {"serialNumber": "SN-CP001", "model": "m", "vendorName": "v"},
    }

    call = frame(2, "1", "BootNotification", boot)
    link.link.text(call)

    assert (link.csms.sent, link.link.serial, link.station.ending) == ([call], "SN-CP001", None)


async def test_a_security_event_is_on_disk_before_the_csms_hears_of_it(hall: Hall) -> None:
    link = await hall.link()
    event = frame(2, "1", "SecurityEventNotification", {"type": "TamperDetectionActivated", "timestamp": "x"})

    link.link.text(event)
    link.link.text(HEARTBEAT)
    assert (link.csms.sent, hall.kinds, link.station.peer.is_paused) == ([], [], True)
    await settle()

    assert (hall.kinds, link.csms.sent) == (["security_event_reported"], [event, HEARTBEAT])


async def test_a_security_event_that_cannot_be_kept_is_not_passed_on(hall: Hall) -> None:
    link = await hall.link()
    hall.made.journal.is_away = True

    link.link.text(frame(2, "1", "SecurityEventNotification", {"type": "x", "timestamp": "x"}))
    await settle()

    assert link.csms.sent == []
    assert link.station.ending == (1008, "the journal is away")
    assert hall.kinds[0] == "security_event_not_journalled"


# -- judged again


def with_decision(judgement: Judgement, decision: Decision) -> Judgement:
    return replace(judgement, decision=decision)


async def test_a_revoked_credential_ends_its_live_link(hall: Hall) -> None:
    link = await hall.link()
    refused = Decision(Answer.REFUSE, None, Verdict("CERT-04", Outcome.FAIL, "stolen"))

    link.link.judged_again(with_decision(link.link.judgement, refused))

    assert link.station.ending == (4003, "credential no longer accepted")
    assert hall.kinds == ["link_revoked"]


async def test_a_quarantine_for_repair_holds_from_the_next_message_on(hall: Hall) -> None:
    link = await hall.link()
    repair = Decision(Answer.QUARANTINE, Lane.REPAIR, Verdict("STN-02", Outcome.FAIL))

    link.link.judged_again(with_decision(link.link.judgement, repair))
    link.csms.says(frame(2, "a", "RemoteStartTransaction", {"idTag": "x"}))

    assert (link.station.sent, link.station.ending, link.link.session.lane) == ([], None, Lane.REPAIR)
    assert json.loads(link.csms.sent[0])[:2] == [4, "a"]
    assert "lane_changed" in hall.kinds
    link.link.judged_again(await hall.judge())
    assert link.link.session.lane is None


async def test_a_station_that_must_prove_itself_anew_comes_in_anew(hall: Hall) -> None:
    link = await hall.link()
    unproven = Decision(Answer.QUARANTINE, Lane.UNPROVEN, Verdict("STN-02", Outcome.FAIL))

    link.link.judged_again(with_decision(link.link.judgement, unproven))

    assert link.station.ending == (4002, "quarantined")


async def test_a_judgement_that_changes_nothing_is_not_told(hall: Hall) -> None:
    link = await hall.link()

    link.link.judged_again(await hall.judge())

    assert (hall.kinds, link.station.ending) == ([], None)


async def test_a_released_station_is_asked_to_boot_again(hall: Hall) -> None:
    hall.enter(standing=Standing.QUARANTINED, quarantine_lane=Lane.UNPROVEN)
    link = await hall.link()
    link.link.text(frame(2, "1", "BootNotification", {}))
    assert json.loads(link.station.sent[0])[2]["status"] == "Pending"

    hall.enter()
    link.link.judged_again(await hall.judge())

    trigger = json.loads(link.station.sent[1])
    assert (trigger[0], trigger[2:]) == (2, ["TriggerMessage", {"requestedMessage": "BootNotification"}])
    assert hall.kinds == ["station_released"]


async def test_an_unproven_link_stays_while_its_boot_is_pending_and_its_judgement_the_same(
    hall: Hall,
) -> None:
    hall.enter(standing=Standing.QUARANTINED, quarantine_lane=Lane.UNPROVEN)
    link = await hall.link()

    link.link.judged_again(await hall.judge())

    assert (link.station.ending, link.station.sent) == (None, [])


# -- who is told what


@pytest.mark.parametrize(
    ("record", "told"),
    [({}, []), ({"known_sources": ()}, [Connected])],
    ids=["as always", "from elsewhere"],
)
async def test_the_store_is_told_news_alone(hall: Hall, record: dict[str, Any], told: list[Callable]) -> None:
    hall.enter(**record)

    hall.duties.opened(await hall.judge())

    assert [type(fact) for fact in facts_put(hall.duties)] == told


async def test_a_group_may_let_boots_say_what_they_like(hall: Hall) -> None:
    hall.duties = made_duties(hall.made, {"default": GroupSettings(boot_serial="off")})
    link = await hall.link("ocpp2.0.1")
    boot = {"reason": "PowerUp", "chargingStation": {"serialNumber": "SN-9", "model": "m", "vendorName": "v"}}

    link.link.text(frame(2, "1", "BootNotification", boot))

    assert (len(link.csms.sent), link.station.ending) == (1, None)
