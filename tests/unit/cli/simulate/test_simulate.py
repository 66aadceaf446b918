from __future__ import annotations

import json

import pytest

from voltward.cli.simulate.simulate import Manner, Stations, Work, check_profile, simulate, summary_facts
from voltward.domain.errors import OperatorFault
from voltward.domain.secret import Secret
from voltward.simulator.dial import Endpoint, PasswordLogin
from voltward.simulator.fleet import FleetSummary, Member, Percentiles
from voltward.simulator.outputs import Tally

NONE = Percentiles(0, 0.0, 0.0, 0.0, 0.0)
URL = "ws://127.0.0.1:9/ocpp"


def test_faults_and_attacks_can_be_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert simulate(manner=Manner(list=True, json=True)) == 0
    said = json.loads(capsys.readouterr().out)

    assert "garbage" in said["faults"]
    assert "identifier-only" in said["attacks"]


@pytest.mark.parametrize(
    ("url", "stations", "work"),
    [
        ("", Stations(), Work()),
        (URL, Stations(count=0), Work()),
        (URL, Stations(), Work(rate=0)),
        (URL, Stations(), Work(at_once=0)),
        (URL, Stations(), Work(duration="soon")),
    ],
)
def test_what_makes_no_sense_is_refused_before_anybody_goes(url: str, stations: Stations, work: Work) -> None:
    with pytest.raises(OperatorFault):
        simulate(url, stations=stations, work=work)


def test_another_profile_than_the_one_that_was_asked_for_is_refused() -> None:
    member = Member("A", "SN-A", "ocpp1.6", Endpoint("127.0.0.1", 9), PasswordLogin(Secret(b"x")))
    check_profile([member], 1)
    with pytest.raises(OperatorFault, match="profile 1, not 2"):
        check_profile([member], 2)


def test_a_summary_names_what_went_wrong_and_is_silent_about_what_did_not() -> None:
    tally = Tally(said=10, answered=9, timed_out=1)
    summary = FleetSummary(3, 2, 1, {"HTTP 401": 1}, {"closed with 1008": 1}, tally, NONE, NONE, 1.5)
    facts = summary_facts(summary)

    assert facts["not let in: HTTP 401"] == 1
    assert facts["left: closed with 1008"] == 1
    assert facts["never answered"] == 1
    assert "unreadable" not in facts
