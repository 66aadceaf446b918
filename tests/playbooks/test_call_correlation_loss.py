"""The CSMS's link is lost, and another comes: what becomes of the calls."""

from __future__ import annotations

from tests.playbooks.test_call_correlation import (
    LIMITS,
    Step,
    a_link,
    csms_answers,
    csms_calls,
    station_answers,
    station_calls,
    told,
    we_ask,
)
from voltward.lifecycles.call_correlation import CallCorrelation


def csms_is_lost() -> Step:
    return lambda machine, _: told(machine.csms_lost())


def test_calls_of_a_lost_csms_that_wait_are_never_sent_and_its_leg_is_open_again() -> None:
    assert (
        a_link()
        >> csms_calls("a") << "send a"
        >> csms_calls("b")
        >> csms_calls("c") << "pause csms"
        >> csms_is_lost() << "never sent b" << "never sent c"
        >> csms_calls("d")
        >> station_answers("a") << "drop a of station: csms-lost" << "send d"
        >> station_answers("d") << "d to csms"
    )  # fmt: skip


def test_a_call_that_the_csms_says_again_after_its_loss_gets_the_one_answer() -> None:
    assert (
        a_link()
        >> csms_calls("a") << "send a"
        >> csms_is_lost()
        >> csms_calls("a") << "already a"
        >> station_answers("a") << "a to csms"
    )  # fmt: skip


def test_an_id_of_a_lost_csms_does_not_serve_for_another_call() -> None:
    assert (
        a_link()
        >> csms_calls("a") << "send a"
        >> csms_is_lost()
        >> csms_calls("a", "ClearCache") << "refuse a: id-reused"
        >> station_answers("a") << "drop a of station: csms-lost"
    )  # fmt: skip


def test_a_call_of_the_station_stays_open_over_the_loss() -> None:
    assert (
        a_link()
        >> station_calls("s") << "forward"
        >> csms_is_lost()
        >> csms_answers("s") << "s to station"
    )  # fmt: skip


def test_a_call_of_ours_does_not_mind_the_loss() -> None:
    assert (
        a_link()
        >> we_ask("o") << "send o"
        >> csms_is_lost()
        >> station_answers("o") << "o to voltward"
    )  # fmt: skip


def test_a_link_is_idle_when_nobody_waits_for_anything() -> None:
    machine = CallCorrelation(LIMITS)
    assert machine.is_idle
    machine.station_called("s", "Heartbeat", 0.0)
    assert not machine.is_idle
    machine.csms_answered("s")
    assert machine.is_idle
