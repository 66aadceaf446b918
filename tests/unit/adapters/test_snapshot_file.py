from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes.builders import authority, denied_certificate, exception, password_credential, station
from tests.fakes.chance import CountedTokens
from tests.fakes.clock import NOON
from voltward.adapters.snapshot_file import NAME, SLICE, SealedSnapshotFile
from voltward.adapters.value_form import packed
from voltward.crypto.sealing import SealingKey
from voltward.domain.errors import OutsideFault
from voltward.domain.secret import Secret
from voltward.domain.station_entry import StationEntry
from voltward.ports.snapshot import Snapshot, SnapshotHead

KEY = SealingKey(b"k" * 8, Secret(b"s" * 32))
HEAD = SnapshotHead(3, NOON, 77, (authority(),), (denied_certificate(),))
STATIONS = tuple(
    StationEntry(station(f"CP{number}"), (password_credential(f"CP{number}"),), (exception(),))
    for number in range(2 * SLICE + 1)
)
SNAPSHOT = Snapshot(HEAD, STATIONS)


def file_in(folder: Path, key: SealingKey = KEY) -> SealedSnapshotFile:
    return SealedSnapshotFile(folder / "spool", key, CountedTokens())


async def test_a_snapshot_comes_back_whole(tmp_path: Path) -> None:
    await file_in(tmp_path).write(SNAPSHOT)

    assert await file_in(tmp_path).read() == SNAPSHOT
    assert await file_in(tmp_path).read_head() == HEAD


async def test_an_empty_registry_has_a_snapshot_too(tmp_path: Path) -> None:
    await file_in(tmp_path).write(Snapshot(HEAD, ()))

    assert await file_in(tmp_path).read() == Snapshot(HEAD, ())


async def test_where_none_is_there_is_none(tmp_path: Path) -> None:
    assert await file_in(tmp_path).read() is None
    assert await file_in(tmp_path).read_head() is None


async def test_the_newest_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    for number in (1, 2):
        await file_in(tmp_path).write(Snapshot(replace(HEAD, number=number), STATIONS[:number]))

    assert await file_in(tmp_path).read_head() == replace(HEAD, number=2)
    (path,) = (tmp_path / "spool").iterdir()
    assert (path.name, path.stat().st_mode & 0o777) == (NAME, 0o600)


async def test_what_is_cut_or_changed_anywhere_is_no_snapshot(tmp_path: Path) -> None:
    file = file_in(tmp_path)
    await file.write(SNAPSHOT)
    octets = file.path.read_bytes()
    for broken in (
        *(octets[:cut] for cut in range(0, len(octets), len(octets) // 20)),
        *(
            octets[:p] + bytes([octets[p] ^ 1]) + octets[p + 1 :]
            for p in range(4, len(octets), len(octets) // 9)
        ),
    ):
        file.path.write_bytes(broken)
        with pytest.raises(OutsideFault) as caught:
            await file.read()
        assert caught.value.subject == str(file.path)


async def test_another_rooms_key_does_not_open_it(tmp_path: Path) -> None:
    await file_in(tmp_path).write(SNAPSHOT)

    with pytest.raises(OutsideFault, match="another key"):
        await file_in(tmp_path, SealingKey(b"o" * 8, Secret(b"o" * 32))).read_head()


async def test_nothing_can_be_read_on_the_disk(tmp_path: Path) -> None:
    identity = "a name too long to come out of a cipher by chance"
    named = Snapshot(HEAD, (StationEntry(station(identity), (password_credential(identity),), ()),))
    assert identity.encode() in packed(named.stations[0])

    await file_in(tmp_path).write(named)

    assert identity.encode() not in (tmp_path / "spool" / NAME).read_bytes()


async def test_a_disk_that_refuses_leaves_the_old_one(tmp_path: Path) -> None:
    file = file_in(tmp_path)
    await file.write(SNAPSHOT)
    elsewhere = (tmp_path / "spool").rename(tmp_path / "elsewhere")
    (tmp_path / "spool").write_text("no folder")

    with pytest.raises(OutsideFault):
        await file.write(SNAPSHOT)

    assert [path.name for path in elsewhere.iterdir()] == [NAME]


async def test_one_that_is_broken_off_leaves_nothing_behind(tmp_path: Path) -> None:
    file = file_in(tmp_path)
    await file.write(Snapshot(HEAD, ()))

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.001):
            await file.write(SNAPSHOT)

    assert [path.name for path in (tmp_path / "spool").iterdir()] == [NAME]
    assert await file.read() == Snapshot(HEAD, ())
