"""A station model in dialogue with a CSMS that the test plays: what it says by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.unit.simulator.station_play import BOOTED, T0, booted, frames, model_of, one, play
from voltward.simulator.boot_clock import Registration
from voltward.simulator.frames import (
    write_error,
    write_result,
)
from voltward.simulator.messages.messages import Saying
from voltward.simulator.messages.tables import DAY, TABLES
from voltward.simulator.open_calls import CALL_TIMEOUT

SECOND = timedelta(seconds=1)
ALL = pytest.mark.parametrize("dialect", sorted(TABLES))


@ALL
def test_it_boots_first_and_says_the_rest_only_when_it_is_accepted(dialect: str) -> None:
    model = model_of(dialect)
    model.plan([Saying.HEARTBEAT], T0)

    boot = one(model.connected(T0))
    after = one(model.receive(write_result(boot.message_id, BOOTED), T0))

    assert (boot.action, after.action) == ("BootNotification", "Heartbeat")
    assert model.registration is Registration.ACCEPTED


@ALL
@pytest.mark.parametrize(
    ("status", "interval", "waits"), [("Pending", 7, 7), ("Rejected", 9, 9), ("Pending", 0, 30)]
)
def test_it_waits_out_the_interval_before_it_boots_again(
    dialect: str, status: str, interval: int, waits: int
) -> None:
    model = model_of(dialect)
    model.plan([Saying.HEARTBEAT], T0)
    boot = one(model.connected(T0))

    model.receive(write_result(boot.message_id, {**BOOTED, "status": status, "interval": interval}), T0)

    assert model.next_deadline() == T0 + waits * SECOND
    assert model.tick(T0 + (waits - 1) * SECOND) == []
    again = one(model.tick(T0 + waits * SECOND))
    assert again.action == "BootNotification"
    assert again.message_id != boot.message_id


@ALL
def test_a_boot_that_nobody_answers_or_that_fails_is_said_again(dialect: str) -> None:
    model = model_of(dialect)
    model.connected(T0)

    lost = one(model.tick(T0 + CALL_TIMEOUT))
    model.receive(write_error(lost.message_id, "InternalError"), T0 + CALL_TIMEOUT)

    assert model.tally.timed_out == 1
    assert one(model.tick(T0 + 2 * CALL_TIMEOUT)).action == "BootNotification"


@ALL
def test_it_does_not_boot_again_on_a_reconnect(dialect: str) -> None:
    model = booted(dialect)
    model.disconnected()

    assert model.connected(T0) == []
    assert model.is_done


@ALL
def test_a_whole_day_is_said_in_order_one_call_at_a_time(dialect: str) -> None:
    model = booted(dialect)
    said = play(model, model.plan(DAY, T0))

    spoken = {saying: TABLES[dialect].phrases[saying][0] for saying in TABLES[dialect].phrases}
    assert [frame.action for frame in said] == [spoken[saying] for saying in DAY if saying in spoken]
    assert model.is_done
    assert model.charge is None
    assert model.tally.refused == 0
    assert len({frame.message_id for frame in said}) == len(said)


@ALL
def test_only_one_call_is_open_at_a_time(dialect: str) -> None:
    model = booted(dialect)

    assert len(model.plan([Saying.HEARTBEAT] * 3, T0)) == 1


def test_a_transaction_carries_the_number_that_the_csms_gave() -> None:
    model = booted("ocpp1.6")
    said = play(model, model.plan([Saying.START, Saying.METER, Saying.STOP], T0))

    assert [(frame.payload or {}).get("transactionId") for frame in said] == [None, 77, 77]
    assert said[2].payload is not None
    assert said[2].payload["meterStop"] > 0


@pytest.mark.parametrize("dialect", ["ocpp2.0.1", "ocpp2.1"])
def test_the_events_of_a_transaction_are_numbered_and_rise(dialect: str) -> None:
    model = booted(dialect)
    said = play(model, model.plan([Saying.START, Saying.METER, Saying.METER, Saying.STOP], T0))
    payloads = [frame.payload or {} for frame in said]
    energy = [payload["meterValue"][0]["sampledValue"][0]["value"] for payload in payloads]

    assert [payload["seqNo"] for payload in payloads] == [0, 1, 2, 3]
    assert len({payload["transactionInfo"]["transactionId"] for payload in payloads}) == 1
    assert energy == sorted(set(energy))


@ALL
def test_what_tells_of_a_charge_is_left_out_without_one(dialect: str) -> None:
    model = booted(dialect)

    assert model.plan([Saying.METER, Saying.STOP], T0) == []
    assert model.is_done


def test_a_stream_is_sent_without_waiting_for_an_answer() -> None:
    model = booted("ocpp2.1")
    said = frames(model.plan([Saying.STREAM, Saying.HEARTBEAT], T0))

    assert [(frame.kind, frame.action) for frame in said] == [
        (6, "NotifyPeriodicEventStream"),
        (2, "Heartbeat"),
    ]


@ALL
def test_its_heart_beats_at_the_interval_of_the_csms(dialect: str) -> None:
    model = booted(dialect)

    assert model.next_deadline() == T0 + 60 * SECOND
    assert one(model.tick(T0 + 60 * SECOND)).action == "Heartbeat"


@ALL
def test_an_action_that_is_refused_counts_as_refused(dialect: str) -> None:
    model = booted(dialect)
    play(model, model.plan([Saying.UNKNOWN, Saying.VENDOR], T0))

    assert (model.tally.refused, model.is_done) == (1, True)


@ALL
def test_an_answer_that_nobody_waits_for_changes_nothing(dialect: str) -> None:
    model = booted(dialect)

    assert model.receive(write_result("who", {}), T0) == []
    assert model.tally.unasked == 1
