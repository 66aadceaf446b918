"""For whoever runs it: numbers and health, what is explained, a supervisor, an honest journal."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.journeys.deployment import (
    OVERRIDES,
    Part,
    Template,
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
from voltward.simulator.csms.csms import small_csms
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
    return not os.path.exists(f"/proc/{pid}")  # noqa: ASYNC240, PTH110 -- no disk is touched


async def test_links_are_told_when_the_gateway_ends(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("ends")
    async with world_of(template, folder) as world, playing(world.dial(world.take(2))) as player:
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
        for part in (world.take(2), world.take(2), world.take(2)):
            await world.is_refused(part, "AUTH-02", login=WRONG)
            async with playing(world.dial(part)) as player:
                await player.boot()
        await world.command("station", "retire", world.take(2).identity)
        while_running = await run_cli("journal", "verify", "-c", str(world.settings))
    whole = await run_cli("journal", "verify", "-c", str(world.settings), "--json")
    assert (while_running.status, whole.status) == (0, 0), (while_running, whole)
    assert json.loads(whole.out) == {"ok": True, "problems": []}

    for sql in (
        "UPDATE journal SET facts = replace(facts, 'AUTH-02', 'AUTH-01') WHERE kind = 'station_refused'",
        "DELETE FROM journal WHERE kind = 'station_refused'",
        "DELETE FROM journal WHERE rowid = (SELECT max(rowid) FROM journal WHERE writer = 'gateway')",
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
