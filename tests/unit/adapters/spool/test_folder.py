from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.builders import event
from tests.fakes.chance import CountedTokens
from tests.fakes.clock import NOON
from voltward.adapters.spool.folder import FolderSpool, SpoolPlace
from voltward.crypto.sealing import SealingKey
from voltward.domain.errors import OutsideFault
from voltward.domain.events import Event
from voltward.domain.secret import Secret
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import StationId
from voltward.domain.station_fact import Connected, StationFact
from voltward.ports.spool import Entry, Spool, Spooled

KEY = SealingKey(b"k" * 8, Secret(b"s" * 32))
TOKENS = CountedTokens()


def row(number: int) -> Event:
    return event(f"row_{number}")


def fact(number: int) -> StationFact:
    at = NOON + timedelta(seconds=number)
    return Connected(StationId("CP001"), at, SecurityProfile.TLS_BASIC, f"192.0.2.{number}")


def place(folder: Path, *, size: int = 1 << 20, segment: int = 1 << 16) -> SpoolPlace:
    return SpoolPlace(folder / "spool", size, KEY, segment)


async def opened(at: SpoolPlace) -> FolderSpool:
    """With everything that is still in it."""
    spool = FolderSpool(at, TOKENS)
    await spool.adopt()
    return spool


@pytest.fixture
async def spool(tmp_path: Path) -> AsyncIterator[FolderSpool]:
    fresh = await opened(place(tmp_path))
    yield fresh
    fresh.close()


def entries(records: Sequence[Spooled]) -> list[Entry]:
    return [entry for record in records for entry in record.entries]


async def arrive(spool: Spool, records: Sequence[Spooled]) -> None:
    await spool.arrived([record.mark for record in records if record.mark is not None])


async def fill(spool: Spool) -> None:
    for number in range(100):
        await spool.append([row(number)], for_sure=False)


def files(folder: Path) -> list[str]:
    return sorted(path.suffix for path in (folder / "spool").iterdir())


async def test_what_was_appended_comes_out_in_order_until_it_has_arrived(spool: FolderSpool) -> None:
    for number in range(5):
        await spool.append([row(number)], for_sure=False)

    first = await spool.next(2)
    assert entries(first) == entries(await spool.next(2)) == [row(0), row(1)]
    await arrive(spool, first)

    assert entries(await spool.next(100)) == [row(2), row(3), row(4)]
    assert spool.waiting == 3


async def test_rows_and_facts_of_one_moment_are_two_records(spool: FolderSpool) -> None:
    await spool.append([row(0), fact(1), row(2)], for_sure=True)

    assert [record.entries for record in await spool.next(9)] == [(row(0), row(2)), (fact(1),)]
    assert list(await spool.facts()) == [fact(1)]


async def test_a_process_that_was_killed_leaves_everything_to_the_next(tmp_path: Path) -> None:
    killed = await opened(place(tmp_path))
    await killed.append([row(0), fact(0)], for_sure=False)
    await arrive(killed, await killed.next(1))
    await killed.append([row(1)], for_sure=False)
    killed.close()

    spool = await opened(place(tmp_path))
    await spool.append([row(2)], for_sure=False)

    # What had arrived is told again: only the store knows, and drops it.
    assert entries(await spool.next(100)) == [row(0), fact(0), row(1), row(2)]
    assert list(await spool.facts()) == [fact(0)]
    spool.close()


async def test_a_file_that_was_cut_anywhere_gives_back_every_record_before_the_cut(tmp_path: Path) -> None:
    written = await opened(place(tmp_path))
    ends = []
    for number in range(3):
        await written.append([row(number)], for_sure=False)
        ends.append(written._size)
    written.close()
    (path,) = (tmp_path / "spool").iterdir()
    octets = path.read_bytes()

    for cut in range(0, len(octets), 7):
        path.write_bytes(octets[:cut])
        spool = await opened(place(tmp_path))
        await spool.append([row(9)], for_sure=False)
        expected = [row(number) for number, end in enumerate(ends) if end <= cut]
        assert entries(await spool.next(100)) == [*expected, row(9)], cut
        assert list(spool.remarks()) == []
        spool.close()
        shutil.rmtree(tmp_path / "spool")
        path.parent.mkdir()


async def test_a_damaged_segment_is_set_aside_with_a_word_and_the_rest_goes_on(tmp_path: Path) -> None:
    written = await opened(place(tmp_path))
    for number in range(3):
        await written.append([row(number), fact(number)], for_sure=False)
    written.close()
    (path,) = (tmp_path / "spool").iterdir()
    octets = bytearray(path.read_bytes())
    octets[len(octets) // 2] ^= 1
    path.write_bytes(octets)

    spool = await opened(place(tmp_path))
    await spool.append([row(9)], for_sure=False)
    before = await spool.next(100)
    await arrive(spool, before)
    behind = await spool.next(100)

    assert row(0) in entries(before)
    assert entries(behind) == [row(9)]
    (remark,) = spool.remarks()
    assert "damaged" in remark
    assert files(tmp_path) == [".damaged", ".spool"]
    spool.close()


async def test_a_file_that_is_no_segment_is_set_aside(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    folder.mkdir()
    (folder / f"0000000001-{'a' * 32}.spool").write_bytes(b"something else entirely")

    spool = await opened(place(tmp_path))

    assert ["no log" in remark for remark in spool.remarks()] == [True]
    assert files(tmp_path) == [".damaged"]
    spool.close()


async def test_a_segment_of_another_key_is_set_aside(tmp_path: Path) -> None:
    written = await opened(place(tmp_path))
    await written.append([row(0)], for_sure=False)
    written.close()
    other = SealingKey(b"o" * 8, Secret(b"o" * 32))

    spool = await opened(SpoolPlace(tmp_path / "spool", 1 << 20, other))

    assert entries(await spool.next(9)) == []
    assert ["another key" in remark for remark in spool.remarks()] == [True]
    spool.close()


async def test_a_segment_that_is_being_written_is_left_to_its_writer(tmp_path: Path) -> None:
    old = await opened(place(tmp_path))
    await old.append([row(0)], for_sure=False)

    new = await opened(place(tmp_path))
    assert entries(await new.next(9)) == []
    await new.append([row(1)], for_sure=False)
    old.close()  # it has ended without having carried anything
    await new.adopt()

    assert entries(await new.next(9)) == [row(0), row(1)]
    new.close()


async def test_segments_of_rows_go_as_they_arrive_and_those_with_facts_when_a_snapshot_holds_them(
    tmp_path: Path,
) -> None:
    spool = await opened(place(tmp_path, segment=1))  # a segment for each record
    await spool.append([row(0)], for_sure=False)
    await spool.append([fact(1)], for_sure=False)
    await spool.append([row(2)], for_sure=False)
    await arrive(spool, await spool.next(9))
    assert len(files(tmp_path)) == 2
    kept = await spool.arrived_segments()
    await spool.append([row(3)], for_sure=False)

    await spool.let_go(kept)

    assert (len(kept), len(files(tmp_path))) == (1, 1)
    assert entries(await spool.next(9)) == [row(3)]
    spool.close()


async def test_a_full_spool_says_so_before_it_refuses(tmp_path: Path) -> None:
    spool = await opened(place(tmp_path, size=4000, segment=500))
    number = 0
    while not spool.is_full:
        await spool.append([row(number)], for_sure=False)
        number += 1
    await spool.append([row(number)], for_sure=False)  # what is left is for the links that are there
    with pytest.raises(OutsideFault, match="full"):
        await fill(spool)

    await arrive(spool, await spool.next(1000))

    assert not spool.is_full
    await spool.append([row(101)], for_sure=True)
    spool.close()


async def test_a_disk_that_refuses_leaves_no_half_record(tmp_path: Path) -> None:
    spool = await opened(place(tmp_path))
    await spool.append([row(0)], for_sure=False)
    os.close(spool._segments[0]._handle)
    spool._segments[0]._handle = os.open(spool._segments[0].path, os.O_RDONLY)  # a disk that takes nothing

    with pytest.raises(OutsideFault, match="cannot be written"):
        await spool.append([row(1)], for_sure=False)
    await spool.append([row(2)], for_sure=False)  # into another segment

    assert entries(await spool.next(9)) == [row(0), row(2)]
    spool.close()


async def test_nothing_can_be_read_on_the_disk(spool: FolderSpool, tmp_path: Path) -> None:
    await spool.append([event("station_refused", subject="CP-IN-THE-CLEAR")], for_sure=True)

    (path,) = (tmp_path / "spool").iterdir()
    assert b"CLEAR" not in path.read_bytes()
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


async def test_what_does_not_fit_into_memory_is_read_back(tmp_path: Path) -> None:
    spool = await opened(place(tmp_path))
    for number in range(3):
        await spool.append([row(number)], for_sure=False)
    spool._recent.clear()

    assert entries(await spool.next(9)) == [row(0), row(1), row(2)]
    spool.close()
