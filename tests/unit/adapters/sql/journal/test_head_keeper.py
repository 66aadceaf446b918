from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.builders import event
from tests.fakes.clock import FakeClock
from tests.fakes.stores import KEYS
from voltward.adapters.sql.journal.head_keeper import HeadKeeper
from voltward.adapters.sql.journal.journal_heads import read_line
from voltward.adapters.sql.store import SqlStore, open_store


class Chain:
    """The chain of a gateway, and what was signed of it."""

    def __init__(self, store: SqlStore, folder: Path, clock: FakeClock) -> None:
        self.store = store
        self.heads = folder / "heads"
        self.clock = clock
        self.keeper: HeadKeeper = store.head_keeper("gateway")

    async def append(self, rows: int = 1) -> None:
        async with self.store.begin() as work:
            for _ in range(rows):
                await work.journal(event())
            await work.commit()

    @property
    def signed(self) -> list[int]:
        path = self.heads / "gateway.heads"
        return [read_line(line).head.seq for line in path.read_bytes().splitlines()] if path.exists() else []


@pytest.fixture
async def chain(tmp_path: Path) -> AsyncIterator[Chain]:
    clock = FakeClock()
    url = f"sqlite:///{tmp_path / 'v.db'}"
    store = await open_store(url, KEYS, heads_dir=tmp_path / "heads", clock=clock, writer="gateway")
    yield Chain(store, tmp_path, clock)
    await store.close()


async def test_rows_of_before_are_signed_at_the_start(chain: Chain) -> None:
    chain.store._signer.keep("gateway")
    await chain.append(3)  # and the process died before it signed
    assert chain.signed == []

    await chain.keeper.start()
    await chain.keeper.sign_in_time()

    assert chain.signed == [3]


async def test_while_rows_come_a_head_is_signed_once_in_its_time(chain: Chain) -> None:
    await chain.keeper.start()
    for _ in range(3):
        await chain.append()
        await chain.keeper.sign_in_time()
    assert chain.signed == [1]

    chain.clock.leap(1)
    await chain.keeper.sign_in_time()

    assert chain.signed == [1, 3]


async def test_a_head_is_signed_again_when_nothing_comes(chain: Chain) -> None:
    await chain.keeper.start()
    await chain.append()
    for seconds in (0, 30, 30):
        chain.clock.leap(seconds)
        await chain.keeper.sign_in_time()

    assert chain.signed == [1, 1]


async def test_an_empty_chain_has_no_head(chain: Chain) -> None:
    await chain.keeper.start()
    await chain.keeper.sign_in_time()
    await chain.keeper.close()

    assert chain.signed == []


async def test_the_last_head_is_signed_at_the_end_and_units_of_work_sign_again(chain: Chain) -> None:
    await chain.keeper.start()
    await chain.append(2)
    await chain.keeper.close()
    assert chain.signed == [2]

    await chain.append()

    assert chain.signed == [2, 3]
    assert await chain.store.journal_reader().problems(chain.clock.now() + timedelta(hours=1)) == []


async def test_a_head_that_cannot_be_signed_is_kept_in_mind_and_tried_again(chain: Chain) -> None:
    await chain.keeper.start()
    await chain.append()
    elsewhere = chain.heads.rename(chain.heads.with_name("elsewhere"))
    await chain.keeper.sign_in_time()
    assert "signed heads" in str(chain.keeper.failure)

    elsewhere.rename(chain.heads)
    chain.clock.leap(1)
    await chain.keeper.sign_in_time()

    assert (chain.keeper.failure, chain.signed) == (None, [1])
