from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltward.domain.enforcement import Action, Answer, Decision, Policy, Weighing, Would, decide, observe
from voltward.domain.finding import ControlException, Outcome, Verdict
from voltward.domain.station import Lane

NOW = datetime(2026, 11, 20, tzinfo=UTC)
DEFAULTS = {"R": Action.REFUSE, "R2": Action.REFUSE, "Q": Action.QUARANTINE, "N": Action.RECORD}


def _failed(*controls: str) -> tuple[Verdict, ...]:
    return tuple(Verdict(control, Outcome.FAIL, "seen") for control in controls)


def _exception(control: str, until: datetime = NOW + timedelta(days=1)) -> ControlException:
    return ControlException(control, until, "ann", "reason")


def _decide(
    *controls: str,
    policy: dict[str, Action] | None = None,
    excepted: tuple[ControlException, ...] = (),
    softest: dict[str, Action] | None = None,
) -> Decision:
    weighing = Weighing(DEFAULTS, Policy("group", policy or {}), excepted, Lane.REPAIR, softest or {})
    return decide(_failed(*controls), weighing, NOW)


def test_without_a_failure_the_station_is_admitted() -> None:
    verdicts = (Verdict("R", Outcome.PASS), Verdict("R2", Outcome.NOT_APPLICABLE))

    assert decide(verdicts, Weighing(DEFAULTS, Policy("group", {})), NOW) == Decision(Answer.ADMIT)


def test_what_was_not_observed_has_failed() -> None:
    verdicts = (Verdict("R", Outcome.NOT_OBSERVED),)

    assert decide(verdicts, Weighing(DEFAULTS, Policy("group", {})), NOW).answer is Answer.REFUSE


def test_what_the_operator_answers_for_may_stay_unobserved_and_not_be_wrong() -> None:
    weighing = Weighing(DEFAULTS, Policy("group", {}), vouched=frozenset({"R"}))
    unseen, wrong = Verdict("R", Outcome.NOT_OBSERVED), Verdict("R", Outcome.FAIL)

    assert decide((unseen,), weighing, NOW) == Decision(Answer.ADMIT, failed=(unseen,))
    assert decide((wrong,), weighing, NOW).answer is Answer.REFUSE
    assert decide((Verdict("R2", Outcome.NOT_OBSERVED),), weighing, NOW).answer is Answer.REFUSE


def test_the_hardest_action_wins_and_its_first_control_decides() -> None:
    decision = _decide("N", "Q", "R", "R2")

    assert decision.answer is Answer.REFUSE
    assert decision.deciding is not None
    assert decision.deciding.control == "R"
    assert [verdict.control for verdict in decision.failed] == ["N", "Q", "R", "R2"]


def test_only_a_quarantine_has_a_lane() -> None:
    assert _decide("Q").lane is Lane.REPAIR
    assert _decide("Q", "R").lane is None
    assert _decide("N").lane is None


def test_a_recorded_failure_admits_and_decides_nothing() -> None:
    decision = _decide("N")

    assert (decision.answer, decision.deciding, len(decision.failed)) == (Answer.ADMIT, None, 1)


def test_an_unknown_control_refuses() -> None:
    assert _decide("new").answer is Answer.REFUSE


def test_a_group_may_be_milder_or_harder() -> None:
    assert _decide("R", policy={"R": Action.RECORD}).answer is Answer.ADMIT
    assert _decide("N", policy={"N": Action.REFUSE}).answer is Answer.REFUSE


def test_an_exception_lets_pass_until_its_end_and_is_named() -> None:
    decision = _decide("R", excepted=(_exception("R"),))

    assert (decision.answer, decision.excepted) == (Answer.ADMIT, ("R",))
    assert _decide("R", excepted=(_exception("R", NOW),)).answer is Answer.REFUSE
    assert _decide("R", excepted=(_exception("Q"),)).answer is Answer.REFUSE


def test_an_exception_that_changes_nothing_is_not_named() -> None:
    assert _decide("N", excepted=(_exception("N"),)).excepted == ()


@pytest.mark.parametrize("policy", [{}, {"R": Action.RECORD}, {"R": Action.QUARANTINE}])
def test_what_cannot_be_waived_is_softened_by_nobody(policy: dict[str, Action]) -> None:
    decision = _decide("R", policy=policy, excepted=(_exception("R"),), softest={"R": Action.REFUSE})

    assert (decision.answer, decision.excepted) == (Answer.REFUSE, ())


def test_what_cannot_be_waived_may_be_made_harder() -> None:
    assert _decide("Q", policy={"Q": Action.REFUSE}, softest={"Q": Action.QUARANTINE}).answer is Answer.REFUSE


def test_a_waived_action_opens_a_lane_and_never_the_door() -> None:
    softest = {"R": Action.QUARANTINE}
    excepted = _decide("R", excepted=(_exception("R"),), softest=softest)

    assert (excepted.answer, excepted.lane, excepted.excepted) == (Answer.QUARANTINE, Lane.REPAIR, ("R",))
    assert excepted.deciding is not None
    assert _decide("R", policy={"R": Action.RECORD}, softest=softest).answer is Answer.QUARANTINE
    assert _decide("R", softest=softest).answer is Answer.REFUSE


_actions = st.dictionaries(st.sampled_from(list(DEFAULTS)), st.sampled_from(Action))
_controls = st.lists(st.sampled_from(list(DEFAULTS)), unique=True)
_ANSWERS = [Answer.ADMIT, Answer.QUARANTINE, Answer.REFUSE]


@given(_controls, _controls, _actions, _actions)
def test_one_more_failure_never_makes_the_answer_milder(
    failed: list[str], excepted: list[str], policy: dict[str, Action], softest: dict[str, Action]
) -> None:
    exceptions = tuple(_exception(control) for control in excepted)
    answers = [
        _decide(*failed[:count], policy=policy, excepted=exceptions, softest=softest).answer
        for count in range(len(failed) + 1)
    ]

    assert answers == sorted(answers, key=_ANSWERS.index)


# -- observing


def _observed(*controls: str, holding: frozenset[str] = frozenset()) -> Decision:
    weighing = Weighing(DEFAULTS, Policy("group", {}), lane=Lane.UNPROVEN)
    return observe(decide(_failed(*controls), weighing, NOW), weighing, NOW, holding)


def test_who_is_observed_is_let_in_and_it_is_told_what_it_would_have_been() -> None:
    decision = _observed("N", "R")

    assert (decision.answer, decision.lane, decision.would) == (Answer.ADMIT, None, Would(Answer.REFUSE))
    assert decision.deciding is not None
    assert decision.deciding.control == "R"
    assert decision.is_indulged


def test_who_is_observed_and_in_order_is_indulged_in_nothing() -> None:
    assert _observed("N").would == Would(Answer.ADMIT)
    assert not _observed("N").is_indulged


def test_a_quarantine_for_repair_has_proven_who_it_is_and_one_before_any_proof_has_not() -> None:
    assert _observed("Q").would == Would(Answer.QUARANTINE, Lane.UNPROVEN)
    assert _observed("Q").is_indulged
    assert not Decision(Answer.ADMIT, would=Would(Answer.QUARANTINE, Lane.REPAIR)).is_indulged


@given(st.lists(st.sampled_from(list(DEFAULTS)), unique=True), st.frozensets(st.sampled_from(list(DEFAULTS))))
def test_what_holds_even_so_decides_as_if_it_stood_alone(failed: list[str], holding: frozenset[str]) -> None:
    decision = _observed(*failed, holding=holding)
    alone = _decide(*(control for control in failed if control in holding))

    assert (decision.answer, decision.would is None) == (alone.answer, alone.answer is not Answer.ADMIT)
    if decision.would is None:
        assert decision.deciding == alone.deciding
