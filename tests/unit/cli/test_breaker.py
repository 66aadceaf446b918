from __future__ import annotations

from tests.unit.cli.conftest import Shell


def test_a_breaker_that_holds_nothing_says_so(shell: Shell) -> None:
    assert shell.done("breaker", "status").out == "The breaker holds nothing.\n"
    assert shell.done("breaker", "status", "--json").json == []


def test_refusals_that_are_meant_are_announced_with_a_reason(shell: Shell) -> None:
    (released,) = shell.done("breaker", "release", "CERT-02", "--reason", "a CA was stolen", "--json").json

    assert (released["control"], released["holds"], released["reason"]) == (
        "CERT-02", False, "a CA was stolen",
    )  # fmt: skip
    said = shell.done("breaker", "status").out
    assert "leads to a trusted authority): released" in said
    assert "(a CA was stolen)" in said


def test_only_what_it_may_hold_can_be_released(shell: Shell) -> None:
    ran = shell("breaker", "release", "CERT-04", "--reason", "x", "--json")

    assert (ran.status, "never holds CERT-04" in ran.fault["error"]) == (2, True)
    assert "holds nothing" in shell("breaker", "release", "--reason", "x", "--json").fault["error"]
