from __future__ import annotations

from tests.unit.cli.conftest import Shell

REVOKED = "07" * 32


def test_a_certificate_of_others_is_shown_with_what_is_known_of_it(shell: Shell) -> None:
    shell.done("cert", "revoke", "--fingerprint", REVOKED, "--reason", "stolen")

    (shown,) = shell.done("cert", "show", REVOKED, "--json").json

    assert (shown["fingerprint"], shown["denied_because"], shown["credentials"]) == (REVOKED, "stolen", [])
    assert "stolen" in shell.done("cert", "show", REVOKED).out


def test_one_that_nobody_knows_is_told(shell: Shell) -> None:
    ran = shell("cert", "show", "abcd", "--json")

    assert (ran.status, ran.fault["error"]) == (2, "no such certificate is on record.")
