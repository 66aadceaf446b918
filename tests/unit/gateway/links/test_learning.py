from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.arrivals import MadeDoor, arrival
from tests.fakes.builders import password_credential, station
from tests.fakes.clock import FakeClock, SeededEntropy
from tests.fakes.gateway import listed_reports
from tests.fakes.relays import MESSAGE_CONTROLS
from tests.fakes.stores import entry_of, opened_store, put
from voltward.adapters.sql.store import SqlStore
from voltward.adapters.system_clock import SystemClock
from voltward.crypto.passwords.argon2id import FOR_TESTS
from voltward.crypto.passwords.passwords import PasswordKeys
from voltward.domain.credential import Credential, Origin
from voltward.domain.errors import OutsideFault
from voltward.domain.secret import Secret
from voltward.gateway.door.judging import Judgement
from voltward.gateway.links.learning import LESSONS, PasswordLearner
from voltward.gateway.relay.book import RelayBook
from voltward.gateway.settings import GroupSettings, RelaySettings
from voltward.ports.storage import Reading, UnitOfWork
from voltward.rulebook.observation import PasswordOutcome
from voltward.usecases.admission.admission_registry import StationEntry

KEYS = PasswordKeys(Secret(b"d" * 32), Secret(b"h" * 32), FOR_TESTS)
SHOWN = b"correct horse battery"


class Away:
    """A store that is sometimes away."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self.is_away = False

    def begin(self) -> UnitOfWork:
        return self._store.begin()

    def read(self) -> Reading:
        if self.is_away:
            raise OutsideFault("another process keeps the store locked.")
        return self._store.read()


class Desk:
    def __init__(self, store: SqlStore, door: MadeDoor) -> None:
        self.door = door
        self.store = Away(store)
        self.reports, self.journal = listed_reports(door.clock)
        groups = {"default": GroupSettings(), "field": GroupSettings(learn=True)}
        book = RelayBook(MESSAGE_CONTROLS, RelaySettings(), groups)
        self.learner = PasswordLearner(self.store, KEYS, SeededEntropy(), book, self.reports, door.clock)

    @property
    def waiting(self) -> int:
        return len(self.learner._waiting)

    async def judged(
        self, password: bytes | None = SHOWN, *credentials: Credential, **record: Any
    ) -> Judgement:
        self.door.registry.put_station(StationEntry(station(**{"group": "field", **record}), credentials))
        return await self.door.door.judge(arrival("CP001", password=password, at=self.door.clock.now()))

    @asynccontextmanager
    async def learning(self) -> AsyncIterator[None]:
        """The loop runs for as long as the block lasts."""
        async with asyncio.TaskGroup() as group:
            loop = group.create_task(self.learner.run())
            yield
            loop.cancel()

    async def settles(self) -> None:
        async with asyncio.timeout(10):
            while self.waiting:  # noqa: ASYNC110 - nobody tells when nothing waits any more
                await asyncio.sleep(0.01)


@pytest.fixture
def door() -> Iterator[MadeDoor]:
    made = MadeDoor(FakeClock(SystemClock().now()))
    yield made
    made.close()


@pytest.fixture
async def desk(tmp_path: Path, door: MadeDoor) -> AsyncIterator[Desk]:
    async with opened_store(tmp_path) as store:
        await put(store, station(group="field"))
        yield Desk(store, door)


async def test_an_unknown_password_that_the_csms_took_is_learnt(desk: Desk) -> None:
    async with desk.learning():
        desk.learner.vouched(await desk.judged())
        await desk.settles()
    (credential,) = (await entry_of(desk.store)).credentials
    assert credential.origin is Origin.LEARNED


async def test_nothing_is_learnt_where_nothing_is_to_be(desk: Desk) -> None:
    judgement = await desk.judged()
    seen = judgement.observation.password
    assert seen is not None
    for outcome in (PasswordOutcome.MATCHED, PasswordOutcome.UNVERIFIED):
        other = replace(judgement.observation, password=replace(seen, outcome=outcome))
        desk.learner.vouched(replace(judgement, observation=other))
    desk.learner.vouched(replace(judgement, entry=None))
    desk.learner.vouched(await desk.judged(None))
    desk.learner.vouched(await desk.judged(group="default"))
    assert desk.waiting == 0


async def test_a_station_waits_once_and_so_many_wait_at_the_most(desk: Desk) -> None:
    judgement = await desk.judged()
    entry = judgement.entry
    assert entry is not None
    for number in range(LESSONS + 5):
        other = replace(entry, station=replace(entry.station, id=station(f"CP{number}").id))
        for _ in range(2):
            desk.learner.vouched(replace(judgement, entry=other))
    assert desk.waiting == LESSONS


async def test_a_store_that_is_away_is_waited_for(desk: Desk) -> None:
    desk.store.is_away = True
    async with desk.learning():
        desk.learner.vouched(await desk.judged())
        await asyncio.sleep(0.15)
        assert desk.waiting == 1
        desk.store.is_away = False
        await desk.settles()
    assert len((await entry_of(desk.store)).credentials) == 1


async def test_a_doubt_is_told_once(desk: Desk) -> None:
    async with desk.store.begin() as work:
        await work.credentials.save(password_credential(origin=Origin.LEARNED))
        await work.commit()
    async with desk.learning():
        for _ in range(3):
            desk.learner.vouched(await desk.judged())
            await desk.settles()
    assert [e.kind for e in desk.journal.events] == ["password_not_learnt"]
