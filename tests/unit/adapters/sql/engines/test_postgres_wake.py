from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from tests.fakes.builders import station
from tests.fakes.postgres import USER, PostgresServer
from tests.fakes.worlds import WORLDS, World
from voltward.adapters.sql.engines.postgres_wake import CHANNEL, PostgresWake
from voltward.adapters.sql.store import SqlStore

LONG = 30.0  # seconds: a wait that nobody ends is seen as such


@pytest.fixture
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    async with WORLDS["postgresql"](tmp_path, request, ready=True) as made:
        yield made


@pytest.fixture
async def listening(world: World) -> SqlStore:
    """A gateway that has polled, begun to listen, and polled again."""
    store = await world.open(writer="gateway")
    await store.feed.latest()
    await store.feed.moved(LONG)  # ends at once: what was committed while it dialled was announced to nobody
    await store.feed.latest()
    return store


async def _commit(world: World, identity: str) -> None:
    store = await world.open()
    async with store.begin() as unit:
        await unit.stations.save(station(identity))
        await unit.commit()


async def test_a_commit_wakes_who_waits(world: World, listening: SqlStore) -> None:
    for number in range(3):
        async with asyncio.timeout(LONG / 2), asyncio.TaskGroup() as group:
            group.create_task(listening.feed.moved(LONG))
            group.create_task(_commit(world, f"CP{number}"))
        assert await listening.feed.latest() == number + 1


async def test_a_commit_between_two_waits_wakes_the_next_one(world: World, listening: SqlStore) -> None:
    await _commit(world, "CP001")

    async with asyncio.timeout(LONG / 2):
        await listening.feed.moved(LONG)


async def test_what_is_rolled_back_wakes_nobody(world: World, listening: SqlStore) -> None:
    other = await world.open()
    async with other.begin() as unit:
        await unit.stations.save(station())
    waiting = asyncio.get_running_loop().create_task(listening.feed.moved(0.3))
    done, _ = await asyncio.wait((waiting,), timeout=0.1)

    assert not done
    await waiting


async def test_commands_do_not_listen(world: World, postgres_server: PostgresServer) -> None:
    before = postgres_server.psql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
    await _commit(world, "CP001")

    assert postgres_server.psql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'") == before


class Line:
    """Connections to one database, counted, and switched off."""

    def __init__(self, server: PostgresServer, database: str) -> None:
        self._server = server
        self._database = database
        self.made: list[asyncpg.Connection] = []
        self.is_cut = False

    async def dial(self) -> asyncpg.Connection:
        if self.is_cut:
            raise ConnectionRefusedError
        connection = await asyncpg.connect(
            host=str(self._server.folder),
            port=self._server.port,
            user=USER,
            password="",
            database=self._database,
            ssl=False,
        )
        self.made.append(connection)
        return connection


@pytest.fixture
async def line(postgres_server: PostgresServer) -> AsyncIterator[Line]:
    name = postgres_server.new_database()
    made = Line(postgres_server, name)
    yield made
    for connection in made.made:
        connection.terminate()
    postgres_server.drop(name)


def _in_half_a_minute(wake: PostgresWake) -> None:
    wake._not_before = 0.0


async def test_a_connection_that_broke_is_made_again_after_a_while(line: Line) -> None:
    wake = PostgresWake(line.dial)
    wake.polled(7)
    await wake.wait(LONG)
    wake.polled(7)
    line.made[0].terminate()
    await wake.wait(0.01)
    assert len(line.made) == 1  # not at once

    _in_half_a_minute(wake)
    await wake.wait(LONG)
    assert len(line.made) == 2
    await wake.close()


async def test_nobody_dials_a_server_that_the_poll_did_not_reach(line: Line) -> None:
    wake = PostgresWake(line.dial)
    await wake.wait(0.01)
    wake.polled(None)
    await wake.wait(0.01)
    assert line.made == []


async def test_a_line_that_cannot_be_had_is_a_wait_like_any_other(line: Line) -> None:
    wake = PostgresWake(line.dial)
    line.is_cut = True
    wake.polled(7)
    await wake.wait(0.01)
    line.is_cut = False

    _in_half_a_minute(wake)
    await wake.wait(LONG)
    assert len(line.made) == 1
    await wake.close()


async def test_a_connection_that_has_gone_deaf_is_given_up(line: Line) -> None:
    wake = PostgresWake(line.dial)
    wake.polled(7)
    await wake.wait(LONG)
    wake.polled(7)
    wake.polled(8)  # just committed: the word may be on its way
    assert not line.made[0].is_closed()

    wake.polled(8)  # nothing was heard of it
    assert line.made[0].is_closed()


async def test_what_was_announced_is_no_sign_of_deafness(line: Line) -> None:
    wake = PostgresWake(line.dial)
    wake.polled(7)
    await wake.wait(LONG)
    wake.polled(7)
    other = await line.dial()
    for word in ("8", "no number"):
        await other.execute(f"SELECT pg_notify('{CHANNEL}', '{word}')")
        await wake.wait(LONG)
    for _ in range(3):
        wake.polled(8)

    assert not line.made[0].is_closed()
    await wake.close()
