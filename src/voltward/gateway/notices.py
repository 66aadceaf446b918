"""What systemd is told about this process, where it started it: ready, reloading, stopping, alive.

The protocol is one datagram for each notice (sd_notify(3)). Without `NOTIFY_SOCKET` in the environment nobody
listens, and every notice is silently nothing. A notice that does not arrive is no reason to fail: systemd has
deadlines of its own.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

_BEATS: Final = 3  # in each span after which systemd counts the process as hung
_SHORTEST: Final = 0.1  # seconds between two of them


class Notices:
    """See the module. `beat_seconds` None: nobody waits for signs of life."""

    __slots__ = ("_beat", "_place", "beat_seconds")

    def __init__(self, place: str, beat_seconds: float | None = None) -> None:
        # `@` stands for the octet 0, with which an abstract address begins: it has no file.
        self._place = f"\0{place[1:]}" if place.startswith("@") else place
        self.beat_seconds = beat_seconds
        self._beat: asyncio.TimerHandle | None = None

    @classmethod
    def told_by(cls, environ: Mapping[str, str]) -> Notices:
        """Where systemd listens, and how often it wants a sign of life.

        `WATCHDOG_PID` is not looked at: it names the supervisor, and it is the gateway, its child, whose loop
        has to be alive.
        """
        span = environ.get("WATCHDOG_USEC", "")
        watched = span.isascii() and span.isdigit() and int(span) > 0
        beat = max(_SHORTEST, int(span) / 1e6 / _BEATS) if watched else None
        return cls(environ.get("NOTIFY_SOCKET", ""), beat)

    def ready(self) -> None:
        """It listens, after a start or a reload."""
        self._send("READY=1")

    def reloading(self, monotonic: float) -> None:
        """A reload begins; `monotonic` is the second of CLOCK_MONOTONIC. `ready` ends it."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={int(monotonic * 1e6)}")

    def stopping(self) -> None:
        """It was asked to end."""
        self._send("STOPPING=1")

    def start_beating(self) -> None:
        """Signs of life from the running event loop: a loop that hangs gives none, and is started again."""
        if self.beat_seconds is None or not self._place:
            return
        self._send("WATCHDOG=1")
        self._beat = asyncio.get_running_loop().call_later(self.beat_seconds, self.start_beating)

    def stop_beating(self) -> None:
        """The last sign was the last."""
        if self._beat is not None:
            self._beat.cancel()
            self._beat = None

    def _send(self, notice: str) -> None:
        if not self._place:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
            out.settimeout(0)  # the loop waits for nobody, not even for systemd
            out.sendto(notice.encode("ascii"), self._place)
