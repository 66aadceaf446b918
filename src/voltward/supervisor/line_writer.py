"""Log lines leave through a thread of their own: a disk or a collector that is slow stops no station.

Lines that wait are bounded. What finds no place is counted, and told when there is place again: the journal,
which is the record, does not depend on the log. What still waits when the process ends gets a last moment.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import msgspec

MOST_WAITING: Final = 16 * 1024 * 1024  # octets: some 20,000 lines
GATHERED: Final = 0.02  # seconds: lines that come together leave together
LAST_MOMENT: Final = 2.0  # seconds for what waits when the process ends


class LineWriter:
    """What structlog takes for a file. `put` takes octets, and may block; only the thread calls it."""

    def __init__(self, put: Callable[[bytes], object], most_waiting: int = MOST_WAITING) -> None:
        self._put = put
        self._most = most_waiting
        self._waiting: list[bytes] = []
        self._size = 0
        self._lost = 0
        self._lock = threading.Lock()
        self._has_some = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="log lines", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def write(self, octets: bytes) -> None:
        """Queue; never blocks."""
        with self._lock:
            if self._size + len(octets) > self._most:
                self._lost += octets.count(b"\n")
                return
            self._waiting.append(octets)
            self._size += len(octets)
        if not self._has_some.is_set():
            self._has_some.set()

    def flush(self) -> None:
        """Nothing to do: the thread is never far behind."""

    def close(self) -> None:
        """Write what waits, for a last moment."""
        self._ending.set()
        self._has_some.set()
        self._thread.join(LAST_MOMENT)

    def _run(self) -> None:
        while True:
            self._has_some.wait()
            self._ending.wait(GATHERED)
            self._has_some.clear()
            if octets := self._taken():
                with suppress(OSError):  # nobody reads any more: there is no other place to say so
                    self._put(octets)
            elif self._ending.is_set():
                return
            if self._ending.is_set():
                self._has_some.set()

    def _taken(self) -> bytes:
        with self._lock:
            lines, self._waiting, self._size = self._waiting, [], 0
            lost, self._lost = self._lost, 0
        if lost:
            told = {"event": "log_lines_lost", "level": "warning", "lines": lost}
            lines.append(msgspec.json.encode(told) + b"\n")
        return b"".join(lines)
