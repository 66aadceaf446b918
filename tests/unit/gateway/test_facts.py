from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.fakes.builders import password_credential, station
from tests.fakes.clock import NOON, FakeClock, SeededEntropy
from tests.fakes.gateway import listed_reports
from tests.fakes.stores import entry_of, opened_store, put
from voltward.adapters.sql.store import SqlStore
from voltward.domain.errors import OutsideFault
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import StationId
from voltward.gateway.facts import BATCH, KEPT, ROUND, FactWriter
from voltward.ports.storage import Reading, UnitOfWork
from voltward.usecases.record_facts import Connected, Proven

P1, P2, _ = SecurityProfile
PASSWORD = password_credential()
PROVEN = Proven(StationId("CP001"), NOON, P2, PASSWORD.id)


def connected(source: str = "192.0.2.7") -> Connected:
    return Connected(StationId("CP001"), NOON, P2, source)


class Away:
    """A store that is sometimes away, and counts how often it was asked."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self.is_away = False
        self.asked = 0
        self.begun = asyncio.Event()

    def begin(self) -> UnitOfWork:
        self.asked += 1
        self.begun.set()
        if self.is_away:
            raise OutsideFault("another process keeps the store locked.")
        return self._store.begin()

    def read(self) -> Reading:
        return self._store.read()


class Desk:
    def __init__(self, store: SqlStore) -> None:
        self.clock = FakeClock()
        self.store = Away(store)
        reports, _ = listed_reports(self.clock)
        self.facts = FactWriter(self.store, SeededEntropy(), reports, self.clock)

    def put(self, *facts: Any, is_step: bool = False) -> None:
        for fact in facts:
            self.facts.put(fact, now=self.clock.monotonic(), is_step=is_step)

    async def sources(self) -> tuple[str, ...]:
        return (await entry_of(self.store)).station.known_sources


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened_store(tmp_path) as store:
        await put(store, station(), PASSWORD)
        yield Desk(store)


async def test_facts_are_saved_together_in_their_order(desk: Desk) -> None:
    desk.put(connected("a"), connected("b"), PROVEN)

    with capture_logs() as logged:
        await desk.facts.flush()

    assert (await desk.sources(), desk.store.asked) == (("a", "b"), 1)
    assert [line["event"] for line in logged] == ["credential_proven"]


async def test_a_store_that_is_away_loses_nothing(desk: Desk) -> None:
    desk.store.is_away = True
    desk.put(connected("a"))
    with capture_logs() as logged:
        await desk.facts.flush()
    assert (logged[0]["event"], logged[0]["waiting"]) == ("facts_delayed", 1)

    desk.store.is_away = False
    desk.put(connected("b"))
    await desk.facts.flush()

    assert await desk.sources() == ("a", "b")


async def test_nothing_to_save_asks_the_store_nothing(desk: Desk) -> None:
    await desk.facts.flush()

    assert desk.store.asked == 0


async def test_many_facts_are_saved_in_portions(desk: Desk) -> None:
    desk.put(*(connected(f"{number}") for number in range(BATCH + 1)))

    await desk.facts.flush()

    assert desk.store.asked == 2


async def test_the_same_news_is_told_once_until_it_has_gone_the_round(desk: Desk) -> None:
    desk.put(connected(), connected())
    await desk.facts.flush()
    desk.put(connected())
    await desk.facts.flush()
    assert desk.store.asked == 1

    desk.clock.leap(ROUND)
    desk.put(connected())
    await desk.facts.flush()

    assert desk.store.asked == 2


async def test_news_that_still_waits_is_not_told_again_however_long_the_store_is_away(desk: Desk) -> None:
    desk.store.is_away = True
    desk.put(connected())
    await desk.facts.flush()
    desk.clock.leap(3600)
    desk.put(connected())

    desk.store.is_away = False
    with capture_logs() as logged:
        await desk.facts.flush()
    assert (desk.store.asked, logged) == (2, [])


async def test_a_step_counts_as_often_as_it_happens(tmp_path: Path, desk: Desk) -> None:
    async with desk.store.begin() as work:
        await work.stations.save(station("CP002", floor=P1))
        await work.commit()
    came = Connected(StationId("CP002"), NOON, P2, "a")
    answered = Proven(StationId("CP002"), NOON, P2)

    desk.put(came, answered, came, is_step=True)
    await desk.facts.flush()

    assert (await entry_of(desk.store, "CP002")).station.floor is P2


async def test_too_many_facts_that_wait_stop_admissions(desk: Desk) -> None:
    desk.store.is_away = True
    desk.put(*(connected(f"{number}") for number in range(KEPT - 1)))
    assert not desk.facts.is_full

    desk.put(connected("one more"))

    assert desk.facts.is_full


async def test_the_loop_saves_by_itself_and_what_it_did_not_finish_is_saved_at_the_end(desk: Desk) -> None:
    desk.put(connected("a"))

    async with asyncio.TaskGroup() as group:
        running = group.create_task(desk.facts.run())
        async with asyncio.timeout(10):
            await desk.store.begun.wait()
        running.cancel()
    await desk.facts.flush()

    assert await desk.sources() == ("a",)
