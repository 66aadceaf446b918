"""The list of a root that is kept on another machine: signed there, carried over, published here."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.certificates import Authority
from tests.unit.cli.conftest import Shell

INIT = (
    "init", "d", "--operator-name", "Example CPO", "--host", "csms.example",
    "--csms", "ws://127.0.0.1:9/ocpp", "--admin", "you@example.org", "--sub-ca-csr",
)  # fmt: skip
AT = ("-c", "d/voltward.toml")
VAULT = ("--offline", "vault", "--to", "back")
STATIONS = "d/public/stations-ca-{}.pem"


@pytest.fixture
def made(bare: Shell) -> Shell:
    """A deployment below a root in a vault, complete."""
    bare.done(*INIT)
    bare.done("ca", "root", "--offline", "vault", "--operator-name", "Example CPO")
    requests = sorted(str(path) for path in (bare.folder / "d" / "public").glob("*.csr"))
    bare.done("ca", "root", "--offline", "vault", "--sign", *requests, "--to", "signed")
    bare.done("ca", "install", *map(str, sorted((bare.folder / "signed").iterdir())), *AT)
    return bare


def signed(shell: Shell, *options: str) -> list[dict[str, Any]]:
    return shell.done("ca", "root-crl", *VAULT, *options, "--json").json


def installed(shell: Shell, *families: str) -> list[dict[str, Any]]:
    files = (f"back/root-{family}.crl" for family in families or ("ecdsa", "rsa"))
    return shell.done("ca", "install", *files, *AT, "--json").json["lists"]


def verified(folder: Path, family: str) -> str:
    """What openssl says of the issuing CA, with the list that is published."""
    lists = ("-crl_check", "-CRLfile", f"d/public/crl/root-{family}.crl")
    done = subprocess.run(  # noqa: S603 - fixed arguments
        ["openssl", "verify", "-CAfile", "d/public/roots.pem", *lists, STATIONS.format(family)],  # noqa: S607
        cwd=folder, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_what_the_root_revokes_is_published_here_and_openssl_believes_it(made: Shell) -> None:
    told = signed(made, "--revoke", STATIONS.format("ecdsa"), "--code", "cACompromise")
    assert [one["entries"] for one in told] == [1, 0]

    lists = installed(made)
    assert [(one["authority"], one["in_force"], one["lacking"]) for one in lists] == [
        ("root-ecdsa", ["stations-ca-ecdsa"], []),
        ("root-rsa", [], []),
    ]
    shown = {one["authority"]: one for one in made.done("ca", "crl", *AT, "--json").json}
    assert shown["root-ecdsa"]["number"] == told[0]["number"]
    assert shown["root-ecdsa"]["next_update"] == told[0]["next_update"]
    assert "certificate revoked" in verified(made.folder, "ecdsa")
    assert ": OK" in verified(made.folder, "rsa")
    own = {one["name"]: one["key"] for one in made.done("ca", "show", *AT, "--json").json["own"]}
    assert (own["root-ecdsa"], own["stations-ca-ecdsa"]) == ("elsewhere", "room")
    posture = {one["authority"]: one for one in made("posture", "lists", *AT, "--json").json}
    assert {one: posture[one]["state"] for one in ("root-ecdsa", "csms-ca-rsa")} == dict.fromkeys(
        ("root-ecdsa", "csms-ca-rsa"), "good"
    )
    journal = made.done("journal", "tail", *AT, "--json").out
    assert journal.count("own_list_installed") == 2


def test_what_was_revoked_once_stays_and_no_older_list_is_taken_again(made: Shell) -> None:
    first = signed(made, "--revoke", STATIONS.format("rsa"))
    (made.folder / "first.crl").write_bytes((made.folder / "back" / "root-rsa.crl").read_bytes())
    second = signed(made, "--revoke", STATIONS.format("rsa"))
    assert [one["entries"] for one in second] == [one["entries"] for one in first] == [0, 1]
    assert second[1]["number"] > first[1]["number"]
    installed(made, "rsa")
    made.done("ca", "crl", *AT)

    older = made("ca", "install", "first.crl", *AT)
    assert (older.status, "went back" in older.err) == (2, True)
    # A folder that was put back by hand: the signer tells none that is older than the last one it told.
    (made.folder / "d" / "public" / "root-rsa.crl").write_bytes((made.folder / "first.crl").read_bytes())
    assert made("ca", "crl", "root-rsa", *AT).status == 2


def test_an_authority_that_is_revoked_here_and_not_there_is_named(made: Shell) -> None:
    trusted = made.done("ca", "show", *AT, "--json").json["own"]
    ids = {one["name"]: one["id"] for one in trusted}
    revoke = ("cert", "revoke", "--authority", ids["stations-ca-ecdsa"], "--reason", "stolen")
    made.done(*revoke, *AT)
    signed(made)

    (told,) = installed(made, "ecdsa")
    assert (told["lacking"], told["in_force"]) == (["stations-ca-ecdsa"], [])
    said = made.done("ca", "install", "back/root-ecdsa.crl", *AT).out
    assert "root-crl --revoke stations-ca-ecdsa.pem" in said


def test_a_list_that_ends_within_a_month_is_told_ahead(made: Shell) -> None:
    before = made("posture", "lists", *AT, "--json")
    assert {one["state"] for one in before.json} == {"missing"}  # nothing was ever served here
    signed(made, "--days", "29")
    installed(made)
    made.done("ca", "crl", *AT)

    found = made("posture", "lists", *AT)
    assert found.status == 1
    assert found.out.count("ending") == 2
    assert found.out.count("voltward ca root-crl") == 2
    ports = ("--set", "gateway.listen=127.0.0.1:0", "--set", "metrics.listen=127.0.0.1:0")
    warned = made("settings", "check", *AT, *ports).out
    assert "the list of revoked certificates of root-rsa holds until" in warned
    signed(made)
    installed(made)
    made.done("ca", "crl", *AT)
    assert made("posture", "lists", *AT).status == 0
    assert "list of revoked certificates of root" not in made("settings", "check", *AT, *ports).out


def test_lists_of_others_times_that_are_none_and_the_root_itself_are_refused(made: Shell) -> None:
    (made.folder / "others.crl").write_bytes(Authority.create("Somebody").revocation_list(7))
    strange = made("ca", "install", "others.crl", *AT)
    assert (strange.status, "no root above our authorities" in strange.err) == (2, True)
    for refused in (("--days", "0"), ("--days", "826"), ("--revoke", "vault/public/root-rsa.pem")):
        assert made("ca", "root-crl", *VAULT, *refused).status == 2
