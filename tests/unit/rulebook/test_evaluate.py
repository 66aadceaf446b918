from __future__ import annotations

from dataclasses import replace

import pytest

from tests.conformance.stations import (
    P1,
    P2,
    P3,
    boot,
    certificate_station,
    password_station,
    plain_station,
    silent_station,
    stranger,
)
from voltward.domain.finding import Outcome
from voltward.domain.security_profile import SecurityProfile
from voltward.rulebook.catalogue import load_rulebook
from voltward.rulebook.evaluate import Evaluator, judged_profile
from voltward.rulebook.observation import ConnectionObservation

RULEBOOK = load_rulebook()
EVALUATOR = Evaluator(RULEBOOK)


def test_verdicts_come_in_the_order_of_the_rulebook() -> None:
    verdicts = [verdict.control for verdict in EVALUATOR.connection(certificate_station())]

    assert verdicts == [control.id for control in RULEBOOK.controls if control.id in verdicts]


def test_what_does_not_apply_is_left_out() -> None:
    controls = {verdict.control for verdict in EVALUATOR.connection(password_station())}

    assert "AUTH-02" in controls
    assert "CERT-02" not in controls
    assert EVALUATOR.boot(replace(boot(), applies=False)) == ()


def test_an_unknown_identity_fails_for_being_unknown_alone() -> None:
    failed = [v.control for v in EVALUATOR.connection(stranger()) if v.outcome is not Outcome.PASS]

    assert failed == ["ID-02"]


def test_a_boot_is_judged() -> None:
    (verdict,) = EVALUATOR.boot(replace(boot(), serial="SN-0008"))

    assert (verdict.control, verdict.outcome) == ("BOOT-01", Outcome.FAIL)
    assert "SN-0008" in verdict.detail


@pytest.mark.parametrize(
    ("seen", "profile"),
    [
        (plain_station(), P1),
        (password_station(), P2),
        (certificate_station(), P3),
        (silent_station(), P2),
        (replace(silent_station(), station=certificate_station().station), P3),
        (replace(silent_station(), station=None), P2),
        (replace(silent_station(), tls=None), P1),
    ],
)
def test_a_connection_is_judged_by_what_it_uses_or_should_have_used(
    seen: ConnectionObservation, profile: SecurityProfile
) -> None:
    assert judged_profile(seen) is profile
