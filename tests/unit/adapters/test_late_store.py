from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.builders import event, station
from tests.fakes.clock import FakeClock
from tests.fakes.stores import KEYS
from voltward.adapters.late_store import RETRY, LateStore
from voltward.adapters.sql.store import SqlStore, open_store
from voltward.domain.errors import OutsideFault
from voltward.domain.events import Event
from voltward.ports.change_feed import ChangeFeed
from voltward.ports.storage import Store


class Desk:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.is_away = True
        self.attempts = 0
        self.heard = list[Event]()
        self.late = LateStore(self.open, "gateway", self.clock, self.heard.extend)

    async def open(self) -> SqlStore:
        self.attempts += 1
        if self.is_away:
            raise OutsideFault(f"attempt {self.attempts} failed.")
        url, heads = f"sqlite:///{self.folder / 'v.db'}", self.folder / "heads"
        return await open_store(url, KEYS, heads_dir=heads, clock=self.clock, writer="gateway")

    async def save(self) -> None:
        async with self.late.begin() as work:
            await work.stations.save(station())
            await work.journal(event())
            await work.commit()


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    await desk.late.close()


async def test_it_is_what_the_ports_ask_for(desk: Desk) -> None:
    store: Store = desk.late
    feed: ChangeFeed = desk.late
    assert store is feed


async def test_while_it_is_away_each_use_says_so(desk: Desk) -> None:
    with pytest.raises(OutsideFault):
        await desk.save()
    with pytest.raises(OutsideFault):
        await desk.late.latest()
    with pytest.raises(OutsideFault):
        await desk.late.since(0)
    with pytest.raises(OutsideFault):
        async with desk.late.read():
            pass


async def test_it_is_tried_again_and_not_too_often(desk: Desk) -> None:
    for _ in range(3):
        with pytest.raises(OutsideFault, match="attempt 1"):
            await desk.late.latest()
    desk.clock.leap(RETRY)
    with pytest.raises(OutsideFault, match="attempt 2"):
        await desk.late.latest()


async def test_when_it_is_there_it_is_opened_once_and_used(desk: Desk) -> None:
    desk.is_away = False
    await desk.save()

    async with desk.late.read() as reading:
        assert await reading.stations.all() == [station(revision=1)]
    assert (await desk.late.latest(), len((await desk.late.since(0)).changes)) == (1, 1)
    assert desk.attempts == 1


async def test_what_is_journalled_is_heard_when_it_is_saved(desk: Desk) -> None:
    desk.is_away = False
    async with desk.late.begin() as work:
        await work.journal(event())
        assert desk.heard == []
        await work.commit()
    assert desk.heard == [event()]


async def test_what_is_not_saved_is_not_heard(desk: Desk) -> None:
    desk.is_away = False
    async with desk.late.begin() as work:
        await work.journal(event())
    assert desk.heard == []


async def test_the_heads_of_its_chain_are_signed_at_the_end(desk: Desk) -> None:
    desk.is_away = False
    await desk.save()
    assert not (desk.folder / "heads" / "gateway.heads").exists()  # in its time, not with each commit

    await desk.late.close()

    assert (desk.folder / "heads" / "gateway.heads").exists()
