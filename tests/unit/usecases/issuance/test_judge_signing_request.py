from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509

from tests.conformance.stations import IDENTITY, NOW, OPERATOR, SERIAL
from tests.fakes.builders import exception, station
from tests.fakes.signing_requests import request_pem, written
from voltward.crypto.requests.signing_requests import read_signing_request
from voltward.domain.authority import Binding
from voltward.domain.enforcement import Action, Policy
from voltward.domain.observing import ObserveTerms
from voltward.domain.station_entry import StationEntry
from voltward.rulebook.catalogue import load_rulebook
from voltward.rulebook.evaluate import Evaluator
from voltward.rulebook.signing_observation import KeyKnown
from voltward.usecases.admission.admit_station import DoorRules
from voltward.usecases.issuance.judge_signing_request import (
    ANSWERED_IN_CONFORMANCE,
    RequestDecision,
    RequestGround,
    judge_signing_request,
    request_facts,
)

BOOK = load_rulebook()
ENTRY = StationEntry(station(IDENTITY, serial=SERIAL))
GROUND = RequestGround(ENTRY, Binding(), (OPERATOR,), KeyKnown(), ("csms.example",))
CA = (x509.BasicConstraints(ca=True, path_length=None), True)
NAMES = (x509.SubjectAlternativeName([x509.DNSName("csms.example")]), False)


def rules(**policies: Policy) -> DoorRules:
    return DoorRules(BOOK, Evaluator(BOOK), policies)


def judged(sent: str | bytes, ground: RequestGround = GROUND, **policies: Policy) -> RequestDecision:
    return judge_signing_request(read_signing_request(sent), ground, rules(**policies), NOW)


def controls(decision: RequestDecision) -> list[str]:
    return [problem.control for problem in decision.problems]


def test_a_request_in_order_is_granted() -> None:
    decision = judged(request_pem(SERIAL, OPERATOR))

    assert decision.granted
    assert decision.problems == ()
    assert decision.deciding is None


def test_what_it_asks_beyond_is_told_and_refuses_nothing() -> None:
    decision = judged(request_pem(SERIAL, OPERATOR, extensions=[CA, NAMES], challenge=b"x"))

    assert decision.granted
    assert controls(decision) == ["CSR-12", "CSR-13"]
    assert not any(problem.refuses for problem in decision.problems)


@pytest.mark.parametrize(
    ("sent", "control"),
    [
        ("rubbish", "CSR-01"),
        (written(signature=b"\x30\x06\x02\x01\x01\x02\x01\x01"), "CSR-02"),
        (request_pem(SERIAL, OPERATOR, key="rsa1024"), "CSR-03"),
        (request_pem(SERIAL, OPERATOR, key="secp224r1"), "CSR-04"),
        (request_pem("SN-0008", OPERATOR), "CSR-09"),
        (request_pem(SERIAL, "Another CPO"), "CSR-08"),
        (request_pem(None, OPERATOR), "CSR-09"),
    ],
    ids=["unreadable", "no proof", "short", "curve", "another's name", "another's organisation", "nameless"],
)
def test_what_is_not_in_order_is_refused_with_a_way_out(sent: str | bytes, control: str) -> None:
    decision = judged(sent)

    assert not decision.granted
    assert decision.deciding is not None
    assert decision.deciding.control == control
    assert decision.deciding.sentence
    assert decision.deciding.mend


def test_what_cannot_be_read_knows_its_own_way_out() -> None:
    private = judged("-----BEGIN PRIVATE KEY-----\nMHc=\n-----END PRIVATE KEY-----")

    assert private.deciding is not None
    assert "new key" in private.deciding.mend


def test_another_station_s_key_is_refused_and_so_is_one_that_nobody_looked_up() -> None:
    for known in (KeyKnown(other_station="CP-8"), KeyKnown(revoked="stolen"), None):
        decision = judged(request_pem(SERIAL, OPERATOR), replace(GROUND, known=known))

        assert not decision.granted
        assert controls(decision) == ["CSR-06"]


def test_a_key_that_is_used_again_is_told() -> None:
    decision = judged(request_pem(SERIAL, OPERATOR), replace(GROUND, known=KeyKnown(in_use=True)))

    assert decision.granted
    assert controls(decision) == ["CSR-11"]


def test_a_group_s_policy_lets_names_pass_and_never_a_key() -> None:
    lenient = Policy("default", dict.fromkeys(("CSR-06", "CSR-08", "CSR-09"), Action.RECORD))
    named_badly = request_pem("box", "Maker")

    assert judged(named_badly, default=lenient).granted
    assert controls(judged(named_badly, default=lenient)) == ["CSR-09", "CSR-08"]
    assert not judged(
        named_badly, replace(GROUND, known=KeyKnown(other_station="CP-8")), default=lenient
    ).granted


def test_a_policy_that_says_quarantine_refuses() -> None:
    policy = Policy("default", {"CSR-11": Action.QUARANTINE})
    decision = judged(
        request_pem(SERIAL, OPERATOR), replace(GROUND, known=KeyKnown(in_use=True)), default=policy
    )

    assert not decision.granted
    assert decision.deciding is not None


def test_a_dated_exception_holds_until_its_end() -> None:
    for until, granted in ((NOW + timedelta(days=1), True), (NOW, False)):
        excepted = StationEntry(ENTRY.station, exceptions=(exception("CSR-08", until=until),))
        decision = judged(request_pem(SERIAL, "Maker"), replace(GROUND, entry=excepted))

        assert decision.granted is granted
        assert decision.excepted == (("CSR-08",) if granted else ())


def test_a_group_that_is_only_observed_is_judged_like_all_others() -> None:
    observed = replace(
        rules(default=Policy("default", {})), observed={"default": ObserveTerms(NOW + timedelta(days=1))}
    )
    decision = judge_signing_request(
        read_signing_request(request_pem("SN-0008", OPERATOR)), GROUND, observed, NOW
    )

    assert not decision.granted


def test_the_conformance_mode_answers_for_form_and_names_and_for_no_bad_key() -> None:
    assert judged("rubbish").answered_in_conformance
    assert judged(request_pem("box", "Maker")).answered_in_conformance
    assert not judged(request_pem(SERIAL, OPERATOR, key="rsa1024")).answered_in_conformance
    taken = replace(GROUND, known=KeyKnown(revoked="stolen"))
    assert not judged(request_pem(SERIAL, OPERATOR), taken).answered_in_conformance


def test_what_the_conformance_mode_covers_are_controls_that_refuse() -> None:
    assert all(BOOK.defaults[control] is Action.REFUSE for control in ANSWERED_IN_CONFORMANCE)


def test_the_line_of_a_request_tells_what_was_asked_and_what_became_of_it() -> None:
    read = read_signing_request(request_pem("SN-0008", OPERATOR, extensions=[NAMES], challenge=b"sesame"))
    facts = request_facts(read, judge_signing_request(read, GROUND, rules(), NOW))

    assert facts["granted"] is False
    assert facts["control"] == "CSR-09"
    assert facts["failed"] == ("CSR-09", "CSR-13")
    assert facts["asked_beyond"] == ("challengePassword", "subjectAltName")
    assert facts["alternative_names"] == ("dns:csms.example",)
    assert facts["key_kind"] == "prime256v1"
    assert "sesame" not in repr(facts)


def test_the_line_of_what_cannot_be_read_names_the_fault() -> None:
    read = read_signing_request("")
    facts = request_facts(read, judge_signing_request(read, GROUND, rules(), NOW))

    assert (facts["control"], facts["fault"]) == ("CSR-01", "empty")
