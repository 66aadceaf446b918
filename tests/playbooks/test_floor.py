"""The floor as a dialogue: what happens to a station, and where its floor stands afterwards (ruling 13)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Latch, LatchStage, Station, StationId
from voltward.lifecycles.floor import CallAnsweredOn, ConnectedOn, FloorFact, advance_floor

P1, P2, P3 = SecurityProfile
RAISED = Station(StationId("CP-7"), profile=P3, floor=P2)  # an upgrade from 2 to 3 is under way
STEADY = Station(StationId("CP-7"), profile=P2, floor=P2)


class Playbook:
    """`>> fact` happens; `== floor` is what has come of it."""

    def __init__(self, station: Station) -> None:
        self.station = station

    def __rshift__(self, fact: FloorFact) -> Playbook:
        self.station = advance_floor(self.station, fact)
        return self

    def stands_at(self, floor: SecurityProfile, stage: LatchStage | None) -> Playbook:
        assert self.station.floor is floor
        assert (self.station.latch.stage if self.station.latch else None) is stage
        return self


def test_the_floor_rises_with_the_reconnect_after_an_answered_call() -> None:
    story = Playbook(RAISED)
    (story >> ConnectedOn(P3)).stands_at(P2, LatchStage.CONNECTED)
    (story >> CallAnsweredOn(P3)).stands_at(P2, LatchStage.ANSWERED)
    (story >> ConnectedOn(P3)).stands_at(P3, None)


def test_reconnects_without_an_answered_call_prove_nothing() -> None:
    story = Playbook(RAISED) >> ConnectedOn(P3) >> ConnectedOn(P3) >> ConnectedOn(P3)

    story.stands_at(P2, LatchStage.CONNECTED)


def test_an_answered_call_without_a_handshake_before_it_proves_nothing() -> None:
    (Playbook(RAISED) >> CallAnsweredOn(P3)).stands_at(P2, None)


@pytest.mark.parametrize("lower", [P1, P2])
def test_a_lower_connection_in_between_starts_anew(lower: SecurityProfile) -> None:
    story = Playbook(RAISED) >> ConnectedOn(P3) >> CallAnsweredOn(P3) >> ConnectedOn(lower)
    story.stands_at(P2, None)

    (story >> ConnectedOn(P3)).stands_at(P2, LatchStage.CONNECTED)


def test_a_late_answer_on_the_link_before_counts_for_nothing() -> None:
    story = Playbook(RAISED) >> ConnectedOn(P3) >> ConnectedOn(P2) >> CallAnsweredOn(P3)

    story.stands_at(P2, None)


def test_an_answer_on_the_lower_profile_does_not_prove_the_higher() -> None:
    (Playbook(RAISED) >> ConnectedOn(P3) >> CallAnsweredOn(P2)).stands_at(P2, LatchStage.CONNECTED)


def test_a_profile_2_station_that_happens_to_hold_a_certificate_is_not_latched() -> None:
    story = Playbook(STEADY)
    for _ in range(3):
        story = story >> ConnectedOn(P3) >> CallAnsweredOn(P3)

    story.stands_at(P2, None)
    assert story.station is STEADY


def test_a_higher_accident_does_not_disturb_an_upgrade() -> None:
    upgrade = replace(RAISED, profile=P2, floor=P1)
    story = Playbook(upgrade) >> ConnectedOn(P2) >> CallAnsweredOn(P2) >> ConnectedOn(P3)

    (story >> ConnectedOn(P2)).stands_at(P2, None)


def test_progress_towards_another_profile_is_not_carried_over() -> None:
    redirected = replace(RAISED, floor=P1, latch=Latch(P2, LatchStage.ANSWERED))

    (Playbook(redirected) >> ConnectedOn(P3)).stands_at(P1, LatchStage.CONNECTED)


def test_an_upgrade_that_was_called_off_leaves_no_latch() -> None:
    called_off = replace(STEADY, latch=Latch(P3, LatchStage.ANSWERED))

    (Playbook(called_off) >> ConnectedOn(P2)).stands_at(P2, None)


@pytest.mark.parametrize("fact", [ConnectedOn(P2), CallAnsweredOn(P2)])
def test_nothing_new_is_the_same_record(fact: FloorFact) -> None:
    assert advance_floor(STEADY, fact) is STEADY
    assert advance_floor(RAISED, fact) is RAISED


_profiles = st.sampled_from(SecurityProfile)
_facts = st.lists(st.builds(ConnectedOn, _profiles) | st.builds(CallAnsweredOn, _profiles), max_size=30)
_latches = st.none() | st.builds(Latch, _profiles, st.sampled_from(LatchStage))


@given(_profiles, _profiles, _latches, _facts)
def test_the_floor_never_sinks_and_never_passes_the_registered_profile(
    one: SecurityProfile, other: SecurityProfile, latch: Latch | None, facts: list[FloorFact]
) -> None:
    station = Station(StationId("CP-7"), profile=max(one, other), floor=min(one, other), latch=latch)
    for fact in facts:
        after = advance_floor(station, fact)
        assert station.floor <= after.floor <= after.profile
        assert after.profile is station.profile
        if after.floor > station.floor:
            assert fact == ConnectedOn(after.floor)
        station = after


@given(_facts)
def test_a_rise_needs_a_connection_an_answer_and_a_connection_in_that_order(facts: list[FloorFact]) -> None:
    station = RAISED
    proof: list[FloorFact] = []  # what has come together since the last fall, told in a word of its own
    wanted = [ConnectedOn(P3), CallAnsweredOn(P3), ConnectedOn(P3)]
    for fact in facts:
        station = advance_floor(station, fact)
        if isinstance(fact, ConnectedOn) and fact.profile is not P3:
            proof = []
        elif len(proof) < 3 and fact == wanted[len(proof)]:
            proof = [*proof, fact]
        if len(proof) == 3:
            break

    assert (station.floor is P3) == (len(proof) == 3)
