"""For whoever runs it: numbers and health, sentences instead of tracebacks, a supervisor, an honest journal."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import sqlite3
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.journeys.deployment import (
    OVERRIDES,
    Part,
    Template,
    Told,
    World,
    copy_deployment,
    eventually,
    run_cli,
    world_of,
)
from tests.journeys.gateway_child import GatewayChild, start_serve
from tests.journeys.player import playing
from voltward.adapters.system_clock import SystemClock
from voltward.domain.secret import Secret
from voltward.simulator.csms import small_csms
from voltward.simulator.dial import Dial, Endpoint, PasswordLogin, TlsOptions
from voltward.simulator.frames import CALL_RESULT

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]

WRONG = PasswordLogin(Secret(b"wrong-password-000000000"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with world_of(template, tmp_path_factory.mktemp("operations")) as world:
        yield world


# -- numbers and health -----------------------------------------------------------------------------------


async def get(world: World, path: str, method: str = "GET") -> tuple[int, str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", world.gateway.metrics_port)
    writer.write(f"{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    async with asyncio.timeout(10):
        answer = (await reader.read()).decode()
    writer.close()
    head, _, body = answer.partition("\r\n\r\n")
    return int(head.split()[1]), body


async def test_a_gateway_is_alive_and_ready(world: World) -> None:
    assert await get(world, "/healthz") == (200, "alive\n")
    assert await get(world, "/readyz") == (200, "ready\n")
    assert (await get(world, "/elsewhere"))[0] == 404
    assert (await get(world, "/metrics", "POST"))[0] == 405


async def test_decisions_links_and_suites_are_counted(world: World) -> None:
    part = world.take(2)
    before = await numbers(world)
    await world.is_refused(part, "AUTH-02", login=WRONG)
    async with playing(world.dial(part)) as player:
        await player.boot()
        during = await numbers(world)
    await world.gateway.event("link_closed", subject=part.identity)
    after = await numbers(world)

    def rose(name: str, now: dict[str, float]) -> float:
        return now.get(name, 0.0) - before.get(name, 0.0)

    assert rose('voltward_decisions_total{answer="refused",control="AUTH-02"}', after) == 1
    assert rose('voltward_decisions_total{answer="admitted",control="-"}', after) == 1
    assert rose("voltward_links", during) == 1
    assert rose("voltward_links", after) == 0
    assert rose('voltward_messages_total{direction="to_csms"}', after) == 1
    assert rose('voltward_messages_total{direction="to_station"}', after) == 1
    assert rose('voltward_tls_suites_total{suite="TLS_AES_128_GCM_SHA256",version="TLSv1.3"}', after) == 2
    assert after["voltward_half_open"] == 0


async def numbers(world: World) -> dict[str, float]:
    status, body = await get(world, "/metrics")
    assert status == 200
    lines = [line.rpartition(" ") for line in body.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


# -- explained --------------------------------------------------------------------------------------------


async def test_a_station_is_explained_before_it_knocks_and_after_each_answer(world: World) -> None:
    part = world.take(2)
    explain = ("station", "explain", part.identity)
    never = await world.command(*explain)
    await world.is_refused(part, "AUTH-02", login=WRONG)
    await world.row("station_refused", part.identity)
    refused = await world.command(*explain)
    async with playing(world.dial(part)):
        await world.row("station_admitted", part.identity)
    admitted = await world.command(*explain)
    await world.command(
        "station", "quarantine", part.identity, "--lane", "unproven", "--reason", "a stolen key"
    )
    held = await world.command(*explain)

    assert (never["answer"], never["registered"]) == (None, True)
    assert "power and network" in never["advice"]
    assert (refused["answer"], refused["control"], refused["credential"]) == ("refused", "AUTH-02", None)
    assert admitted["answer"] == "admitted"
    assert held["standing"] == "quarantined"
    assert "voltward station release" in held["advice"]
    words = await run_cli(*explain, "-c", str(world.settings))
    assert words.status == 0
    assert "(a stolen key)" in words.out
    assert "What to do: It is quarantined by order" in words.out


async def test_nobody_is_not_explained(world: World) -> None:
    await world.command("station", "explain", "NEVER-HEARD-OF", status=2)


# -- sentences --------------------------------------------------------------------------------------------


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
        told = await serve(copy, "--only", "gateway", overrides=(*OVERRIDES, f"metrics.listen=127.0.0.1:{port}"))
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
    (copy.parent / "voltward.db").write_bytes(b"this is no database at all, but long enough for a header" * 40)
    is_a_sentence(await serve(copy, "--only", "gateway"), 3, "voltward.db")


async def test_missing_settings_are_told(tmp_path: Path) -> None:
    is_a_sentence(await serve(tmp_path / "nowhere.toml", overrides=()), 2, "there is no settings file here")


@pytest.mark.parametrize(
    ("override", "word"),
    [
        ("gateway.lisen=127.0.0.1:0", "lisen"),
        ("gateway.listen=somewhere", "no address"),
        ("gateway.limits.handshake_timeout=10", "unit"),
        ("store.url=postgresql://x/y", "SQLite"),
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
        assert not list(database.execute("SELECT * FROM station WHERE identity = 'FULL-1'"))
    database.close()


async def test_init_on_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    told = await with_no_room(
        "init", str(tmp_path / "new"), "--operator-name", "X", "--host", "localhost",
        "--csms", "ws://127.0.0.1:9/o", "--admin", "a@example.org",
    )  # fmt: skip
    is_a_sentence(told, 3)
    assert not list((tmp_path / "new").glob("**/*.sealed"))
    assert not (tmp_path / "new" / "voltward.toml").exists()


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


# -- the supervisor ---------------------------------------------------------------------------------------


async def test_a_gateway_that_was_killed_is_started_again_and_sigterm_ends_all(
    template: Template, tmp_path: Path
) -> None:
    file = copy_deployment(template, tmp_path / "supervised")
    part = template.pool[2][0]
    roots = (tmp_path / "supervised" / "public" / "roots.pem").read_text()
    async with small_csms(SystemClock()) as csms:
        child = await start_serve(file, overrides=(*OVERRIDES, f"csms.url={csms.url}"))
        try:
            first = await child.event("part_started", part="gateway")
            await child.ready()
            await works(child, part, roots)

            mark = child.mark
            os.kill(first["pid"], signal.SIGKILL)
            ended = await child.event("part_ended", since=mark, part="gateway")
            second = await child.event("part_started", since=mark, part="gateway")
            await child.ready(since=mark)
            await works(child, part, roots)
            child.hang_up()
            await child.event("settings_reloaded", since=mark)
        finally:
            status = await child.stop()

    assert ended["status"] == -signal.SIGKILL
    assert second["pid"] != first["pid"]
    assert status == 0
    assert await eventually(lambda: is_gone(second["pid"]))
    assert next(child.seen("gateway_stopping"), None) is not None
    verified = await run_cli("journal", "verify", "-c", str(file))
    assert verified.status == 0, verified.out


async def works(child: GatewayChild, part: Part, roots: str) -> None:
    endpoint = Endpoint("127.0.0.1", child.tls_port, tls=TlsOptions(ca_pem=roots))
    async with playing(Dial(endpoint, part.identity, part.login("ocpp2.0.1"))) as player:
        assert (await player.boot()).kind == CALL_RESULT


async def is_gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


async def test_links_are_told_when_the_gateway_ends(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with world_of(template, tmp_path_factory.mktemp("ends")) as world:
        async with playing(world.dial(world.take(2))) as player:
            await player.boot()
            stopping = asyncio.create_task(world.gateway.stop())
            closing = await player.closed()
            assert await stopping == 0
    assert closing.code == 1001


# -- the journal ------------------------------------------------------------------------------------------


async def test_the_journal_is_whole_after_all_that_and_not_after_a_row_was_edited(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    async with world_of(template, folder) as world:
        for _ in range(3):
            part = world.take(2)
            await world.is_refused(part, "AUTH-02", login=WRONG)
            async with playing(world.dial(part)) as player:
                await player.boot()
        await world.command("station", "retire", part.identity)
        while_running = await run_cli("journal", "verify", "-c", str(world.settings))
    whole = await run_cli("journal", "verify", "-c", str(world.settings), "--json")
    assert (while_running.status, whole.status) == (0, 0), (while_running, whole)
    assert json.loads(whole.out) == {"ok": True, "problems": []}

    for sql in (
        "UPDATE journal SET facts = replace(facts, 'AUTH-02', 'AUTH-01') WHERE kind = 'station_refused'",
        "DELETE FROM journal WHERE kind = 'station_refused'",
        "DELETE FROM journal WHERE writer = 'gateway' AND seq = (SELECT max(seq) FROM journal "
        "WHERE writer = 'gateway')",
        "UPDATE journal SET subject = 'SOMEBODY' WHERE kind = 'station_admitted'",
    ):
        copy = folder.parent / "tampered"
        shutil.copytree(folder, copy)
        with sqlite3.connect(copy / "voltward.db") as database:
            assert database.execute(sql).rowcount > 0
        database.close()
        told = await run_cli("journal", "verify", "-c", str(copy / "voltward.toml"), "--json")
        assert told.status == 1, (sql, told)
        assert json.loads(told.out)["problems"], sql
        shutil.rmtree(copy)
