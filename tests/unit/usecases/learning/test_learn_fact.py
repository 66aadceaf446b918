from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.builders import password_credential, station
from tests.fakes.clock import NOON
from voltward.domain.credential import ClientCertificate, Credential, PasswordForm, Purpose
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Latch, LatchStage, Standing, Station
from voltward.domain.station_fact import CertificateFirstSeen, Connected, Proven, RegistryFact
from voltward.usecases.learning.learn_fact import WRONG_CLOCK, learn

P1, P2, P3 = SecurityProfile
PASSWORD = password_credential()
STATION = station(profile=P3, floor=P2)
LEAF = ClientCertificate(b"\x07" * 32, "SN-CP001", b"\x01" * 32)


def at(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def came(seconds: float, profile: SecurityProfile = P3) -> Connected:
    return Connected(STATION.id, NOON + at(seconds), profile, "192.0.2.7", PASSWORD.id, PasswordForm.TEXT)


def answered(seconds: float, profile: SecurityProfile = P3) -> Proven:
    return Proven(STATION.id, NOON + at(seconds), profile, PASSWORD.id)


def after(*facts: RegistryFact, record: Station = STATION) -> tuple[Station, tuple[Credential, ...]]:
    held: tuple[Credential, ...] = (PASSWORD,)
    for fact in facts:
        learnt = learn(record, held, fact, "new")
        record, held = learnt.station, learnt.credentials
    return record, held


def test_a_step_of_the_floor_says_when_it_was_made() -> None:
    record, _ = after(came(1))

    assert record.latch == Latch(P3, LatchStage.CONNECTED, NOON + at(1))


def test_a_connection_that_is_told_again_is_no_further_reconnect() -> None:
    record, _ = after(came(1), answered(2), came(1), answered(2))

    assert record.latch == Latch(P3, LatchStage.ANSWERED, NOON + at(2))
    assert after(came(3), record=record)[0].floor is P3


def test_a_step_from_a_clock_that_was_far_ahead_holds_nobody_up() -> None:
    ahead = replace(STATION, latch=Latch(P3, LatchStage.ANSWERED, NOON + WRONG_CLOCK))

    assert after(came(0), record=ahead)[0].floor is P3


def test_a_retired_station_learns_nothing() -> None:
    retired = replace(STATION, standing=Standing.RETIRED)

    assert after(came(1), answered(2), record=retired) == (retired, (PASSWORD,))


def test_a_first_certificate_becomes_the_newest_credential() -> None:
    seen = CertificateFirstSeen(STATION.id, NOON, LEAF, Purpose.PRODUCTION)

    learnt = learn(STATION, (PASSWORD,), seen, "new")

    new = learnt.credentials[1]
    assert (new.id, new.proof, new.generation, new.purpose) == ("new", LEAF, 1, Purpose.PRODUCTION)
    assert [event.kind for event in learnt.events] == ["certificate_pinned"]


STEPS = st.lists(st.tuples(st.booleans(), st.sampled_from([P2, P3])), min_size=1, max_size=7)


@settings(max_examples=300)
@given(STEPS, st.data())
def test_facts_that_are_told_again_from_anywhere_on_lead_to_the_same_record(
    steps: list[tuple[bool, SecurityProfile]], data: st.DataObject
) -> None:
    """So a restart may tell the whole spool again on top of whatever the store had of it."""
    story = [
        (came if connects else answered)(seconds, profile)
        for seconds, (connects, profile) in enumerate(steps, start=1)
    ]
    known = data.draw(st.integers(0, len(story)))
    again = data.draw(st.integers(0, known))
    once = after(*story)

    stored, held = after(*story[:known])
    for fact in story[again:]:
        learnt = learn(stored, held, fact, "new")
        stored, held = learnt.station, learnt.credentials

    assert (stored, held) == once
