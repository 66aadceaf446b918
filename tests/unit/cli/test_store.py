from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.postgres import PASSWORD, PostgresServer
from tests.unit.cli.conftest import Shell


@pytest.fixture
def database(postgres_server: PostgresServer) -> Iterator[str]:
    name = postgres_server.new_database()
    yield name
    postgres_server.drop(name)


def _password_file(shell: Shell) -> str:
    path = shell.folder / "store.password"
    path.write_text(f"{PASSWORD}\n")
    path.chmod(0o600)
    return "file:store.password"


def test_the_state_of_the_store_is_a_sentence_and_a_status(shell: Shell) -> None:
    assert "up to date" in shell.done("store", "status").out
    gone = shell("store", "status", "--set", "store.url=sqlite:///gone.db", "--json")

    assert gone.status == 1
    assert gone.json["state"] == "absent"
    assert not (shell.folder / "gone.db").exists()


def test_a_store_moves_and_the_next_step_is_told(
    shell: Shell, postgres_server: PostgresServer, database: str
) -> None:
    url = postgres_server.network_url(database)
    how = ("--to", url, "--to-password", _password_file(shell), "--to-tls", "off")
    shell.done("station", "add", "CP001", "--profile", "2")

    assert "It would move: " in shell.done("store", "move", *how, "--dry-run").out
    moved = shell.done("store", "move", *how).out
    assert f'  url = "{url}"\n  password = "file:store.password"\n  tls = "off"\n' in moved

    refused = shell("station", "list")
    assert refused.status == 2
    assert "this store has moved" in refused.err
    there = (
        "--set",
        f"store.url={url}",
        "--set",
        "store.password=file:store.password",
        "--set",
        "store.tls=off",
    )
    assert "CP001" in shell.done("station", "list", "--json", *there).out
    assert "The journal is whole" in shell.done("journal", "verify", *there).out


def test_the_result_of_a_move_is_json_on_request(
    shell: Shell, postgres_server: PostgresServer, database: str
) -> None:
    url = postgres_server.url(database)

    told = shell.done("store", "move", "--to", url, "--dry-run", "--json").json

    assert (told["moved"], told["to"], told["settings"]) == (False, url, {"url": url})
    assert told["rows"]["operators"] == 0


def test_a_password_in_the_url_is_refused_and_not_shown(shell: Shell) -> None:
    refused = shell("store", "move", "--to", "postgresql://volt:hunter2@db/registry")

    assert refused.status == 2
    assert "store.password" in refused.err
    assert "hunter2" not in refused.err + refused.out


def test_going_back_says_what_it_loses_before_it_does(shell: Shell) -> None:
    asked = shell("store", "downgrade", "0001")
    assert asked.status == 1
    assert "This would lose:" in asked.out
    assert shell.done("store", "status", "--json").json["state"] == "current"

    assert "Lost:" in shell.done("store", "downgrade", "0001", "--yes").out
    assert shell.done("store", "status", "--json").json["version"] == "0001"
    assert "of an earlier version" in shell.done("store", "status").out
    assert shell("store", "downgrade", "0815").status == 2


def test_init_may_begin_on_a_server(bare: Shell, postgres_server: PostgresServer, database: str) -> None:
    url, password = postgres_server.network_url(database), bare.folder / "pw"
    password.write_text(PASSWORD)
    password.chmod(0o600)
    words = ["--operator-name", "Example CPO", "--host", "csms.example", "--csms", "ws://127.0.0.1:9000/ocpp",
             "--admin", "you@example.org", "--store", url, "--store-tls", "off"]  # fmt: skip

    bare.done("init", "d", *words, "--store-password", f"file:{password}")

    at = ("-c", "d/voltward.toml")
    assert bare.done("store", "status", "--json", *at).json["state"] == "current"
    assert not (bare.folder / "d/voltward.db").exists()
    bare.done("station", "add", "CP001", "--profile", "2", *at)
    ports = ("--set", "gateway.listen=127.0.0.1:0", "--set", "metrics.listen=127.0.0.1:0")
    assert "This deployment is sound." in bare.done("settings", "check", *at, *ports).out
    again = bare("init", "e", *words, "--store-password", f"file:{password}")
    assert again.status == 2
    assert "there is something in this database already" in again.err
    assert not (bare.folder / "e").exists()
    assert bare("init", "e", *words, "--store-password", "file:gone").status == 3
