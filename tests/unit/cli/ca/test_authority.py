from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.certificates import Authority
from tests.unit.cli.conftest import Shell

ROOT = Authority.create("Station CA")


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    path.write_bytes(ROOT.certificate_pem)
    return str(path)


def test_an_authority_is_trusted_and_shown(shell: Shell, file: str) -> None:
    assert "No authority is trusted yet." in shell.done("ca", "show").out

    (trusted,) = shell.done(
        "ca", "trust", file, "--for", "stations", "--organisation", "Partner", "--json"
    ).json

    assert (trusted["name"], trusted["trusted_for"], trusted["binding"]) == (
        "CN=Station CA",
        "stations",
        "serial",
    )
    assert trusted["organisations"] == ["Partner"]
    out = shell.done("ca", "show").out
    assert "in force" in out
    assert trusted["id"][:16] in out


def test_a_binding_by_pattern_is_kept(shell: Shell, file: str) -> None:
    shell.done(
        "ca", "trust", file, "--for", "stations", "--binding", "pattern", "--pattern", "EV-(?P<serial>.+)"
    )

    (shown,) = shell.done("ca", "show", "--json").json["authorities"]
    assert shown["pattern"] == "EV-(?P<serial>.+)"
    assert shell("ca", "trust", file, "--for", "stations", "--binding", "pattern").status == 2


def test_trust_is_taken_back_by_the_start_of_the_id(shell: Shell, file: str) -> None:
    (trusted,) = shell.done("ca", "trust", file, "--for", "manufacturers", "--json").json

    assert "not trusted any more: CN=Station CA" in shell.done("ca", "distrust", trusted["id"][:12]).out
    assert "retired" in shell.done("ca", "show").out
    assert shell("ca", "distrust", trusted["id"][:12]).status == 2


def test_what_is_no_authority_is_status_2(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "leaf.pem").write_bytes(ROOT.issue().certificate_pem)

    ran = shell("ca", "trust", str(tmp_path / "leaf.pem"), "--for", "stations")

    assert ran.status == 2
    assert "no CA certificate" in ran.err
    assert shell("ca", "trust", str(tmp_path / "gone.pem"), "--for", "stations").status == 3


def test_the_deny_list_is_shown_too(shell: Shell) -> None:
    shell.done("cert", "revoke", "--fingerprint", "ab" * 32, "--reason", "stolen")

    assert "denied: abababababababab" in shell.done("ca", "show").out
    (denied,) = shell.done("ca", "show", "--json").json["denied"]
    assert (denied["fingerprint"], denied["reason"]) == ("ab" * 32, "stolen")


def test_the_key_set_of_the_tokens_is_told_and_stays_the_same(shell: Shell) -> None:
    told = shell.done("ca", "jwks").json

    assert [key["alg"] for key in told["keys"]] == ["ES256"]
    assert shell.done("ca", "jwks", "--json").json == told
