"""One leg of a link as the relay sees it: texts in their order, reading that stops and goes on.

Reading stops for reasons, each with a name; it goes on when none is left. What was read before the stop took
hold waits here, so that order is kept and nothing is lost. What can wait is bounded by one read of the
socket (256 KiB), since a paused socket is not read.
"""

from __future__ import annotations

from collections import deque
from typing import Protocol


class Flow(Protocol):
    """The socket below."""

    def pause(self) -> None:
        """Stop reading."""

    def resume(self) -> None:
        """Read on."""


class Ear(Protocol):
    """Whoever hears what comes on a line: an object, and no method, which would be one more for each line."""

    def take(self, text: bytes, line: Line, /) -> None:
        """A text whose turn it is."""


_NOTHING: frozenset[str] = frozenset()  # one for all lines: Python makes a new one each time


class Line:
    """Hands texts to `ear`, one by one, while no reason speaks against it."""

    __slots__ = ("_ear", "_flow", "_reasons", "_waiting", "is_clear")

    def __init__(self, flow: Flow, ear: Ear) -> None:
        self._flow = flow
        self._ear: Ear | None = ear
        self._reasons = _NOTHING
        self._waiting: deque[bytes] | None = None  # only while something waits: most lines never need it
        self.is_clear = True  # nothing waits and nothing speaks against reading: the hot path asks only this

    @property
    def is_paused(self) -> bool:
        """Whether anything speaks against reading."""
        return bool(self._reasons)

    @property
    def reasons(self) -> frozenset[str]:
        """What speaks against reading."""
        return self._reasons

    def arrived(self, text: bytes) -> None:
        """A text was read."""
        if self.is_clear:
            self._hand_on(text)
        elif self._waiting is None:
            self._waiting = deque((text,))
        else:
            self._waiting.append(text)

    def pause(self, reason: str) -> None:
        """Stop reading for this reason."""
        if not self._reasons:
            self._flow.pause()
        self._reasons |= {reason}
        self.is_clear = False

    def resume(self, reason: str) -> None:
        """This reason is gone; what waited goes first."""
        if reason not in self._reasons:
            return
        self._reasons -= {reason}
        while self._waiting and not self._reasons:
            self._hand_on(self._waiting.popleft())
        if not self._reasons:
            self._reasons, self._waiting = _NOTHING, None
            self.is_clear = True
            self._flow.resume()

    def take_rest(self) -> list[bytes]:
        """The socket is gone: what it brought before and nobody has taken."""
        rest = list(self._waiting or ())
        self._waiting = None
        return rest

    def clear(self) -> None:
        """The link is gone: nothing that waits is taken any more."""
        self._waiting = None

    def let_go(self) -> None:
        """Nothing is taken any more, and whoever took it is not held: no ring for the garbage collector."""
        self._waiting = self._ear = None

    def _hand_on(self, text: bytes) -> None:
        if self._ear is not None:
            self._ear.take(text, self)
