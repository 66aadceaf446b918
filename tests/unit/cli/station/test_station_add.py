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


def test_another_credential_is_given_and_told_once(shell: Shell) -> None:
    first = shell.done("station", "add", "CP001", "--json").json["password"]

    second = shell.done("station", "credential", "CP001", "--json").json["password"]

    assert first != second
    states = [c["state"] for c in shell.done("station", "show", "CP001", "--json").json["credentials"]]
    assert len(states) == 2
