from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import pytest

from tests.conformance.stations import (
    IDENTITY,
    NOW,
    boot,
    certificate_station,
    commissioning_station,
    password_station,
    plain_station,
    silent_station,
    stranger,
    with_,
)
from tests.fakes.builders import exception, station
from voltward.domain.enforcement import Action, Answer, Policy
from voltward.domain.observing import ObserveTerms
from voltward.domain.station import Lane, Standing
from voltward.rulebook.catalogue import load_rulebook
from voltward.rulebook.evaluate import Evaluator
from voltward.rulebook.observation import ConnectionObservation, PasswordOutcome
from voltward.usecases.admission.admission_registry import StationEntry
from voltward.usecases.admission.admit_station import (
    DoorRules,
    admit_station,
    decision_event,
    judge_boot,
    lane_for,
)

BOOK = load_rulebook()


def rules(**policies: Policy) -> DoorRules:
    return DoorRules(BOOK, Evaluator(BOOK), policies)


def entry(**changes: object) -> StationEntry:
    exceptions = changes.pop("exceptions", ())
    assert isinstance(exceptions, tuple)
    return StationEntry(station(IDENTITY, **changes), exceptions=exceptions)


def expired() -> ConnectionObservation:
    """A certificate that ended yesterday: refused, and by exception let into a lane."""
    seen = certificate_station()
    assert seen.chain is not None
    leaf = replace(seen.chain.leaf, not_after=NOW - timedelta(days=1))
    return replace(seen, chain=replace(seen.chain, leaf=leaf, path=(leaf, *seen.chain.path[1:])))


@pytest.mark.parametrize("seen", [password_station(), certificate_station()])
def test_a_right_proof_is_let_in(seen: ConnectionObservation) -> None:
    assert admit_station(seen, entry(), rules(), NOW).answer is Answer.ADMIT


def test_a_stranger_is_refused_by_the_control_about_strangers() -> None:
    decision = admit_station(stranger(), None, rules(), NOW)

    assert decision.deciding is not None
    assert (decision.answer, decision.deciding.control) == (Answer.REFUSE, "ID-02")


def test_on_a_listener_behind_a_proxy_the_operator_answers_for_what_is_not_told() -> None:
    untold = with_(password_station(), "tls.compressed", None)
    vouched = with_(untold, "listener.vouched", frozenset({"TLS-04"}))

    assert admit_station(untold, entry(), rules(), NOW).answer is Answer.REFUSE
    decision = admit_station(vouched, entry(), rules(), NOW)
    assert decision.answer is Answer.ADMIT
    assert [verdict.control for verdict in decision.failed] == ["TLS-04"]


def test_strangers_meet_the_default_groups_policy() -> None:
    mild = Policy("default", {"ID-02": Action.RECORD})

    assert rules(default=mild).weighing(None, Lane.UNPROVEN).policy is mild


def test_a_station_meets_its_groups_policy_else_the_defaults() -> None:
    default, mine = Policy("default", {}), Policy("site-a", {"CERT-06": Action.RECORD})
    both = rules(default=default, **{"site-a": mine})

    assert both.weighing(entry(group="site-a"), Lane.REPAIR).policy is mine
    assert both.weighing(entry(group="site-b"), Lane.REPAIR).policy is default
    assert rules().weighing(entry(group="site-b"), Lane.REPAIR).policy == Policy("site-b", {})


def test_a_policy_is_the_same_object_each_time() -> None:
    """Whoever compiles something of it keeps that as long as the object stays."""
    assert rules().policy_for(entry()) is rules().policy_for(entry())


def test_an_exception_lets_an_expired_certificate_into_a_lane_and_no_further() -> None:
    waived = entry(exceptions=(exception("CERT-03", until=NOW + timedelta(days=1)),))

    assert admit_station(expired(), entry(), rules(), NOW).answer is Answer.REFUSE
    decision = admit_station(expired(), waived, rules(), NOW)
    assert (decision.answer, decision.lane, decision.excepted) == (
        Answer.QUARANTINE,
        Lane.REPAIR,
        ("CERT-03",),
    )


def test_an_exception_that_has_ended_excepts_from_nothing() -> None:
    ended = entry(exceptions=(exception("CERT-03", until=NOW),))

    assert admit_station(expired(), ended, rules(), NOW).answer is Answer.REFUSE


@pytest.mark.parametrize(
    ("seen", "ordered", "lane"),
    [
        (password_station(), None, Lane.REPAIR),
        (password_station(), Lane.REPAIR, Lane.REPAIR),
        (password_station(), Lane.UNPROVEN, Lane.UNPROVEN),
        (commissioning_station(), None, Lane.UNPROVEN),
        # An order only narrows: what has proven nothing never gets its traffic relayed.
        (commissioning_station(), Lane.REPAIR, Lane.UNPROVEN),
    ],
)
def test_the_lane_follows_what_is_proven_and_an_order_only_narrows_it(
    seen: ConnectionObservation, ordered: Lane | None, lane: Lane
) -> None:
    assert lane_for(seen, entry(quarantine_lane=ordered)) is lane


def test_a_stranger_could_only_be_unproven() -> None:
    assert lane_for(stranger(), None) is Lane.UNPROVEN


def test_a_boot_with_another_serial_is_refused_and_a_fitting_one_is_not() -> None:
    assert judge_boot(boot(), entry(), rules(), NOW).answer is Answer.ADMIT
    decision = judge_boot(replace(boot(), serial="SN-9999"), entry(), rules(), NOW)
    assert decision.deciding is not None
    assert (decision.answer, decision.deciding.control) == (Answer.REFUSE, "BOOT-01")


def test_the_canonical_line_of_an_admission_says_how_the_station_came_in() -> None:
    seen = certificate_station()
    decision = admit_station(seen, entry(), rules(), NOW)

    event = decision_event(seen, decision, "c1", {"subprotocol": "x"})

    assert (event.kind, event.subject, event.at, event.actor) == (
        "station_admitted",
        IDENTITY,
        NOW,
        "gateway",
    )
    assert event.facts["connection"] == "c1"
    assert event.facts["profile"] == 3
    assert event.facts["control"] is None
    assert event.facts["certificate"] == "07" * 32
    assert event.facts["subprotocol"] == "x"
    assert "form" not in event.facts


def test_the_canonical_line_of_a_refusal_names_the_control_and_the_reason() -> None:
    seen = with_(password_station(), "password.outcome", PasswordOutcome.WRONG)
    decision = admit_station(seen, entry(), rules(), NOW)

    event = decision_event(seen, decision, "c1", {})

    assert event.kind == "station_refused"
    assert event.facts["control"] == "AUTH-02"
    assert event.facts["reason"]
    assert event.facts["failed"] == ("AUTH-02",)


def test_the_form_of_a_password_stands_in_the_line_and_nothing_else_of_it() -> None:
    seen = password_station()
    event = decision_event(seen, admit_station(seen, entry(), rules(), NOW), "c1", {})

    assert event.facts["form"] == "text"
    assert event.facts["tls"] == "TLSv1.3"


def test_a_request_without_an_identity_has_no_subject() -> None:
    seen = with_(stranger(), "request.identity", None)
    seen = with_(seen, "request.identity_problem", "no-match")

    event = decision_event(seen, admit_station(seen, None, rules(), NOW), "c1", {})

    assert (event.kind, event.subject) == ("station_refused", "")


# -- observing

HERE = (ip_network("10.0.0.0/8"), ip_network("192.0.2.0/24"))


def observing(strangers: str = "", networks: tuple = HERE, days: int = 30) -> DoorRules:
    terms = {"default": ObserveTerms(NOW + timedelta(days=days), networks)}
    return replace(rules(default=Policy("default", {})), observed=terms, strangers=strangers)


WRONG = with_(password_station(), "password.outcome", PasswordOutcome.WRONG)


@pytest.mark.parametrize("seen", [WRONG, expired(), commissioning_station(), silent_station()])
def test_an_observed_station_comes_in_with_whatever_it_shows(seen: ConnectionObservation) -> None:
    decision = admit_station(with_(seen, "listener.source", "10.0.0.7"), entry(), observing(), NOW)

    assert (decision.answer, decision.is_indulged) == (Answer.ADMIT, True)


def test_what_was_in_order_is_told_to_be_in_order() -> None:
    decision = admit_station(password_station(), entry(), observing(), NOW)

    assert decision.would is not None
    assert (decision.would.answer, decision.is_indulged) == (Answer.ADMIT, False)


def test_after_its_end_a_group_is_enforced() -> None:
    assert admit_station(WRONG, entry(), observing(days=0), NOW).answer is Answer.REFUSE
    assert admit_station(WRONG, entry(), observing(days=0), NOW).would is None


def test_a_group_with_rules_of_its_own_is_not_observed_with_the_default_one() -> None:
    own = observing()
    own = replace(own, policies={**own.policies, "site-a": Policy("site-a", {})})

    assert admit_station(WRONG, entry(group="site-a"), own, NOW).answer is Answer.REFUSE
    assert admit_station(WRONG, entry(group="site-b"), own, NOW).answer is Answer.ADMIT


@pytest.mark.parametrize(
    "seen",
    [
        with_(WRONG, "station.standing", Standing.RETIRED),
        with_(expired(), "certificate.denied", "stolen"),
        with_(WRONG, "request.identity_problem", "bad-character"),
        with_(WRONG, "request.spoken", ()),
        with_(plain_station(), "listener.source_listed", value=False),
    ],
    ids=["retired", "denied", "malformed", "no subprotocol", "not on this listener"],
)
def test_some_stay_out_even_while_observed(seen: ConnectionObservation) -> None:
    decision = admit_station(seen, entry(), observing("default"), NOW)

    assert (decision.answer, decision.would) == (Answer.REFUSE, None)
    assert decision.deciding is not None
    assert decision.deciding.control in BOOK.holding


def test_an_ordered_quarantine_holds_while_observed() -> None:
    held = with_(password_station(), "station.standing", Standing.QUARANTINED)

    assert admit_station(held, entry(), observing(), NOW).answer is Answer.QUARANTINE


@pytest.mark.parametrize(
    ("source", "strangers", "answer"),
    [
        ("10.0.0.7", "default", Answer.ADMIT),
        ("10.0.0.7", "", Answer.REFUSE),
        ("198.51.100.7", "default", Answer.REFUSE),
    ],
)
def test_an_unknown_identity_needs_a_group_for_such_and_a_listed_network(
    source: str, strangers: str, answer: Answer
) -> None:
    seen = with_(stranger(), "listener.source", source)

    assert admit_station(seen, None, observing(strangers), NOW).answer is answer


@pytest.mark.parametrize(("source", "answer"), [("10.0.0.7", Answer.ADMIT), ("198.51.100.7", Answer.REFUSE)])
def test_a_station_without_any_credential_needs_a_listed_network(source: str, answer: Answer) -> None:
    seen = with_(silent_station(), "listener.source", source)

    assert admit_station(seen, entry(), observing(), NOW).answer is answer
    assert admit_station(seen, entry(), observing(networks=()), NOW).answer is Answer.REFUSE


def test_a_boot_that_does_not_fit_passes_while_observed_and_is_told() -> None:
    decision = judge_boot(replace(boot(), serial="SN-9999"), entry(), observing(), NOW)

    assert decision.would is not None
    assert (decision.answer, decision.would.answer) == (Answer.ADMIT, Answer.REFUSE)


def test_the_canonical_line_says_what_it_would_have_cost() -> None:
    event = decision_event(WRONG, admit_station(WRONG, entry(), observing(), NOW), "c1", {})

    assert (event.kind, event.facts["would"], event.facts["control"]) == (
        "station_admitted",
        "refuse",
        "AUTH-02",
    )
