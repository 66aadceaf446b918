from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.builders import event, station
from tests.fakes.clock import FakeClock
from voltward.adapters.sql.store import SqlStore, StoreKeys, open_store
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.secret import Secret
from voltward.ports.change_feed import ChangeFeed
from voltward.ports.journal import JournalReader
from voltward.ports.storage import Store

KEYS = StoreKeys(Secret(b"m" * 32), Secret(b"s" * 32))


async def _open(folder: Path, *, writer: str = "cli") -> SqlStore:
    return await open_store(
        f"sqlite:///{folder / 'v.db'}", KEYS, heads_dir=folder / "heads", clock=FakeClock(), writer=writer
    )


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_the_store_is_what_the_ports_ask_for(tmp_path: Path) -> None:
    opened = await _open(tmp_path)
    store: Store = opened
    feed: ChangeFeed = opened.feed
    reader: JournalReader = opened.journal_reader()
    async with store.begin() as unit:
        await unit.stations.save(station())
        await unit.commit()
    async with store.read() as reading:
        assert len(await reading.stations.all()) == 1

    assert (await feed.latest(), await reader.tail(1)) == (1, [])
    await opened.close()


async def test_opening_makes_the_store_and_the_folder_for_heads(tmp_path: Path) -> None:
    await (await _open(tmp_path)).close()

    assert _names(tmp_path) == ["heads", "v.db"]


async def test_a_store_that_is_refused_is_closed_again(tmp_path: Path) -> None:
    await (await _open(tmp_path)).close()
    connection = sqlite3.connect(tmp_path / "v.db")
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()

    with pytest.raises(OperatorFault, match="version 9999"):
        await _open(tmp_path)
    assert _names(tmp_path) == ["heads", "v.db"]  # no -wal: nobody has it open


async def test_a_writer_that_cannot_be_named_is_a_bug(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot name a journal writer"):
        await _open(tmp_path, writer="The CLI")


async def test_an_order_whose_head_cannot_be_signed_says_that_it_was_carried_out(tmp_path: Path) -> None:
    store = await _open(tmp_path)
    try:
        (tmp_path / "heads").rmdir()
        async with store.begin() as unit:
            await unit.stations.save(station())
            await unit.journal(event())
            with pytest.raises(OutsideFault, match="this was carried out and journalled, but the signed"):
                await unit.commit()
        async with store.read() as reading:
            assert len(await reading.stations.all()) == 1
    finally:
        await store.close()


def test_nobody_pays_for_sqlalchemy_who_does_not_open_a_store() -> None:
    script = "import sys, voltward.adapters.sql, voltward.adapters.system_clock; print('sqlalchemy' in sys.modules)"
    done = subprocess.run(  # noqa: S603 - a fixed command
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.strip() == "False"
