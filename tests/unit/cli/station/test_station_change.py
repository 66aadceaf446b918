from __future__ import annotations

import pytest

from tests.unit.cli.conftest import Shell


def test_a_record_is_changed_and_the_change_told(shell: Shell) -> None:
    shell.done("station", "add", "CP001")

    changed = shell.done("station", "set", "CP001", "--serial", "SN-7", "--group", "site-a", "--json").json

    assert (changed["serial"], changed["group"]) == ("SN-7", "site-a")
    assert shell.done("station", "show", "CP001", "--json").json["serial"] == "SN-7"


def test_an_allowance_and_an_exception_are_shown_with_end_owner_and_reason(shell: Shell) -> None:
    shell.done("station", "add", "CP001")
    dated = ("--until", "2099-03-31", "--owner", "ann", "--reason", "new modem")

    shell.done("station", "set", "CP001", "--allow-profile", "1", "--except", "CERT-06", *dated)

    out = shell.done("station", "show", "CP001").out
    assert "allowance: profile 1 until 2099-04-01 00:00 UTC (ann: new modem)" in out
    assert "exception: CERT-06 until 2099-04-01 (ann: new modem)" in out
    shell.done("station", "set", "CP001", "--end-allowance", "--end-exception", "CERT-06")
    assert "allowance" not in shell.done("station", "show", "CP001").out


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (
            ("--except", "NO-99", "--until", "2099-01-01", "--owner", "a", "--reason", "b"),
            "there is no control NO-99",
        ),
        (
            ("--except", "TLS-02", "--until", "2099-01-01", "--owner", "a", "--reason", "b"),
            "nobody can be excepted",
        ),
        (("--except", "CERT-06"), "needs an end, an owner and a reason"),
        (
            ("--allow-profile", "1", "--until", "2001-01-01", "--owner", "a", "--reason", "b"),
            "lies in the past",
        ),
        (("--profile", "1"), "lowers the floor"),
        ((), "nothing to change"),
    ],
)
def test_an_order_that_cannot_be_carried_out_is_status_2(
    shell: Shell, words: tuple[str, ...], reason: str
) -> None:
    shell.done("station", "add", "CP001")

    ran = shell("station", "set", "CP001", *words)

    assert ran.status == 2
    assert reason in ran.err


def test_a_station_is_quarantined_released_and_retired(shell: Shell) -> None:
    shell.done("station", "add", "CP001")

    ordered = shell.done(
        "station", "quarantine", "CP001", "--reason", "odd", "--lane", "repair", "--json"
    ).json
    assert (ordered["standing"], ordered["lane"], ordered["note"]) == ("quarantined", "repair", "odd")
    assert shell.done("station", "release", "CP001", "--json").json["standing"] == "commissioning"
    assert shell.done("station", "retire", "CP001", "--json").json["standing"] == "retired"
    assert shell("station", "quarantine", "CP001", "--reason", "late").status == 2


def test_a_site_is_given_listed_and_taken_off(shell: Shell) -> None:
    shell.done("station", "add", "CP001")
    shell.done("station", "set", "CP001", "--site", "Köln 5")
    assert shell.done("station", "show", "CP001", "--json").json["site"] == "Köln 5"
    listed = shell.done("station", "list", "--site", "Köln 5", "--json").json
    assert [one["station"] for one in listed] == ["CP001"]
    assert "Did you mean Köln 5?" in shell("station", "list", "--site", "Koeln 5").err

    shell.done("station", "set", "CP001", "--site", "")
    assert shell.done("station", "show", "CP001", "--json").json["site"] is None
