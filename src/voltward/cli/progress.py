"""How far a long command is, on standard error: results alone go to standard output."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from voltward.bootstrap import SystemClock
from voltward.ports.clock import Clock

EVERY = 10.0  # seconds between two lines where nobody's terminal can rewrite one


class Progress:
    """A terminal is shown one line that changes; a file or a pipe gets another line every ten seconds."""

    def __init__(self, stream: TextIO, clock: Clock) -> None:
        self._stream = stream
        self._monotonic = clock.monotonic
        self._began = self._told = clock.monotonic()

    def rows(self, what: str, done: int) -> None:
        """So many are done, of nobody knows how many."""
        self._say(f"{what}: {done}")

    def share(self, done: int, everybody: int) -> None:
        """So many of so many are done, and how long the others will take if they are like these."""
        spent = self._monotonic() - self._began
        left = _duration(spent / done * (everybody - done)) if done else "?"
        self._say(f"{done} of {everybody}, about {left} left")

    def end(self) -> None:
        """Leaves a terminal's line to what comes next."""
        if self._stream.isatty():
            self._write("\r\x1b[K")

    def _say(self, words: str) -> None:
        if self._stream.isatty():
            self._write(f"\r\x1b[K{words}")
        elif (now := self._monotonic()) - self._told >= EVERY:
            self._told = now
            self._write(f"{words}\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


@contextmanager
def progress() -> Iterator[Progress]:
    """For the length of one command."""
    told = Progress(sys.stderr, SystemClock())
    try:
        yield told
    finally:
        told.end()


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
