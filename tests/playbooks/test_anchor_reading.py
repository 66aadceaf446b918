"""The reading of what a station holds, told as a dialogue of facts and effects."""

from __future__ import annotations

from datetime import timedelta

from tests.fakes.clock import NOON
from voltward.domain.intents import (
    AnchorUse,
    CertificateHash,
    HashAlgorithm,
    InstalledCertificate,
    IntentAnswer,
    ListTrustAnchors,
    Outcome,
)
from voltward.domain.station import StationId
from voltward.domain.station_fact import AnchorMoved
from voltward.lifecycles.anchor_reading import (
    FIRST_PAUSE,
    READING,
    TRIES,
    AnchorReading,
    ReadingPhase,
    ReadingWanted,
)
from voltward.lifecycles.answers import answer_fact
from voltward.lifecycles.effects import (
    AskStation,
    Cancelled,
    KeepAnchors,
    Record,
    TimeCame,
    WakeAt,
    WithdrawAsks,
)
from voltward.lifecycles.step import Step

WEEK = timedelta(days=7)
ASKED = (AskStation(ListTrustAnchors(), WEEK), WakeAt(None))
ROOT = InstalledCertificate(AnchorUse.CSMS, CertificateHash(HashAlgorithm.SHA256, "aa", "bb", "1"))
MOVED = AnchorMoved(StationId("CP001"), NOON, AnchorUse.CSMS)


def begun() -> Step[AnchorReading]:
    return READING.step(AnchorReading(NOON, WEEK), ReadingWanted(), NOON)


def told(state: AnchorReading, outcome: Outcome, *installed: InstalledCertificate) -> Step[AnchorReading]:
    return READING.step(state, answer_fact(IntentAnswer(outcome, "", installed)), NOON)


def test_it_is_asked_for_everything_and_its_list_is_kept() -> None:
    asked = begun()
    assert asked.effects == ASKED

    done = told(asked.state, Outcome.ACCEPTED, ROOT)
    assert done.state.phase is ReadingPhase.DONE
    assert done.effects == (KeepAnchors((ROOT,)),)


def test_a_list_that_is_old_before_it_comes_is_asked_for_again() -> None:
    again = READING.step(begun().state, MOVED, NOON)

    assert again.effects == (WithdrawAsks(), *ASKED)


def test_wanted_twice_it_is_asked_once() -> None:
    assert READING.step(begun().state, ReadingWanted(), NOON).effects == ()


def test_silence_is_asked_again_later_each_time_and_not_for_ever() -> None:
    state, pauses = begun().state, list[object]()
    for _ in range(TRIES - 1):
        silent = told(state, Outcome.SILENT)
        pauses += silent.effects
        state = READING.step(silent.state, TimeCame(), NOON).state
    over = told(state, Outcome.LINK_LOST)

    assert pauses == [WakeAt(NOON + FIRST_PAUSE * 2**each) for each in range(TRIES - 1)]
    assert over.state.phase is ReadingPhase.UNTOLD
    assert over.effects == (WithdrawAsks(), Record("anchors_not_told", {"reason": "link lost"}))


def test_a_station_that_cannot_tell_or_is_not_there_is_not_asked_again() -> None:
    for outcome in (Outcome.UNSUPPORTED, Outcome.EXPIRED):
        over = told(begun().state, outcome)
        assert (over.state.phase, over.state.problem) == (ReadingPhase.UNTOLD, outcome.value)


def test_an_operator_may_end_it() -> None:
    over = READING.step(begun().state, Cancelled("ann"), NOON)

    assert (over.state.phase, over.effects) == (ReadingPhase.CANCELLED, (WithdrawAsks(),))
