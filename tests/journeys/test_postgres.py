"""The whole product with its store on a PostgreSQL server: it moves there, works there, outlives its absence."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from tests.fakes.postgres import PostgresServer, running_postgres
from tests.journeys.deployment import BITES_SECONDS, Part, Template, World, eventually, run_cli, world_of
from tests.journeys.on_postgres import on_postgres
from tests.journeys.player import playing
from tests.journeys.secrets_hunt import stored_rows
from voltward.domain.secret import Secret
from voltward.simulator.dial import PasswordLogin
from voltward.simulator.frames import CALL_RESULT
from voltward.simulator.link import Connected

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]


FIELD = f"""
[group.field]
mode = "observe"
observe_until = {datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}
learn = true
"""
LIST = "identity,group,password,serial\nPG-1,field,,SN-PG1\nPG-2,field,qT7-vk2mZ-rt5wX9,SN-PG2\n"
FIRST, SECOND = (PasswordLogin(Secret(text)) for text in (b"what the field has", b"what a thief would try"))


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """One that may be stopped: the others share theirs."""
    with running_postgres() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def moved(
    template: Template, server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Template:
    return await on_postgres(template, tmp_path_factory.mktemp("moved") / "deployment", server)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(moved: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("postgres")
    async with world_of(moved, folder, FIELD, overrides=('csms.basic="pass"',)) as world:
        yield world


async def test_stations_come_in_and_orders_reach_them(world: World) -> None:
    part = world.take(2)
    async with playing(world.dial(part)) as player:
        assert (await player.boot()).kind == CALL_RESULT
        await world.row("station_admitted", part.identity)
        await world.command("station", "quarantine", part.identity, "--reason", "odd")
        await world.gateway.event("lane_changed", subject=part.identity)
        await world.command("station", "retire", part.identity)
        await player.closed()
    await world.is_refused(part, "STN-01")


async def test_a_revoked_certificate_ends_its_link(world: World) -> None:
    part = world.take(3)
    assert part.issued is not None
    async with playing(world.dial(part)) as player:
        await player.boot(part.serial)
        certificate = world.settings.parent / "revoked.pem"
        certificate.write_bytes(part.issued.chain_pem)
        await world.command("cert", "revoke", "--file", str(certificate), "--reason", "stolen")
        await player.closed()
    assert not isinstance(await world.knock(part), Connected)


async def test_a_list_comes_in_and_a_password_that_the_csms_takes_is_learnt(world: World) -> None:
    for said in ("2 registered", "2 unchanged"):
        told = await run_cli("station", "import", "-", "-c", str(world.settings), stdin=LIST.encode())
        assert (told.status, said in told.out) == (0, True), told
    await asyncio.sleep(BITES_SECONDS)
    part = Part("PG-1", 2, "SN-PG1")
    async with playing(world.dial(part, login=FIRST)) as player:
        assert (await player.boot(part.serial)).kind == CALL_RESULT
        await world.gateway.event("password_learnt", subject="PG-1")
    await world.command("station", "set", "PG-1", "--group", "default")
    await asyncio.sleep(BITES_SECONDS)

    await world.is_refused(part, "AUTH-02", login=SECOND)
    async with playing(world.dial(part, login=FIRST)) as player:
        assert (await player.call("Heartbeat")).kind == CALL_RESULT
    # What the hunt for secrets goes through at the end.
    assert b"PG-1" in (await stored_rows(world.settings))["the table stations"]


async def test_nobody_moves_or_takes_back_the_store_under_a_gateway(world: World) -> None:
    for order in (("store", "move", "--to", "sqlite:///back.db"), ("store", "downgrade", "0001", "--yes")):
        told = await run_cli(*order, "-c", str(world.settings))
        assert told.status == 2
        assert "has the store open" in told.err


async def test_the_journal_is_whole_while_it_is_written_and_in_a_restored_dump(
    world: World, server: PostgresServer, tmp_path: Path
) -> None:
    told = await run_cli("journal", "verify", "-c", str(world.settings), "--json")
    assert json.loads(told.out) == {"ok": True, "problems": []}, told

    url = (await world.command("store", "status"))["store"]
    copy = server.copy_by_dump(url.partition(" ")[0])
    there = ("--set", f"store.url={server.url(copy)}", "-c", str(world.settings))
    stations = await run_cli("station", "list", "--json", *there)
    assert len(json.loads(stations.out)) == len(await world.command("station", "list"))


async def test_a_backup_of_a_server_comes_back_as_a_file(world: World, tmp_path: Path) -> None:
    made = await world.command("backup", "make", str(tmp_path / "a.backup"))
    secrets, new = ("--secrets", str(world.settings.parent)), tmp_path / "new"

    told = await run_cli("backup", "restore", made["file"], *secrets, "--into", str(new), "--json")

    assert told.status == 0, told
    back = json.loads(told.out)
    assert back["stations"] == len(await world.command("station", "list"))
    assert any("store.url was postgresql://" in note for note in back["notes"])
    verified = await run_cli("journal", "verify", "-c", str(new / "voltward.toml"))
    assert verified.status == 0, verified.out


async def test_the_server_goes_away_and_comes_back(world: World, server: PostgresServer) -> None:
    before, meanwhile = world.take(2), world.take(2)
    async with playing(world.dial(before)) as player:
        await player.boot()
        mark = world.gateway.mark
        server.stop()
        lost = await world.gateway.event("store_lost", since=mark)
        assert "cannot be reached" in lost["reason"] or "server" in lost["reason"]

        assert (await player.call("Heartbeat")).kind == CALL_RESULT
        async with playing(world.dial(meanwhile)) as newcomer:
            assert (await newcomer.boot()).kind == CALL_RESULT
            told = await run_cli("station", "list", "-c", str(world.settings))
            assert told.status == 3
            assert "the server cannot be reached" in told.err

            server.start()
            await world.gateway.event("store_found", since=mark)
            await world.row("station_admitted", meanwhile.identity)
            await world.row("store_lost", "")
            await world.command("station", "quarantine", meanwhile.identity, "--reason", "odd")
            await world.gateway.event("lane_changed", subject=meanwhile.identity)
    assert await eventually(lambda: _is_whole(world))


async def _is_whole(world: World) -> bool:
    return (await run_cli("journal", "verify", "-c", str(world.settings))).status == 0
