from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.certificates import Authority
from tests.unit.cli.conftest import Shell
from voltward.adapters.vault import read_server_chain
from voltward.bootstrap.deployment import open_room
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


def test_what_does_not_belong_together_is_refused(shell: Shell, files: tuple[str, str]) -> None:
    chain, key = files
    Path(key).write_bytes(OTHER.key_pem)

    ran = shell("ca", "server-install", "two-ecdsa", "--chain", chain, "--key", key)

    assert (ran.status, "does not belong" in ran.err) == (2, True)
    assert not (shell.folder / "gateway" / "two-ecdsa.pem").exists()
    assert shell("ca", "server-install", "x", "--chain", "gone.pem", "--key", key).status == 3
