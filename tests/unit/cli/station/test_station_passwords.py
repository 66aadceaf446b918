from __future__ import annotations

import base64
import re
from collections.abc import Iterator

import pytest

from tests.unit.cli.conftest import Shell


def forms(password: str) -> Iterator[bytes]:
    """All that would give the password away to whoever finds it."""
    octets = bytes.fromhex(password)
    yield from (password.encode(), password.upper().encode(), octets)
    yield base64.b64encode(octets).rstrip(b"=")
    yield base64.b64encode(password.encode()).rstrip(b"=")


@pytest.mark.parametrize("profile", ["1", "2"])
def test_a_made_password_is_told_once_and_stands_nowhere(shell: Shell, profile: str) -> None:
    added = shell.done("station", "add", "CP001", "--profile", profile, "--json")
    given = shell.done("station", "credential", "CP001", "--json")
    passwords = [added.json["password"], given.json["password"]]

    assert all(re.fullmatch("[0-9a-f]{40}", password) for password in passwords)
    assert (added.err, given.err) == ("", "")
    said = b"".join(
        (ran.out + ran.err).encode()
        for words in (
            ("station", "show", "CP001", "--json"),
            ("station", "list", "--json"),
            ("station", "explain", "CP001", "--json"),
            ("journal", "tail", "--json"),
        )
        for ran in (shell.done(*words), shell.done(*words[:-1]))
    )
    kept = b"".join(path.read_bytes() for path in shell.folder.rglob("*") if path.is_file())
    assert b"station_enrolled" in kept  # the store and the journal are among what was read
    for password in passwords:
        for form in forms(password):
            assert form not in said
            assert form not in kept


def test_as_json_it_is_one_document_with_these_names(shell: Shell) -> None:
    added = shell.done("station", "add", "CP001", "--json").json

    assert list(added) == [
        "station",
        "profile",
        "floor",
        "standing",
        "group",
        "site",
        "serial",
        "password",
        "remarks",
    ]
    again = shell.done("station", "show", "CP001", "--json").json
    assert "password" not in again


def test_a_second_add_makes_no_second_password(shell: Shell) -> None:
    shell.done("station", "add", "CP001")
    before = shell.done("station", "show", "CP001", "--json").json

    for words in (("CP001",), ("cp001",)):  # ruling 32: letter case alone does not tell two stations apart
        ran = shell("station", "add", *words, "--json")
        assert (ran.status, ran.out) == (2, "")
        assert set(ran.fault) == {"error", "subject", "mend"}
    assert shell.done("station", "show", "CP001", "--json").json == before


def test_a_password_of_people_is_kept_in_no_form_that_shows_it(shell: Shell) -> None:
    (shell.folder / "typed").write_bytes(b"correct horse battery\n")
    shell.done("station", "add", "CP001", "--password-file", "typed")
    (shell.folder / "typed").unlink()

    assert all(
        b"correct horse battery" not in path.read_bytes()
        for path in shell.folder.rglob("*")
        if path.is_file()
    )
