from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.fakes.certificates import self_signed
from tests.unit.cli.conftest import Shell


def test_a_station_is_added_with_a_password_that_is_told_once(shell: Shell) -> None:
    added = shell.done("station", "add", "CP001", "--serial", "SN-1", "--profile", "2", "--json").json

    assert (added["station"], added["profile"], added["floor"], added["serial"]) == ("CP001", 2, 2, "SN-1")
    assert len(added["password"]) == 40
    assert added["remarks"] == []
    shown = shell.done("station", "show", "CP001", "--json")
    assert added["password"] not in shown.out
    assert [credential["kind"] for credential in shown.json["credentials"]] == ["password"]
    for file in shell.folder.rglob("*"):
        assert file.is_dir() or added["password"].encode() not in file.read_bytes()


def test_in_words_the_password_comes_with_how_to_use_it(shell: Shell) -> None:
    out = shell.done("station", "add", "CP001").out

    assert "password " in out
    assert "The password is shown this once." in out
    assert "AuthorizationKey" in out


def test_a_password_of_people_is_read_from_a_file_and_not_told_back(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("correct horse battery\n")

    ran = shell.done("station", "add", "CP001", "--password-file", str(tmp_path / "password"), "--json")

    assert "password" not in ran.json
    again = shell.done("station", "add", "CP002", "--password-file", str(tmp_path / "password")).out
    assert "note: another station has the same password: CP001. AUTH-11" in again


def test_a_certificate_is_pinned_from_a_file(shell: Shell, tmp_path: Path) -> None:
    leaf = self_signed("SN-1")
    (tmp_path / "leaf.pem").write_bytes(leaf.certificate_pem)

    shell.done("station", "add", "CP001", "--profile", "3", "--certificate", str(tmp_path / "leaf.pem"))

    (credential,) = shell.done("station", "show", "CP001", "--json").json["credentials"]
    assert (credential["fingerprint"], credential["pinned"]) == (leaf.fingerprint.hex(), True)


def test_profile_3_without_a_certificate_comes_with_a_password_first(shell: Shell) -> None:
    added = shell.done("station", "add", "CP001", "--profile", "3", "--serial", "SN-1", "--json").json

    assert len(added["password"]) == 40
    assert (added["profile"], added["floor"]) == (3, 2)
    shown = shell.done("station", "show", "CP001", "--json").json
    assert [credential["purpose"] for credential in shown["credentials"]] == ["commissioning"]
    assert [each["phase"] for each in shown["lifecycles"]] == ["reading its settings"]
    assert "Under way, renewal: reading its settings" in shell.done("station", "explain", "CP001").out


@pytest.mark.parametrize("lacking", [("--profile", "3"), ("--serial", "SN-1")])
def test_a_first_certificate_is_for_profile_3_and_names_a_serial(
    shell: Shell, lacking: tuple[str, str]
) -> None:
    ran = shell("station", "add", "CP001", "--commission", *lacking, "--json")

    assert (ran.status, ran.fault["subject"]) == (2, "CP001")
    assert "first certificate" in ran.fault["error"]


def test_profile_3_without_a_certificate_is_status_2_where_nobody_can_issue_one(shell: Shell) -> None:
    shutil.rmtree(shell.folder / "public")
    ran = shell("station", "add", "CP001", "--profile", "3", "--json")

    assert ran.status == 2
    assert "could not prove itself on profile 3" in ran.fault["error"]
    assert shell.done("station", "list", "--json").json == []


def test_a_refusal_prints_no_password_that_was_never_saved(shell: Shell) -> None:
    shell.done("station", "add", "CP001")

    ran = shell("station", "add", "CP001")

    assert (ran.status, ran.out) == (2, "")


def test_a_group_that_the_settings_do_not_name_is_told_when_a_station_comes_into_it(shell: Shell) -> None:
    remark = "there is no [group.feild] in the settings: the rules of the default group hold."

    assert remark in shell.done("station", "add", "CP001", "--group", "feild", "--json").json["remarks"]
    assert f"note: {remark}" in shell.done("station", "set", "CP001", "--serial", "SN-7").out
    assert shell.done("station", "set", "CP001", "--group", "default", "--json").json["remarks"] == []


def test_stations_are_listed_as_a_table_and_by_group(shell: Shell) -> None:
    assert "No station is registered yet." in shell.done("station", "list").out
    shell.done("station", "add", "CP001", "--group", "site-a")
    shell.done("station", "add", "CP002")

    out = shell.done("station", "list").out
    assert [line.split()[0] for line in out.splitlines()] == ["station", "CP001", "CP002"]
    assert "not yet proven" in out
    listed = shell.done("station", "list", "--group", "site-a", "--json").json
    assert [entry["station"] for entry in listed] == ["CP001"]


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


def test_a_station_is_explained_in_words_and_as_facts(shell: Shell) -> None:
    shell.done("station", "add", "CP001")

    assert "It has not knocked" in shell.done("station", "explain", "CP001").out
    assert shell.done("station", "explain", "CP001", "--json").json["registered"] is True
    assert shell("station", "explain", "CP999").status == 2


def test_another_credential_is_given_and_told_once(shell: Shell) -> None:
    first = shell.done("station", "add", "CP001", "--json").json["password"]

    second = shell.done("station", "credential", "CP001", "--json").json["password"]

    assert first != second
    states = [c["state"] for c in shell.done("station", "show", "CP001", "--json").json["credentials"]]
    assert len(states) == 2
