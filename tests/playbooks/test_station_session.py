"""The life of a link as dialogues, in each lane."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.playbooks.dialogue import Dialogue, Fact
from voltward.domain.call_purpose import CallPurpose
from voltward.domain.station import Lane
from voltward.lifecycles.station_session import (
    CALLS,
    CloseCause,
    Phase,
    SessionEffect,
    StationSession,
)

Step = Fact[StationSession]
BOOT, EVENT, OTHER = CallPurpose.BOOT, CallPurpose.SECURITY_EVENT, CallPurpose.OTHER
CSR = CallPurpose.CSR


def a_link(lane: Lane | None) -> Dialogue[StationSession]:
    return Dialogue(StationSession(lane))


def told(effect: SessionEffect | None) -> Iterable[str]:
    return () if effect is None else (effect.value,)


def calls(purpose: CallPurpose) -> Step:
    return lambda session, _: told(session.called(purpose))


def closes(cause: CloseCause) -> Step:
    return lambda session, _: told(session.asked_to_close(cause))


def released(session: StationSession, _now: float) -> Iterable[str]:
    return told(session.released())


def trigger_refused(session: StationSession, _now: float) -> Iterable[str]:
    return told(session.trigger_refused())


def dialled(session: StationSession, _now: float) -> Iterable[str]:
    session.dialled()
    return ()


def dial_failed(session: StationSession, _now: float) -> Iterable[str]:
    return told(session.dial_failed())


@pytest.mark.parametrize("lane", [None, Lane.REPAIR])
def test_a_station_that_reconnects_without_a_boot_is_served(lane: Lane | None) -> None:
    assert a_link(lane) >> calls(OTHER) << "relay" >> calls(EVENT) << "relay" >> calls(BOOT) << "relay"


def test_a_newcomer_is_held_until_it_is_released_and_its_next_boot_is_relayed() -> None:
    assert (
        a_link(Lane.UNPROVEN)
        >> calls(OTHER) << "refuse"
        >> calls(EVENT) << "refuse"
        >> calls(BOOT) << "answer pending"
        >> calls(OTHER) << "refuse"
        >> calls(EVENT) << "journal then acknowledge"
        >> calls(BOOT) << "answer pending"
        >> released << "trigger boot"
        >> calls(OTHER) << "refuse"
        >> calls(BOOT) << "dial then relay"
        >> calls(OTHER) << "hold"
        >> dialled
        >> calls(OTHER) << "relay"
    )  # fmt: skip


def test_the_link_of_a_held_station_is_not_closed_out_of_courtesy() -> None:
    assert (
        a_link(Lane.UNPROVEN)
        >> calls(BOOT) << "answer pending"
        >> closes(CloseCause.IDLE)
        >> closes(CloseCause.REASSESSED)
        >> released << "trigger boot"
        >> closes(CloseCause.IDLE)
        >> calls(BOOT) << "dial then relay"
        >> dialled
        >> closes(CloseCause.IDLE) << "close"
        >> closes(CloseCause.SHUTDOWN)
        >> calls(OTHER) << "drop"
    )  # fmt: skip


@pytest.mark.parametrize("cause", sorted(set(CloseCause) - {CloseCause.IDLE, CloseCause.REASSESSED}))
@pytest.mark.parametrize("lane", [None, *Lane])
def test_whatever_must_end_a_link_ends_it(cause: CloseCause, lane: Lane | None) -> None:
    assert a_link(lane) >> closes(cause) << "close"


def test_a_csms_that_is_not_there_makes_the_station_wait_on() -> None:
    assert (
        a_link(Lane.UNPROVEN)
        >> calls(BOOT) << "answer pending"
        >> released << "trigger boot"
        >> calls(BOOT) << "dial then relay"
        >> dial_failed << "answer pending"
        >> calls(OTHER) << "refuse"
        >> calls(BOOT) << "dial then relay"
        >> dialled
        >> calls(OTHER) << "relay"
    )  # fmt: skip


def test_a_station_that_takes_itself_for_accepted_is_served_without_a_boot() -> None:
    assert (
        a_link(Lane.UNPROVEN)
        >> calls(OTHER) << "refuse"
        >> released << "trigger boot"
        >> trigger_refused << "dial"
        >> calls(OTHER) << "hold"
        >> dial_failed
        >> trigger_refused << "dial"
        >> dialled
        >> calls(OTHER) << "relay"
    )  # fmt: skip


def test_a_station_that_was_answered_pending_boots_by_itself_if_it_refuses_the_trigger() -> None:
    assert (
        a_link(Lane.UNPROVEN)
        >> calls(BOOT) << "answer pending"
        >> released << "trigger boot"
        >> trigger_refused
        >> calls(BOOT) << "dial then relay"
    )  # fmt: skip


def test_a_second_release_says_nothing() -> None:
    assert a_link(Lane.UNPROVEN) >> released << "trigger boot" >> released
    assert a_link(None) >> released


def test_an_unproven_station_is_not_served_before_it_is_released_and_dialled() -> None:
    assert StationSession(None).is_serving
    assert StationSession(Lane.REPAIR).is_serving
    session = StationSession(Lane.UNPROVEN)
    assert not session.is_serving

    session.released(Lane.REPAIR)
    assert not session.is_serving
    session.called(BOOT)
    session.dialled()
    assert (session.lane, session.is_serving) == (Lane.REPAIR, True)

    session.moved_to(None)
    assert (session.lane, session.is_serving) == (None, True)


def test_no_order_leads_into_the_unproven_lane() -> None:
    with pytest.raises(ValueError, match="unproven"):
        StationSession(None).moved_to(Lane.UNPROVEN)
    with pytest.raises(ValueError, match="unproven"):
        StationSession(Lane.UNPROVEN).released(Lane.UNPROVEN)
    with pytest.raises(ValueError, match="gated"):
        StationSession(Lane.UNPROVEN).moved_to(None)


@pytest.mark.parametrize("purpose", CallPurpose)
@pytest.mark.parametrize("phase", Phase)
def test_every_phase_has_an_answer_to_every_call(phase: Phase, purpose: CallPurpose) -> None:
    session = StationSession(None)
    session.phase = phase

    assert session.called(purpose) in SessionEffect
    assert {(phase, BOOT), (phase, EVENT), (phase, OTHER)} <= CALLS.keys()


def test_a_request_for_a_certificate_is_taken_while_pending_and_not_before_the_boot() -> None:
    session = StationSession(Lane.UNPROVEN)
    assert (session.called(CSR), session.is_pending) == (SessionEffect.REFUSE, False)

    session.called(BOOT)
    assert (session.called(CSR), session.is_pending) == (SessionEffect.TAKE_REQUEST, True)
    session.released()

    assert (session.called(CSR), session.is_pending) == (SessionEffect.TAKE_REQUEST, False)


def test_dialling_answers_that_nobody_waits_for_change_nothing() -> None:
    session = StationSession(None)

    session.dialled()
    assert session.dial_failed() is None
    assert session.trigger_refused() is None
    assert session.phase is Phase.SERVING


HAPPENINGS = st.lists(
    st.sampled_from(["boot", "event", "csr", "other", "released", "refused", "dialled", "failed", "idle"]),
    max_size=30,
)


@given(HAPPENINGS)
def test_nothing_is_relayed_for_an_unproven_station_before_release_and_dial(happenings: list[str]) -> None:
    session, was_released, is_dialled = StationSession(Lane.UNPROVEN), False, False
    for happening in happenings:
        match happening:
            case "released":
                was_released = session.released() is not None or was_released
            case "dialled":
                is_dialled = is_dialled or session.phase is Phase.DIALLING
                session.dialled()
            case "refused":
                effect = session.trigger_refused()
                assert effect is None or was_released
            case "failed":
                session.dial_failed()
            case "idle":
                assert session.asked_to_close(CloseCause.IDLE) is None or is_dialled
            case word:
                effect = session.called({"boot": BOOT, "event": EVENT, "csr": CSR, "other": OTHER}[word])
                assert effect is not SessionEffect.RELAY or (was_released and is_dialled)
                assert effect is not SessionEffect.DIAL_THEN_RELAY or was_released
                assert effect is not SessionEffect.TAKE_REQUEST or not session.is_serving
                assert effect is not SessionEffect.JOURNAL_THEN_ACKNOWLEDGE or not session.is_serving
        assert not session.is_serving or is_dialled
