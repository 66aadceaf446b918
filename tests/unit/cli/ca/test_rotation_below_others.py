"""A root rotation where somebody else has the root: requests go out, chains come back, then as with our own."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.fakes.corporate_pki import CorporatePki
from tests.unit.cli.ca.test_authority_signing import INIT
from tests.unit.cli.ca.test_rotation import reloaded
from tests.unit.cli.conftest import Ran, Shell
from voltward.crypto.reading.pem import read_pem_bundle

ROLES = ("csms-ca-ecdsa", "stations-ca-ecdsa")
CHAINS = ("--set", 'gateway.chains=["server-ecdsa"]')
REQUESTS = [f"{role}.2.next.csr" for role in ROLES]


class Corporate:
    """A deployment below a corporate root, whose next one is there, too."""

    def __init__(self, shell: Shell, home: Path) -> None:
        self._shell = shell
        self.folder = home / "d"
        self.public = self.folder / "public"
        shell.done(*INIT, "--sub-ca-csr")
        self.old, self.next = (CorporatePki.create(home / name, name) for name in ("old", "next"))
        signed = self.old.sign(self.public / f"{role}.csr" for role in ROLES)
        self.done("install", *signed, self.old.above)

    def __call__(self, *words: str) -> Ran:
        return self._shell("ca", *words, "-c", str(self.folder / "voltward.toml"), *CHAINS)

    def done(self, *words: str) -> Ran:
        ran = self(*words)
        assert ran.status == 0, ran.err
        return ran

    def prepare(self, *files: str) -> Ran:
        return self("rotate", "prepare", "ecdsa", *(("--chain", *files) if files else ()))

    def requests(self) -> list[Path]:
        return sorted(self.public.glob("*.next.csr"))

    def states(self) -> dict[str, str]:
        return {one["name"]: one["state"] for one in self.done("show", "--json").json["own"]}

    def is_verified(self, name: str, root: CorporatePki) -> bool:
        """By openssl, for whom only this root counts."""
        chain = str(self.folder / "gateway" / f"{name}.pem")
        (self.folder / "root.pem").write_bytes(root.root.certificate_pem)
        done = subprocess.run(  # noqa: S603 - fixed arguments
            ["openssl", "verify", "-CAfile", str(self.folder / "root.pem"), "-untrusted", chain, chain],  # noqa: S607
            capture_output=True, check=False, timeout=60,
        )  # fmt: skip
        return done.returncode == 0

    def roots(self) -> Sequence[bytes]:
        return read_pem_bundle((self.public / "roots.pem").read_bytes())


@pytest.fixture
def corporate(bare: Shell) -> Corporate:
    return Corporate(bare, bare.folder)


def test_first_others_are_asked_and_nothing_begins(corporate: Corporate) -> None:
    before = corporate.roots()

    asked = corporate.prepare()

    assert asked.status == 0
    assert [path.name for path in corporate.requests()] == REQUESTS
    assert "below the next root" in asked.out
    assert "prepare FAMILY --chain FILE" in corporate.done("rotate", "status").out
    kept = [path.read_bytes() for path in corporate.requests()]
    corporate.prepare()
    assert [path.read_bytes() for path in corporate.requests()] == kept
    told = corporate.done("rotate", "status", "--json").json
    assert (told["phase"], len(told["requests"])) == ("waiting for certificates", 2)
    assert corporate.roots() == before
    assert corporate("rotate", "install").status == 2
    # A successor below the same root is another matter, and no request is taken for the other's.
    assert "stations-ca-ecdsa.3.csr" in corporate.done("replace", "stations-ca-ecdsa").out


def test_what_comes_back_is_rotated_to_as_to_a_root_of_ours(corporate: Corporate) -> None:
    corporate.prepare()
    signed = corporate.next.sign(corporate.requests())

    prepared = corporate.prepare(*signed, corporate.next.above, "--json").json

    assert (prepared["phase"], prepared["left"]) == ("prepared", ["server-ecdsa"])
    assert corporate.requests() == []
    assert [corporate.states()[f"{role}.2"] for role in ROLES] == ["prepared"] * 2
    assert corporate.is_verified("server-ecdsa", corporate.old)
    assert corporate.is_verified("server-ecdsa.next", corporate.next)
    assert corporate.roots() == [corporate.old.root.der, corporate.next.root.der]
    assert "already" in corporate.prepare().err

    corporate.done("rotate", "install")
    corporate.done("rotate", "switch")
    assert corporate.is_verified("server-ecdsa", corporate.next)
    corporate.done("rotate", "back")
    assert corporate.is_verified("server-ecdsa", corporate.old)
    corporate.done("rotate", "switch")
    reloaded(corporate.folder)
    corporate.done("rotate", "retire")
    states = corporate.states()
    assert [states[role] for role in ROLES] == ["retired"] * 2
    assert [states[f"{role}.2"] for role in ROLES] == ["active"] * 2
    assert corporate.roots() == [corporate.next.root.der]
    corporate.done("server-renew")
    assert corporate.is_verified("server-ecdsa", corporate.next)


def test_what_does_not_fit_is_refused_and_the_requests_wait_on(corporate: Corporate) -> None:
    assert "nobody was asked" in corporate.prepare(corporate.next.above).err
    corporate.prepare()
    csms, stations = corporate.requests()
    same = corporate.old.sign([csms, stations])
    assert "the root that is to go" in corporate.prepare(*same, corporate.old.above).err
    new = corporate.next.sign([csms, stations])
    assert "none of these certificates is for stations-ca-ecdsa.2" in corporate.prepare(new[0]).err
    assert "not at a root" in corporate.prepare(*new).err
    mixed = corporate.prepare(
        new[0], *corporate.old.sign([stations]), corporate.next.above, corporate.old.above
    )
    assert "two roots" in mixed.err
    assert len(corporate.requests()) == 2
    # `ca install` is the way of others, and says whose this is.
    told = corporate("install", *new, corporate.next.above)
    assert told.status == 2
    assert "voltward ca rotate prepare" in told.err


def test_a_root_of_ours_is_followed_by_none_of_somebody_elses(shell: Shell, tmp_path: Path) -> None:
    other = CorporatePki.create(tmp_path / "other", "Other")

    refused = shell("ca", "rotate", "prepare", "ecdsa", "--chain", other.above)

    assert refused.status == 2
    assert "Leave out --chain" in refused.err


def test_where_the_key_of_our_root_was_carried_away_the_next_one_is_made_there(shell: Shell) -> None:
    (shell.folder / "signer" / "root-ecdsa.sealed").unlink()

    assert "below the next root" in shell.done("ca", "rotate", "prepare", "ecdsa").out
    shell.done("ca", "root", "--offline", "vault", "--operator-name", "Example CPO")
    requests = sorted(str(path) for path in (shell.folder / "public").glob("*.next.csr"))
    shell.done("ca", "root", "--offline", "vault", "--sign", *requests, "--to", "back")
    back = sorted(str(path) for path in (shell.folder / "back").iterdir())

    told = shell.done("ca", "rotate", "prepare", "ecdsa", "--chain", *back, "--json").json

    assert told["phase"] == "prepared"
