from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.fakes.builders import event
from tests.fakes.clock import FakeClock
from voltward.adapters.sql.access import StoreAccess
from voltward.adapters.sql.journal_heads import read_line
from voltward.adapters.sql.journal_writer import JournalPace
from voltward.adapters.sql.store import SqlStore, StoreKeys, open_store
from voltward.domain.errors import OutsideFault
from voltward.domain.secret import Secret

QUICK = JournalPace(
    full_at=3,
    gather_seconds=0.001,
    head_seconds=0.005,
    first_retry_seconds=0.002,
    longest_retry_seconds=0.005,
    wait_seconds=0.05,
    close_seconds=0.1,
)
PATIENT = JournalPace(gather_seconds=0.001, first_retry_seconds=0.002, longest_retry_seconds=0.005)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def store(tmp_path: Path, clock: FakeClock) -> AsyncIterator[SqlStore]:
    keys = StoreKeys(Secret(b"m" * 32), Secret(b"s" * 32))
    url = f"sqlite:///{tmp_path / 'v.db'}"
    store = await open_store(
        url, keys, heads_dir=tmp_path / "heads", clock=clock, access=StoreAccess(busy_seconds=0.002)
    )
    yield store
    await store.close()


@asynccontextmanager
async def _locked(store: SqlStore) -> AsyncIterator[None]:
    """Another process keeps the database locked."""
    keys = StoreKeys(Secret(b"m" * 32), Secret(b"s" * 32))
    other = await open_store(
        f"sqlite:///{store.database.name}",
        keys,
        heads_dir=Path(store.database.name).parent / "heads",
        clock=FakeClock(),
    )
    try:
        async with other.begin():
            yield
    finally:
        await other.close()


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - what is awaited shows in the database or on disk
            await asyncio.sleep(0.001)


async def _kinds(store: SqlStore) -> list[str]:
    rows = sorted(await store.journal_reader().tail(100), key=lambda row: row.seq)
    return [row.event.kind for row in rows]


def _signed(store: SqlStore, writer: str = "gateway") -> list[int]:
    path = Path(store.database.name).parent / "heads" / f"{writer}.heads"
    return [read_line(line).head.seq for line in path.read_bytes().splitlines()] if path.exists() else []


async def test_rows_of_the_same_moment_are_one_commit(store: SqlStore) -> None:
    writer = store.journal_writer("gateway", JournalPace(gather_seconds=60, rows_per_commit=4))
    await writer.start()
    for number in range(4):
        assert writer.queued == number
        writer.append(event(f"row_{number}"))  # the fourth one ends the waiting
    await _until(lambda: not writer.queued)

    assert await _kinds(store) == ["row_0", "row_1", "row_2", "row_3"]
    await writer.close()


async def test_a_row_that_somebody_waits_for_waits_for_no_company(store: SqlStore) -> None:
    writer = store.journal_writer("gateway", JournalPace(gather_seconds=60))
    await writer.start()
    writer.append(event("refused"))
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        for number in range(3):
            group.create_task(writer.append_and_wait(event(f"security_event_{number}")))

    assert await _kinds(store) == ["refused", *(f"security_event_{number}" for number in range(3))]
    await writer.close()


async def test_rows_are_kept_and_tried_again_while_the_store_fails(store: SqlStore) -> None:
    writer = store.journal_writer("gateway", PATIENT)
    await writer.start()
    async with _locked(store):
        writer.append(event("first"))
        await _until(lambda: writer.failure is not None)
        writer.append(event("second"))
        assert "locked" in str(writer.failure)
        assert writer.queued == 2
    await writer.append_and_wait(event("third"))

    assert await _kinds(store) == ["first", "second", "third"]
    assert writer.failure is None
    await writer.close()
    assert await store.journal_reader().problems(FakeClock().now() + timedelta(hours=1)) == []


async def test_a_full_queue_says_so_and_takes_twice_as_much_then_counts_what_it_loses(
    store: SqlStore,
) -> None:
    writer = store.journal_writer("gateway", QUICK)
    await writer.start()
    async with _locked(store):
        writer.append(event("row_0"))
        writer.append(event("row_1"))
        assert not writer.is_full
        writer.append(event("row_2"))
        assert writer.is_full
        for number in range(3, 8):
            writer.append(event(f"row_{number}"))
        assert writer.queued == 6
        with pytest.raises(OutsideFault, match="full"):
            await writer.append_and_wait(event("security_event"))
    await _until(lambda: not writer.queued)
    assert not writer.is_full
    await writer.close()

    rows = sorted(await store.journal_reader().tail(100), key=lambda row: row.seq)
    assert [row.event.kind for row in rows] == [
        *(f"row_{number}" for number in range(6)),
        "journal_rows_lost",
    ]
    assert rows[-1].event.facts == {"rows": 3}


async def test_whoever_waits_too_long_is_told_not_to_acknowledge(store: SqlStore) -> None:
    writer = store.journal_writer("gateway", QUICK)
    await writer.start()
    async with _locked(store):
        with pytest.raises(OutsideFault, match="not saved within"):
            await writer.append_and_wait(event("security_event"))
    await _until(lambda: not writer.queued)
    await writer.close()

    assert await _kinds(store) == ["security_event"]  # the row followed


async def test_closing_saves_what_is_queued_and_signs(store: SqlStore) -> None:
    writer = store.journal_writer("gateway", JournalPace(gather_seconds=5))
    await writer.start()
    for number in range(250):
        writer.append(event(f"row_{number}"))
    await writer.close()

    assert _signed(store)[-1] == 250
    assert await store.journal_reader().problems(FakeClock().now() + timedelta(hours=1)) == []


async def test_closing_says_how_many_rows_could_not_be_saved(store: SqlStore) -> None:
    writer = store.journal_writer("gateway", QUICK)
    await writer.start()
    async with _locked(store), asyncio.TaskGroup() as group:
        waiting = group.create_task(_outcome(writer.append_and_wait(event())))
        await _until(lambda: writer.queued > 0)
        writer.append(event())
        with pytest.raises(OutsideFault, match="2 rows of the journal could not be saved"):
            await writer.close()
    assert isinstance(waiting.result(), OutsideFault)


async def _outcome(awaited: Awaitable[None]) -> OutsideFault | None:
    try:
        await awaited
    except OutsideFault as fault:
        return fault
    return None


async def test_a_writer_takes_rows_between_start_and_close_alone(store: SqlStore) -> None:
    writer = store.journal_writer("gateway")
    with pytest.raises(RuntimeError, match="not running"):
        writer.append(event())
    await writer.start()
    with pytest.raises(RuntimeError, match="started already"):
        await writer.start()
    await writer.close()
    await writer.close()  # harmless
    with pytest.raises(RuntimeError, match="not running"):
        writer.append(event())
    with pytest.raises(RuntimeError, match="started already"):
        await writer.start()


async def test_a_bug_ends_the_writer_and_everybody_is_told(store: SqlStore) -> None:
    writer = store.journal_writer("gateway", QUICK)
    await writer.start()
    async with store.database.writing() as transaction:
        await transaction.run(lambda connection: connection.exec_driver_sql("DROP TABLE journal"))
        await transaction.commit()
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        watching = group.create_task(_died_of(writer.watch()))
        waiting = group.create_task(_outcome(writer.append_and_wait(event())))

    assert "no such table" in str(watching.result())
    assert isinstance(waiting.result(), OutsideFault)
    with pytest.raises(RuntimeError, match="not running"):
        writer.append(event())
    assert "no such table" in str(await _died_of(writer.close()))


async def _died_of(awaited: Awaitable[None]) -> DBAPIError | None:
    try:
        await awaited
    except DBAPIError as error:
        return error
    return None


async def test_watching_ends_with_the_writer(store: SqlStore) -> None:
    writer = store.journal_writer("gateway", QUICK)
    await writer.start()
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(writer.watch())
        await writer.close()


@pytest.mark.parametrize("name", ["", "Gateway", "../gateway", "a.b", "x" * 33, "a b"])
async def test_a_name_that_is_no_file_name_is_refused(store: SqlStore, name: str) -> None:
    with pytest.raises(ValueError, match="cannot name a journal writer"):
        store.journal_writer(name)


async def test_a_head_is_signed_once_in_its_time_while_rows_come(store: SqlStore, clock: FakeClock) -> None:
    writer = store.journal_writer("gateway", JournalPace(gather_seconds=0.001, head_seconds=1))
    await writer.start()
    await writer.append_and_wait(event())
    await _until(lambda: bool(_signed(store)))
    await writer.append_and_wait(event())
    await writer.append_and_wait(event())
    assert _signed(store) == [1]

    clock.leap(1)
    await writer.append_and_wait(event())
    await _until(lambda: len(_signed(store)) == 2)
    await writer.append_and_wait(event())
    await writer.append_and_wait(event())
    assert len(_signed(store)) == 2
    await writer.close()
    assert (len(_signed(store)), _signed(store)[-1]) == (3, 6)


async def test_a_head_is_signed_again_when_nothing_comes(store: SqlStore, clock: FakeClock) -> None:
    writer = store.journal_writer(
        "gateway", JournalPace(gather_seconds=0.001, head_seconds=0, idle_head_seconds=0.01)
    )
    await writer.start()
    await writer.append_and_wait(event())
    while len(_signed(store)) < 3:
        clock.leap(1)
        await asyncio.sleep(0.002)
    await writer.close()

    assert set(_signed(store)) == {1}
    assert await store.journal_reader().problems(clock.now()) == []


async def test_heads_that_cannot_be_signed_hold_up_no_row_and_are_told(
    store: SqlStore, clock: FakeClock
) -> None:
    heads = Path(store.database.name).parent / "heads"
    heads.rename(heads.with_name("elsewhere"))
    writer = store.journal_writer("gateway", JournalPace(gather_seconds=0.001, head_seconds=0.001))
    await writer.start()
    for number in range(3):
        await writer.append_and_wait(event(f"row_{number}"))
        clock.leap(1)
    await _until(lambda: writer.failure is not None)
    assert "signed heads" in str(writer.failure)

    heads.with_name("elsewhere").rename(heads)
    clock.leap(1)
    await _until(lambda: writer.failure is None)
    assert _signed(store)[-1] == 3
    await writer.close()


async def test_after_a_crash_the_head_is_signed_at_the_next_start(store: SqlStore) -> None:
    async with store.database.writing() as transaction:  # rows whose process died before it signed
        await transaction.change(
            text(
                "INSERT INTO journal VALUES ('gateway', 1, '2026-11-22T12:00:00.000000+00:00', 'x', 'a', '', '{}',"
                " zeroblob(32), zeroblob(32))"
            )
        )
        await transaction.commit()
    writer = store.journal_writer("gateway", PATIENT)
    await writer.start()
    await writer.close()

    assert _signed(store)[-1] == 1
