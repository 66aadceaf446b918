from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from voltward.adapters.sealed_log import HEAD_OCTETS, LogSeal, frames, log_head, read_head
from voltward.crypto.sealing import BrokenSeal, SealingKey
from voltward.domain.secret import Secret

LOG = b"l" * 16
KEY = SealingKey(b"k" * 8, Secret(b"s" * 32))
SEAL = LogSeal(KEY, "spool", LOG)
CONTENTS = [b"one", b"", b"three" * 100]


def whole() -> bytes:
    return log_head(LOG) + b"".join(
        SEAL.framed(number, 1, content, bytes(12)) for number, content in enumerate(CONTENTS, start=1)
    )


@contextmanager
def opened(folder: Path, octets: bytes) -> Iterator[int]:
    path = folder / "log"
    path.write_bytes(octets)
    handle = os.open(path, os.O_RDONLY)
    try:
        yield handle
    finally:
        os.close(handle)


def read(folder: Path, octets: bytes, seal: LogSeal = SEAL) -> list[bytes]:
    with opened(folder, octets) as handle:
        assert read_head(handle) == LOG
        return [seal.content(handle, frame) for frame in frames(handle)]


def test_records_come_back_in_their_order(tmp_path: Path) -> None:
    assert read(tmp_path, whole()) == CONTENTS


def test_nothing_of_a_record_can_be_read_on_the_disk() -> None:
    assert b"three" not in whole()


def test_a_log_that_is_cut_anywhere_gives_the_records_before_the_cut(tmp_path: Path) -> None:
    octets = whole()
    ends = [HEAD_OCTETS]
    with opened(tmp_path, octets) as handle:
        ends += [frame.end for frame in frames(handle)]
    for cut in range(HEAD_OCTETS, len(octets)):
        expected = CONTENTS[: sum(end <= cut for end in ends) - 1]
        assert read(tmp_path, octets[:cut]) == expected


def test_room_that_was_made_and_not_filled_is_no_record(tmp_path: Path) -> None:
    assert read(tmp_path, whole() + bytes(500)) == CONTENTS


@pytest.mark.parametrize("place", range(HEAD_OCTETS, HEAD_OCTETS + 60, 3))
def test_a_bit_that_was_turned_is_found(tmp_path: Path, place: int) -> None:
    octets = bytearray(whole())
    octets[place] ^= 1

    try:
        found = read(tmp_path, bytes(octets))
    except BrokenSeal:
        return
    assert found == CONTENTS[: len(found)] != CONTENTS  # a length that reaches beyond the end: torn


def test_records_cannot_change_places_or_logs(tmp_path: Path) -> None:
    first, second = (SEAL.framed(n, 1, b"x", bytes(12)) for n in (1, 2))
    for octets, seal in (
        (log_head(LOG) + second + first, SEAL),
        (log_head(LOG) + first, LogSeal(KEY, "spool", b"m" * 16)),
        (log_head(LOG) + first, LogSeal(KEY, "snapshot", LOG)),
    ):
        with pytest.raises(BrokenSeal):
            read(tmp_path, octets, seal)


@pytest.mark.parametrize("octets", [b"", b"VWL", b"SQLite format 3\x00 and so on"])
def test_what_is_no_log_says_so(tmp_path: Path, octets: bytes) -> None:
    with opened(tmp_path, octets) as handle, pytest.raises(BrokenSeal, match="no log"):
        read_head(handle)
