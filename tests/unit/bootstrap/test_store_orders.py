from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.fakes.builders import station
from tests.fakes.deployments import Site
from tests.fakes.postgres import PostgresServer
from voltward.adapters.sql.schema import VERSION
from voltward.bootstrap.deployment import open_deployment
from voltward.bootstrap.store_orders import (
    StoreState,
    StoreStatus,
    downgrade_store,
    losses,
    move_store,
    store_status,
)
from voltward.domain.errors import OperatorFault
from voltward.settings import Settings

ACTOR = "cli:ann"


@pytest.fixture
def elsewhere(site: Site, postgres_server: PostgresServer) -> Iterator[Settings]:
    name = postgres_server.new_database()
    yield site.settings(f"store.url={postgres_server.url(name)}")
    postgres_server.drop(name)


def _say_nothing(_table: str, _rows: int) -> None:
    pass


async def _add_station(settings: Settings) -> None:
    async with open_deployment(settings) as deployment, deployment.store.begin() as work:
        await work.stations.save(station())
        await work.commit()


async def test_what_is_there_is_told_and_nothing_is_made(site: Site, elsewhere: Settings) -> None:
    assert await store_status(site.settings()) == StoreStatus(
        str(site.folder / "voltward.db"), StoreState.CURRENT, VERSION
    )
    gone = site.settings("store.url=sqlite:///gone.db")
    for _ in range(2):
        assert (await store_status(gone)).state is StoreState.ABSENT
        assert (await store_status(elsewhere)).state is StoreState.EMPTY


async def test_a_store_moves_to_a_server_with_its_journal(site: Site, elsewhere: Settings) -> None:
    await _add_station(site.settings())

    counts = await move_store(site.settings(), elsewhere, ACTOR, _say_nothing, dry_run=False)

    assert counts["stations"] == 1
    assert (await store_status(site.settings())).state is StoreState.MOVED
    async with open_deployment(elsewhere) as deployment:
        async with deployment.store.read() as reading:
            assert len(await reading.stations.all()) == 1
        later = deployment.clock.now() + timedelta(days=1)
        assert await deployment.journal.problems(later) == []
        (row,) = await deployment.journal.tail(1)
    assert (row.event.kind, row.event.actor) == ("store_moved", ACTOR)
    assert row.event.facts["from"] == str(site.folder / "voltward.db")


async def test_a_dry_run_leaves_no_trace(site: Site, elsewhere: Settings) -> None:
    file = site.settings("store.url=sqlite:///new.db")
    for target in (elsewhere, file):
        await move_store(site.settings(), target, ACTOR, _say_nothing, dry_run=True)

    assert (await store_status(elsewhere)).state is StoreState.EMPTY
    assert (await store_status(file)).state is StoreState.ABSENT
    assert (await store_status(site.settings())).state is StoreState.CURRENT


async def test_nobody_moves_a_store_that_somebody_else_has_open(site: Site, elsewhere: Settings) -> None:
    async with open_deployment(site.settings()):
        with pytest.raises(OperatorFault, match="has the store open"):
            await move_store(site.settings(), elsewhere, ACTOR, _say_nothing, dry_run=False)


async def test_a_store_moves_neither_onto_itself_nor_onto_another(site: Site, elsewhere: Settings) -> None:
    with pytest.raises(OperatorFault, match="the store is there already"):
        await move_store(site.settings(), site.settings(), ACTOR, _say_nothing, dry_run=False)
    await _add_station(elsewhere)
    with pytest.raises(OperatorFault, match="there is something in the database"):
        await move_store(site.settings(), elsewhere, ACTOR, _say_nothing, dry_run=False)
    assert (await store_status(site.settings())).state is StoreState.CURRENT


async def test_tables_go_back_and_the_journal_says_so(site: Site, elsewhere: Settings) -> None:
    for settings in (site.settings(), elsewhere):
        await _add_station(settings)
        assert await downgrade_store(settings, "0001", ACTOR) == losses("0001")

        assert (await store_status(settings)).version == "0001"
        async with open_deployment(settings) as deployment:  # and up again
            (row,) = await deployment.journal.tail(1)
            async with deployment.store.read() as reading:
                assert len(await reading.stations.all()) == 1
        assert (row.event.kind, row.event.facts["to"]) == ("store_downgraded", "0001")
