from __future__ import annotations

import struct

import pytest

from voltward.wire.tcp_info import SIZE, Progress, has_answered, has_moved, read_tcp_info


def told(*, unacked: int = 0, acknowledged: int = 0, received: int = 0, not_sent: int = 0) -> bytes:
    octets = bytearray(232)
    struct.pack_into("@I", octets, 24, unacked)
    struct.pack_into("@QQ", octets, 120, acknowledged, received)
    struct.pack_into("@I", octets, 144, not_sent)
    return bytes(octets)


def test_the_totals_are_read() -> None:
    assert read_tcp_info(told(acknowledged=7_000_000_000, received=12)) == Progress(12, 7_000_000_000, False)


@pytest.mark.parametrize("waits", [{"unacked": 1}, {"not_sent": 1}])
def test_octets_wait_that_were_not_sent_or_not_acknowledged(waits: dict[str, int]) -> None:
    progress = read_tcp_info(told(**waits))
    assert progress is not None
    assert progress.is_waiting


def test_an_old_kernel_tells_too_little() -> None:
    assert read_tcp_info(told()[: SIZE - 1]) is None


@pytest.mark.parametrize(
    ("before", "now", "moved"),
    [
        (Progress(5, 5, False), Progress(5, 5, False), False),
        (Progress(5, 5, False), Progress(6, 5, False), True),  # octets came
        (Progress(5, 5, True), Progress(5, 6, True), True),  # it takes what waited
        (Progress(5, 5, True), Progress(5, 5, True), False),  # it takes nothing
        (Progress(5, 5, False), Progress(5, 14, False), False),  # its kernel took the ping, and that is all
    ],
)
def test_what_shows_that_the_peer_is_there(before: Progress, now: Progress, moved: bool) -> None:
    assert has_moved(before, now) is moved


@pytest.mark.parametrize(
    ("now", "answered"),
    [
        (Progress(5, 5, True), False),  # it takes nothing
        (Progress(6, 5, True), True),
        (Progress(5, 14, False), True),  # its kernel took the ping
    ],
)
def test_what_shows_that_anybody_is_there(now: Progress, answered: bool) -> None:
    assert has_answered(Progress(5, 5, False), now) is answered
