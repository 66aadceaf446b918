from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.certificates import Authority
from tests.unit.cli.conftest import Shell
from voltward.adapters.vault import read_server_chain
from voltward.bootstrap.rooms import open_room
from voltward.ports.vault import RoomName
from voltward.settings import load_settings

PUBLIC = Authority.create("Public CA", parent=Authority.create("Public root"))
ISSUED = PUBLIC.issue("two.example", host_names=["two.example"])
OTHER = PUBLIC.issue("two.example", host_names=["two.example"])


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_bytes(ISSUED.chain_pem)
    key.write_bytes(ISSUED.key_pem)
    return str(chain), str(key)


def test_a_certificate_of_another_authority_is_served_once_it_is_named(
    shell: Shell, files: tuple[str, str]
) -> None:
    chain, key = files
    told = shell.done("ca", "server-install", "two-ecdsa", "--chain", chain, "--key", key, "--json").json

    assert (told["name"], told["hosts"]) == ("two-ecdsa", ["two.example"])
    room = open_room(load_settings(shell.folder / "voltward.toml"), RoomName.GATEWAY)
    assert read_server_chain(room, "two-ecdsa")[0] == ISSUED.chain_pem
    assert ISSUED.key_pem not in (shell.folder / "gateway" / "two-ecdsa.sealed").read_bytes()
    again = shell.done("ca", "server-install", "two-ecdsa", "--chain", chain, "--key", key).out
    assert "two.example" in again
    assert "gateway.host_chains" in again
    rows = shell.done("journal", "tail", "--json").json
    assert [row["kind"] for row in rows].count("server_certificate_installed") == 2


@pytest.mark.parametrize(
    ("name", "words"),
    [("journal-mac", "no name for"), ("Two", "no name for"), ("../x", "no name for")],
)
def test_the_name_of_another_key_is_refused(
    shell: Shell, files: tuple[str, str], name: str, words: str
) -> None:
    ran = shell("ca", "server-install", name, "--chain", files[0], "--key", files[1])

    assert (ran.status, words in ran.err) == (2, True)


SERVED = ("--set", 'gateway.chains=["server-rsa","two-ecdsa"]')


def test_ours_are_renewed_at_once_or_when_they_are_due(shell: Shell) -> None:
    told = shell.done("ca", "server-renew", "--due", "--json").json
    assert ["not due yet" in one["skipped"] for one in told] == [True, True]
    out = shell.done("ca", "server-renew", "server-rsa").out
    assert "server-rsa: for csms.example, from our CSMS CA, until" in out
    assert "server-ecdsa" not in out
    (named,) = shell.done(
        "ca", "server-renew", "server-rsa", "--due", "--host", "b.example", "--json"
    ).json  # other names are due at once
    assert named["hosts"] == ["b.example"]
    assert "no chain that is served" in shell("ca", "server-renew", "second").err


def test_what_a_person_brought_is_left_to_that_person(shell: Shell, files: tuple[str, str]) -> None:
    shell.done("ca", "server-install", "two-ecdsa", "--chain", files[0], "--key", files[1])

    told = {one["name"]: one for one in shell.done("ca", "server-renew", "--json", *SERVED).json}

    assert told["server-rsa"]["until"] is not None
    assert told["two-ecdsa"]["from"] is None
    assert "ca server-install" in told["two-ecdsa"]["skipped"]


def test_one_that_fails_leaves_the_others_their_turn_and_is_told(
    shell: Shell, files: tuple[str, str]
) -> None:
    shell.done("ca", "server-install", "two-ecdsa", "--chain", files[0], "--key", files[1])
    (shell.folder / "gateway" / "two-ecdsa.from").write_text("public\n")  # as an order leaves it
    served = ("--set", 'gateway.chains=["two-ecdsa","server-rsa"]')

    ran = shell("ca", "server-renew", "two-ecdsa", "server-rsa", *served)

    assert ran.status == 2
    assert "authority.public" in ran.err
    assert "two-ecdsa: public gave none" in ran.out
    assert "server-rsa: for csms.example" in ran.out


def test_a_chain_that_was_switched_alone_is_not_put_back_by_a_renewal(shell: Shell, tmp_path: Path) -> None:
    two = ("--set", 'gateway.host_chains={"two.example"=["second-ecdsa"]}')
    room = open_room(load_settings(shell.folder / "voltward.toml"), RoomName.GATEWAY)
    chain, key = read_server_chain(room, "server-ecdsa")
    for name, content in (("chain.pem", chain), ("key.pem", key.reveal())):
        (tmp_path / name).write_bytes(content)
    papers = ("--chain", str(tmp_path / "chain.pem"), "--key", str(tmp_path / "key.pem"))
    shell.done("ca", "server-install", "second-ecdsa", *papers)
    shell.done("ca", "rotate", "prepare", "ecdsa", *two)
    shell.done("ca", "rotate", "switch", "second-ecdsa", *two)

    told = {one["name"]: one for one in shell.done("ca", "server-renew", "--json", *two).json}

    assert "leads to the new root already" in told["second-ecdsa"]["skipped"]
    assert told["server-ecdsa"]["until"] is not None


def test_what_does_not_belong_together_is_refused(shell: Shell, files: tuple[str, str]) -> None:
    chain, key = files
    Path(key).write_bytes(OTHER.key_pem)

    ran = shell("ca", "server-install", "two-ecdsa", "--chain", chain, "--key", key)

    assert (ran.status, "does not belong" in ran.err) == (2, True)
    assert not (shell.folder / "gateway" / "two-ecdsa.pem").exists()
    assert shell("ca", "server-install", "x", "--chain", "gone.pem", "--key", key).status == 3
