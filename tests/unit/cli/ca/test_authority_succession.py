"""`voltward ca replace`: an issuing CA gets a successor, below a root that is here or elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.ca.test_authority_signing import INIT
from tests.unit.cli.conftest import Shell
from voltward.crypto.reading.pem import read_pem_bundle
from voltward.crypto.reading.trust_anchors import is_signed_by


def certificate(shell: Shell, name: str) -> bytes:
    return read_pem_bundle((shell.folder / "public" / f"{name}.pem").read_bytes())[0]


def served_below(shell: Shell) -> bytes:
    """The issuing CA in the chain that stations are shown."""
    return read_pem_bundle((shell.folder / "gateway" / "server-ecdsa.pem").read_bytes())[1]


def test_below_a_root_that_is_here_the_successor_signs_at_once(shell: Shell) -> None:
    roots = (shell.folder / "public" / "roots.pem").read_bytes()
    root, old = certificate(shell, "root-ecdsa"), certificate(shell, "csms-ca-ecdsa")

    told = shell.done("ca", "replace", "csms-ca-ecdsa", "--json").json
    shell.done("ca", "server-renew")

    assert told == [{"name": "csms-ca-ecdsa.2", "predecessor": "csms-ca-ecdsa", "request": None}]
    new = certificate(shell, "csms-ca-ecdsa.2")
    assert is_signed_by(new, root)
    assert new != old
    assert served_below(shell) == new
    assert (shell.folder / "public" / "roots.pem").read_bytes() == roots  # stations need nothing new


def test_the_door_believes_both_until_the_old_one_is_revoked(shell: Shell) -> None:
    told = shell.done("ca", "replace", "stations-ca-ecdsa").out
    order = next(line.split() for line in told.splitlines() if "cert revoke" in line)
    trusted = shell.done("ca", "show", "--json").json["authorities"]
    assert [one["retired_at"] is None for one in trusted] == [True] * len(trusted)
    ids = {one["name"]: one["id"] for one in shell.done("ca", "show", "--json").json["own"]}
    assert {ids["stations-ca-ecdsa"], ids["stations-ca-ecdsa.2"]} <= {one["id"] for one in trusted}

    shell.done(*order[1:5], "--reason", "a disk was stolen")

    gone = [one["id"] for one in shell.done("ca", "show", "--json").json["authorities"] if one["retired_at"]]
    assert gone == [ids["stations-ca-ecdsa"]]


def test_a_rotation_after_it_takes_the_next_number(shell: Shell) -> None:
    shell.done("ca", "replace", "stations-ca-ecdsa")
    kept = certificate(shell, "stations-ca-ecdsa.2")

    shell.done("ca", "rotate", "prepare", "ecdsa")

    assert certificate(shell, "stations-ca-ecdsa.2") == kept
    assert (shell.folder / "public" / "stations-ca-ecdsa.3.pem").exists()
    # It waits below another root: a successor is made of the one that signs.
    assert shell.done("ca", "replace", "stations-ca-ecdsa", "--json").json == [
        {"name": "stations-ca-ecdsa.4", "predecessor": "stations-ca-ecdsa.2", "request": None}
    ]
    assert is_signed_by(certificate(shell, "stations-ca-ecdsa.4"), certificate(shell, "root-ecdsa"))


def test_below_a_root_elsewhere_a_request_waits_and_the_old_one_goes_on(bare: Shell) -> None:
    bare.done("ca", "root", "--offline", "vault", "--operator-name", "Example CPO")
    bare.done(*INIT, "--sub-ca-csr")
    here = ("-c", "d/voltward.toml")
    sign = ("ca", "root", "--offline", "vault", "--to", "back", "--sign")
    bare.done(*sign, *(str(path) for path in Path("d/public").glob("*.csr")))
    bare.done("ca", "install", *(str(path) for path in Path("back").iterdir()), *here)
    before = Path("d/public/stations-ca-rsa.pem").read_bytes()

    told = bare.done("ca", "replace", "stations-ca-rsa", *here).out

    assert "d/public/stations-ca-rsa.2.csr: have it signed" in told
    bare.done(*sign, "d/public/stations-ca-rsa.2.csr")
    done = bare.done("ca", "install", "back/stations-ca-rsa.2.pem", *here, "--json").json
    assert done == {"authorities": ["stations-ca-rsa.2"], "servers": [], "waiting": [], "lists": []}
    assert Path("d/public/stations-ca-rsa.pem").read_bytes() == before
    assert len(bare.done("ca", "show", *here, "--json").json["authorities"]) == 3


@pytest.mark.parametrize("name", ["root-ecdsa", "firmware-ca", "stations-ca", "../x"])
def test_only_issuing_authorities_of_ours_are_replaced(shell: Shell, name: str) -> None:
    assert shell("ca", "replace").status == 2
    ran = shell("ca", "replace", name)

    assert ran.status == 2
    assert "no issuing CA of ours" in ran.err
