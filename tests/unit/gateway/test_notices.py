from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from voltward.gateway.notices import Notices


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(5)
        yield listener


def heard(listener: socket.socket) -> str:
    return listener.recv(4096).decode()


def test_each_notice_is_one_datagram_in_the_words_of_systemd(systemd: socket.socket) -> None:
    notices = Notices.told_by({"NOTIFY_SOCKET": systemd.getsockname()})

    notices.ready()
    notices.reloading(12.5)
    notices.stopping()

    assert [heard(systemd) for _ in range(3)] == [
        "READY=1",
        "RELOADING=1\nMONOTONIC_USEC=12500000",
        "STOPPING=1",
    ]


def test_an_abstract_address_is_reached(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0voltward-{tmp_path}")
        listener.settimeout(5)

        Notices(f"@voltward-{tmp_path}").ready()

        assert heard(listener) == "READY=1"


def test_without_systemd_nothing_happens() -> None:
    notices = Notices.told_by({"WATCHDOG_USEC": "1000000"})

    notices.ready()
    notices.start_beating()  # would need a loop, if anybody listened
    notices.stop_beating()


def test_a_listener_that_has_gone_is_no_fault(tmp_path: Path) -> None:
    Notices(str(tmp_path / "nobody")).ready()


def test_a_full_listener_holds_nobody_up(systemd: socket.socket) -> None:
    notices = Notices(systemd.getsockname())

    for _ in range(2_000):  # more than any queue; a socket that waits would never come back
        notices.ready()

    assert heard(systemd) == "READY=1"


@pytest.mark.parametrize(
    ("span", "seconds"),
    [("30000000", 10.0), ("1000", 0.1), ("", None), ("0", None), ("-3", None), ("²", None)],
)
def test_three_signs_of_life_fit_into_the_span_that_systemd_names(span: str, seconds: float | None) -> None:
    assert Notices.told_by({"WATCHDOG_USEC": span}).beat_seconds == seconds


async def test_signs_of_life_go_on_until_they_are_ended(systemd: socket.socket) -> None:
    notices = Notices(systemd.getsockname(), beat_seconds=0.01)
    systemd.setblocking(False)
    loop = asyncio.get_running_loop()

    notices.start_beating()
    async with asyncio.timeout(10):
        beats = [await loop.sock_recv(systemd, 4096) for _ in range(3)]
    notices.stop_beating()

    assert beats == [b"WATCHDOG=1"] * 3
    assert notices._beat is None
