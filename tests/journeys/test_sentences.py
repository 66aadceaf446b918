"""What goes wrong outside is told in one sentence with its exit status, and never with a traceback."""

from __future__ import annotations

import asyncio
import json
import resource
import socket
import sqlite3
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from tests.journeys.command_line import Told
from tests.journeys.deployment import (
    OVERRIDES,
    Template,
    copy_deployment,
    run_cli,
    world_of,
)
from tests.journeys.gateway_child import start_serve
from tests.journeys.player import playing
from voltward.domain.secret import Secret
from voltward.simulator.dial import PasswordLogin
from voltward.simulator.frames import CALL_RESULT

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]

WRONG = PasswordLogin(Secret(b"wrong-password-000000000"))


def is_a_sentence(told: Told, status: int, *words: str) -> None:
    assert told.status == status, told
    assert "Traceback" not in told.err, told.err
    said = [line for line in told.err.splitlines() if line.startswith("voltward: ") and "note:" not in line]
    assert len(said) == 1, told.err
    for word in words:
        assert word in said[0], said[0]


async def serve(settings: Path, *words: str, overrides: tuple[str, ...] = OVERRIDES) -> Told:
    """`voltward serve` that is expected to end by itself."""
    child = await start_serve(settings, *words, overrides=overrides)
    status = await child.ended(seconds=30)
    return Told(status, "", "\n".join(child.lines))


@pytest.fixture
def copy(template: Template, tmp_path: Path) -> Path:
    return copy_deployment(template, tmp_path / "copy")


@pytest.mark.parametrize("words", [("--only", "gateway"), ()], ids=["gateway", "supervisor"])
async def test_a_used_port_is_told(copy: Path, words: tuple[str, ...]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as used:
        port = used.getsockname()[1]
        told = await serve(copy, *words, overrides=(*OVERRIDES, f"gateway.listen=127.0.0.1:{port}"))
    is_a_sentence(told, 3, f"cannot listen on 127.0.0.1:{port}", "gateway.listen")


async def test_a_used_metrics_port_is_told(copy: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as used:
        port = used.getsockname()[1]
        told = await serve(
            copy, "--only", "gateway", overrides=(*OVERRIDES, f"metrics.listen=127.0.0.1:{port}")
        )
    is_a_sentence(told, 3, f"cannot listen on 127.0.0.1:{port}", "metrics.listen")


async def test_a_missing_unlock_key_is_told(copy: Path) -> None:
    (copy.parent / "gateway" / "unlock.key").unlink()
    is_a_sentence(await serve(copy, "--only", "gateway"), 3, "unlock.key")


async def test_a_wrong_unlock_key_is_told(copy: Path) -> None:
    key = copy.parent / "gateway" / "unlock.key"
    key.write_bytes(bytes(32))
    told = await serve(copy, "--only", "gateway")
    assert told.status in {2, 3}
    is_a_sentence(told, told.status, "gateway")


async def test_a_server_key_that_is_gone_is_told(copy: Path) -> None:
    (copy.parent / "gateway" / "server-rsa.sealed").unlink()
    is_a_sentence(await serve(copy, "--only", "gateway"), 3, "server-rsa")


async def test_a_server_key_that_was_tampered_with_is_told(copy: Path) -> None:
    sealed = copy.parent / "gateway" / "server-ecdsa.sealed"
    octets = bytearray(sealed.read_bytes())
    octets[-1] ^= 1
    sealed.write_bytes(octets)
    is_a_sentence(await serve(copy, "--only", "gateway"), 3, "server-ecdsa")


async def test_a_store_of_a_newer_version_is_told(copy: Path) -> None:
    with sqlite3.connect(copy.parent / "voltward.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    told = await serve(copy, "--only", "gateway")
    is_a_sentence(told, 2, "9999", "later")
    is_a_sentence(await run_cli("station", "list", "-c", str(copy)), 2, "9999")


async def test_a_file_that_is_no_store_is_told(copy: Path) -> None:
    for file in copy.parent.glob("voltward.db*"):
        file.unlink()
    (copy.parent / "voltward.db").write_bytes(
        b"this is no database at all, but long enough for a header" * 40
    )
    is_a_sentence(await serve(copy, "--only", "gateway"), 3, "voltward.db")


async def test_missing_settings_are_told(tmp_path: Path) -> None:
    is_a_sentence(await serve(tmp_path / "nowhere.toml", overrides=()), 2, "there is no settings file here")


@pytest.mark.parametrize(
    ("override", "word"),
    [
        ("gateway.lisen=127.0.0.1:0", "lisen"),
        ("gateway.listen=somewhere", "no address"),
        ("gateway.limits.handshake_timeout=10", "unit"),
        ("store.url=postgresql://x/y", "names no user"),
        ("csms.url=http://x", "WebSocket"),
        ('csms.protocols=["ocpp9"]', "ocpp9"),
        ("csms.headers={ Host = 'x' }", "Host"),
        ("gateway.plain_sources=[]", "plain"),
        ('group.x.actions={"AUTH-02"="record"}', "AUTH-02"),
        ("gateway.path=/ocpp", "{station}"),
    ],
)
async def test_a_setting_that_is_wrong_is_told_with_its_name(copy: Path, override: str, word: str) -> None:
    told = await serve(copy, "--only", "gateway", overrides=(*OVERRIDES, override))
    is_a_sentence(told, 2, word)


async def test_as_json_an_error_is_one_document(copy: Path) -> None:
    told = await run_cli("station", "show", "NOBODY", "-c", str(copy), "--json")
    assert told.status == 2
    assert set(json.loads(told.err)) == {"error", "subject", "mend"}


@pytest.mark.parametrize(
    "words",
    [
        ("station", "add", "FULL-1"),
        ("serve", "--only", "gateway", *(word for each in OVERRIDES for word in ("--set", each))),
    ],
    ids=["station add", "serve"],
)
async def test_a_full_disk_is_told(copy: Path, words: tuple[str, ...]) -> None:
    told = await with_no_room(*words, "-c", str(copy))
    is_a_sentence(told, 3)
    with sqlite3.connect(copy.parent / "voltward.db") as database:
        assert not list(database.execute("SELECT * FROM stations WHERE identity = 'FULL-1'"))
    database.close()


async def test_init_on_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    told = await with_no_room(
        "init", str(tmp_path / "new"), "--operator-name", "X", "--host", "localhost",
        "--csms", "ws://127.0.0.1:9/o", "--admin", "a@example.org",
    )  # fmt: skip
    is_a_sentence(told, 3)
    assert not list((tmp_path / "new").glob("**/*.sealed"))
    assert not (tmp_path / "new" / "voltward.toml").exists()


async def test_while_the_disk_is_full_links_live_and_rows_wait(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with world_of(template, tmp_path_factory.mktemp("full")) as world:
        live, guessed = world.take(2), world.take(2)
        async with playing(world.dial(live)) as player:
            await player.boot()
            await world.row("credential_proven", live.identity)
            pid = world.gateway.process.pid
            room = resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
            await world.is_refused(guessed, "AUTH-02", login=WRONG)
            assert (await player.call("Heartbeat")).kind == CALL_RESULT
            reported = asyncio.create_task(
                player.call("SecurityEventNotification", {"type": "X", "timestamp": "2026-11-20T12:00:00Z"})
            )
            await asyncio.sleep(1.0)  # it may not be acknowledged before it is on disk
            assert not reported.done()
            resource.prlimit(pid, resource.RLIMIT_FSIZE, room)
            assert (await reported).kind == CALL_RESULT
            assert player.link.closing is None
        assert await world.row("station_refused", guessed.identity)
        assert await world.journal("security_event_reported", subject=live.identity)
    verified = await run_cli("journal", "verify", "-c", str(world.settings))
    assert verified.status == 0, verified.out


async def with_no_room(*words: str) -> Told:
    """The command where no file may grow by a single octet: what a disk without room does to it."""
    command = f'ulimit -f 0; exec {sys.executable} -B -m voltward "$@"'
    process = await asyncio.create_subprocess_exec(
        "/bin/sh", "-c", command, "voltward", *words, stdout=PIPE, stderr=PIPE
    )
    async with asyncio.timeout(40):
        out, err = await process.communicate()
    assert process.returncode is not None
    return Told(process.returncode, out.decode(), err.decode())
