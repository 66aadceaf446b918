from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.fakes.builders import event, password_credential, station
from tests.fakes.stores import KEYS
from tests.fakes.worlds import World
from voltward.adapters.sql.store import open_store
from voltward.adapters.sql.store_copy import copy_into_file
from voltward.domain.errors import OutsideFault


def _quiet(_table: str, _rows: int) -> None:
    pass


async def test_a_copy_is_the_store_of_one_moment_while_somebody_writes(world: World, tmp_path: Path) -> None:
    store = await world.open()
    async with store.begin() as work:
        await work.stations.save(station("CP001"))
        await work.credentials.save(password_credential("CP001"))
        await work.journal(event("station_added", "CP001"))
        await work.commit()
    file = tmp_path / "copy.db"

    async with store.begin() as work:
        await work.stations.save(station("CP002"))
        await copy_into_file(store.database, world.url, file, _quiet)
        await work.commit()

    copy = await open_store(f"sqlite:///{file}", KEYS, heads_dir=tmp_path / "h", clock=world.clock)
    async with copy.read() as reading:
        assert [found.id.identity for found in await reading.stations.all()] == ["CP001"]
        assert len(await reading.credentials.all()) == 1
    assert await copy.feed.latest() == await store.feed.latest() - 1
    assert await copy.journal_reader().problems(world.clock.now()) == []
    assert await copy.reached() == await store.reached()
    await copy.close()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_a_store_that_is_none_is_a_fault(tmp_path: Path, world: World) -> None:
    wrong = tmp_path / "wrong.db"
    wrong.write_bytes(b"no database" * 100)
    store = await world.open()

    with pytest.raises(OutsideFault, match="cannot be copied"):
        await copy_into_file(store.database, f"sqlite:///{wrong}", tmp_path / "copy.db", _quiet)
