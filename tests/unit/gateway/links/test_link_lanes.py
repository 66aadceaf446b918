from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.fakes.links import Hall, settle
from tests.fakes.relays import frame
from voltward.domain.enforcement import Answer, Decision
from voltward.domain.finding import Outcome, Verdict
from voltward.domain.station import Lane, Standing
from voltward.gateway.door.judging import Judgement

HEARTBEAT = frame(2, "1", "Heartbeat", {})


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    made = Hall()
    yield made
    made.made.close()


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
