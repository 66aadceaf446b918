from __future__ import annotations

from tests.unit.cli.conftest import Shell

DATED = ("--until", "2099-12-31", "--owner", "ann", "--reason", "the test tool runs")


def test_nobody_has_a_quirk_to_begin_with(shell: Shell) -> None:
    assert shell.done("posture", "quirks").out == "No quirk is granted to anybody.\n"


def test_a_station_that_stands_for_a_test_tool_is_named_with_its_end_until_that_is_ended(
    shell: Shell,
) -> None:
    shell.done("station", "add", "CP001", "--profile", "3", "--serial", "SN-1")
    shown = shell.done("station", "quirk", "CP001", "conformance", *DATED).out
    assert "conformance until 2100-01-01 (ann: the test tool runs)" in shown

    ran = shell("posture", "quirks")
    assert (ran.status, "Accepted for a request" in ran.out) == (1, True)
    told = shell("posture", "quirks", "--json")
    (quirk,) = told.json["quirks"]
    assert (quirk["whose"], quirk["quirk"], quirk["owner"]) == ("CP001", "conformance", "ann")
    assert (quirk["is_over"], told.status) == (False, 1)

    shell.done("station", "quirk", "CP001", "conformance", "--end")
    assert shell.done("posture", "quirks", "--json").json["quirks"] == []


def test_a_group_that_answers_for_a_test_tool_without_an_end_is_told(shell: Shell) -> None:
    ran = shell("posture", "quirks", "--set", "group.lab.conformance=true")

    assert ran.status == 1
    assert "Group lab answers for a test tool, without an end" in ran.out


def test_conformance_is_never_for_many(shell: Shell) -> None:
    dated = 'until="2099-12-31",owner="ann",reason="the test tool runs"'
    ran = shell("posture", "quirks", "--set", f"group.lab.quirks.conformance={{{dated}}}", "--json")

    assert "one station" in str(ran.fault)
