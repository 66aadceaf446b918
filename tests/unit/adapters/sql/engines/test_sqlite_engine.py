from __future__ import annotations

import asyncio
import gc
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from voltward.adapters.sql.engines.engine import Database
from voltward.adapters.sql.engines.sqlite_engine import open_sqlite, sqlite_path
from voltward.domain.errors import OperatorFault, OutsideFault


async def _open_and_close(path: Path, *, busy_seconds: float = 0.01) -> None:
    await (await open_sqlite(f"sqlite:///{path}", busy_seconds)).close()


def _modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


def _connected() -> int:
    """How many connections have a thread, in this process."""
    return sum("_connection_worker" in thread.name for thread in threading.enumerate())


async def _setting(database: Database, name: str) -> object:
    async with database.writing() as transaction:
        row = await transaction.first(text(f"PRAGMA {name}"))
        assert row is not None
        return next(iter(row.values()))


@pytest.mark.parametrize(
    ("url", "path"), [("sqlite:///voltward.db", "voltward.db"), ("sqlite:////var/lib/v.db", "/var/lib/v.db")]
)
def test_the_path_stands_behind_three_strokes(url: str, path: str) -> None:
    assert sqlite_path(url) == Path(path)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://db/voltward",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///v.db?mode=ro",
        "v.db",
    ],
)
def test_a_url_that_names_no_file_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(OperatorFault, match=r"Write sqlite:///PATH"):
        sqlite_path(url)


async def test_the_file_and_its_companions_are_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "v #1%.db"
    database = await open_sqlite(f"sqlite:///{path}", 5)
    async with database.writing() as transaction:
        await transaction.change(text("CREATE TABLE t (a)"))
        await transaction.commit()

    assert _modes(tmp_path) == {"v #1%.db": 0o600, "v #1%.db-shm": 0o600, "v #1%.db-wal": 0o600}
    await database.close()
    assert _modes(tmp_path) == {"v #1%.db": 0o600}  # the log is folded in


async def test_a_file_that_others_may_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "v.db"
    path.touch(mode=0o644)
    path.chmod(0o644)
    await _open_and_close(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_commits_are_durable_and_references_are_kept(tmp_path: Path) -> None:
    database = await open_sqlite(f"sqlite:///{tmp_path / 'v.db'}", 5)
    try:
        assert await _setting(database, "journal_mode") == "wal"
        assert await _setting(database, "synchronous") == 2  # FULL
        assert await _setting(database, "foreign_keys") == 1
    finally:
        await database.close()


async def test_a_file_that_is_no_database_is_told_with_its_path(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("eggs and milk " * 1000)

    with pytest.raises(OutsideFault, match=rf"{path}: this file is no database\. .*backup"):
        await _open_and_close(path)


async def test_a_damaged_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "v.db"
    connection = sqlite3.connect(path)
    connection.executescript("CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(20000))")
    connection.close()
    octets = bytearray(path.read_bytes())
    octets[4096:8192] = b"\x07" * 4096
    path.write_bytes(octets)
    database = await open_sqlite(f"sqlite:///{path}", 5)
    try:
        async with database.reading() as transaction:
            with pytest.raises(OutsideFault, match="the store is damaged"):
                await transaction.all(text("SELECT * FROM t"))
    finally:
        await database.close()


async def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutsideFault, match=r"gone/v\.db: the store cannot be opened \(No such file"):
        await _open_and_close(tmp_path / "gone" / "v.db")


async def test_a_folder_in_place_of_the_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutsideFault, match="Is a directory"):
        await _open_and_close(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_file_of_somebody_else_is_told(tmp_path: Path) -> None:
    path = tmp_path / "v.db"
    path.touch(mode=0o600)
    script = f"""
import asyncio, os
from voltward.adapters.sql.engines.sqlite_engine import open_sqlite
from voltward.domain.errors import OutsideFault
os.setuid(65534)
try:
    asyncio.run(open_sqlite("sqlite:///{path}", 5))
except OutsideFault as fault:
    print(fault)
"""
    done = subprocess.run(  # noqa: S603 - a fixed command
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert "the store cannot be opened (Permission denied)" in done.stdout


async def test_a_lock_that_another_process_keeps_is_told_to_writers_and_stops_no_reader(
    tmp_path: Path,
) -> None:
    path = tmp_path / "v.db"
    await _open_and_close(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    database = await open_sqlite(f"sqlite:///{path}", 0.01)
    try:
        async with database.reading() as transaction:
            assert await transaction.all(text("SELECT name FROM sqlite_master")) == []
        with pytest.raises(OutsideFault, match="another process keeps the store locked"):
            await database.writing().__aenter__()
    finally:
        other.close()
        await database.close()


async def test_a_full_disk_is_told_and_nothing_is_saved(tmp_path: Path) -> None:
    database = await open_sqlite(f"sqlite:///{tmp_path / 'v.db'}", 5)
    try:
        async with database.writing() as transaction:
            await transaction.change(text("CREATE TABLE t (a)"))
            await transaction.commit()
        await _setting(database, "max_page_count = 10")  # the one connection that writes keeps it
        async with database.writing() as transaction:
            await transaction.change(text("INSERT INTO t VALUES (1)"))
            with pytest.raises(OutsideFault, match=r"v\.db: the disk is full; nothing of this was saved\."):
                await transaction.change(text("INSERT INTO t VALUES (zeroblob(100000))"))
        async with database.reading() as transaction:
            assert await transaction.all(text("SELECT * FROM t")) == []
    finally:
        await database.close()


async def test_a_file_that_was_deleted_does_not_come_back_empty(tmp_path: Path) -> None:
    path = tmp_path / "v.db"
    database = await open_sqlite(f"sqlite:///{path}", 5)
    try:
        path.unlink()
        with pytest.raises(OutsideFault, match="cannot be opened"):  # by the first connection that writes
            await database.writing().__aenter__()
        assert not path.exists()
    finally:
        await database.close()


async def test_what_has_no_meaning_is_a_bug_and_passes(tmp_path: Path) -> None:
    database = await open_sqlite(f"sqlite:///{tmp_path / 'v.db'}", 5)
    try:
        async with database.writing() as transaction:
            with pytest.raises(Exception, match="no such table") as caught:
                await transaction.change(text("INSERT INTO nowhere VALUES (1)"))
        assert type(caught.value).__name__ == "OperationalError"
    finally:
        await database.close()


async def test_a_transaction_that_reads_does_not_write(tmp_path: Path) -> None:
    database = await open_sqlite(f"sqlite:///{tmp_path / 'v.db'}", 5)
    try:
        async with database.reading() as transaction:
            with pytest.raises(RuntimeError, match="a reading saves nothing"):
                await transaction.change(text("CREATE TABLE t (a)"))
    finally:
        await database.close()


async def test_a_long_result_comes_in_portions(tmp_path: Path) -> None:
    database = await open_sqlite(f"sqlite:///{tmp_path / 'v.db'}", 5)
    many = text(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25) SELECT i FROM n"
    )
    try:
        async with database.reading() as transaction:
            portions = [[row.i for row in rows] async for rows in transaction.stream(many, portion=10)]
    finally:
        await database.close()

    assert portions == [list(range(1, 11)), list(range(11, 21)), list(range(21, 26))]


async def test_a_cancelled_unit_of_work_leaves_no_lock_behind(tmp_path: Path) -> None:
    database = await open_sqlite(f"sqlite:///{tmp_path / 'v.db'}", 0.2)

    async def work() -> None:
        async with database.writing() as transaction:
            await transaction.all(text("SELECT * FROM t"))
            await transaction.change(text("INSERT INTO t VALUES (1)"))
            await transaction.commit()

    gc.disable()  # a cancelled cursor lives in a traceback; nobody may clean up behind us
    try:
        async with database.writing() as transaction:
            await transaction.change(text("CREATE TABLE t (a)"))
            await transaction.commit()
        for steps in range(60):
            task = asyncio.get_running_loop().create_task(work())
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait((task,))
            await work()
    finally:
        gc.enable()
        await database.close()


def test_a_connection_that_does_not_open_leaves_no_thread_behind(tmp_path: Path) -> None:
    # A thread that is still there when the event loop closes has somebody to answer who is gone.
    path = tmp_path / "v.db"

    async def fail() -> None:
        database = await open_sqlite(f"sqlite:///{path}", 5)
        try:
            path.unlink()
            before = _connected()
            with pytest.raises(OutsideFault, match="cannot be opened"):
                await database.writing().__aenter__()
            assert _connected() == before
        finally:
            await database.close()

    for _ in range(5):
        asyncio.run(fail())


@pytest.mark.parametrize("calls", [1, 2])
def test_a_transaction_that_is_called_off_anywhere_leaves_nothing_open(tmp_path: Path, calls: int) -> None:
    path = tmp_path / "v.db"

    async def work(database: Database) -> None:
        async with database.writing() as transaction:
            await transaction.all(text("SELECT 1"))

    async def called_off(steps: int) -> None:
        database = await open_sqlite(f"sqlite:///{path}", 5)
        tasks = [asyncio.get_running_loop().create_task(work(database)) for _ in range(2)]
        for _ in range(steps):
            await asyncio.sleep(0)
        for _ in range(calls):
            for task in tasks:
                task.cancel()
            await asyncio.sleep(0)
        await asyncio.wait(tasks)
        await database.close()

    for steps in range(0, 200, 5):
        asyncio.run(called_off(steps))
    gc.collect()  # a connection that nobody closed complains here, as does a thread with nobody to answer


async def test_who_is_cancelled_while_it_closes_closes_it_without_a_complaint(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for steps in range(1, 9):
        database = await open_sqlite(f"sqlite:///{tmp_path / 'v.db'}", 0.2)
        task = asyncio.get_running_loop().create_task(database.close())
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait((task,))

    assert caplog.text == ""


def test_a_url_that_is_refused_shows_no_password() -> None:
    with pytest.raises(OperatorFault, match=r"store\.url \(postgresql:\.\.\.\) names no") as caught:
        sqlite_path("postgresql://voltward:hunter2@db/voltward")

    assert "hunter2" not in str(caught.value)
