"""Whose handshake begins when: in a storm of arrivals, live links get their turn between them.

The event loop takes all that is ready before it looks again: a thousand handshakes in one look are a second
in which nobody else is served. Here as many begin in one look as fit a budget of time. The others wait, and
are not read, until the loop has breath. Later steps of handshakes count too: the longer the last look took,
the fewer begin in the next one; one always does.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

BUDGET = 0.0015  # seconds of one look at the sockets that may go to beginning handshakes


class HandshakeTurns:
    """One per gateway process; `monotonic` tells seconds."""

    __slots__ = ("_asked_at", "_is_asked", "_monotonic", "_spent", "_waiting")

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._waiting: deque[Callable[[], None]] = deque()
        self._spent = 0.0
        self._is_asked = False
        self._asked_at = 0.0

    def is_now(self) -> bool:
        """Whether a handshake may begin in this look; then `begin` it, else let it `wait`."""
        return not self._waiting and self._spent < BUDGET

    def begin(self, handshake: Callable[[], None]) -> None:
        """Begin it, on the account of this look."""
        began = self._monotonic()
        if not self._is_asked:
            self._ask(began)
        handshake()
        self._spent += self._monotonic() - began

    def wait(self, handshake: Callable[[], None]) -> None:
        """Begin it in a later look, after those that wait already."""
        self._waiting.append(handshake)
        if not self._is_asked:
            self._ask(self._monotonic())

    def _ask(self, now: float) -> None:
        self._is_asked = True
        self._asked_at = now
        asyncio.get_running_loop().call_soon(self._look)

    def _look(self) -> None:
        """The loop has been round: what the last look has cost in all is taken from this one."""
        self._is_asked = False
        now = self._monotonic()
        self._spent = min(now - self._asked_at, BUDGET) if self._waiting else 0.0
        has_begun = False
        while self._waiting and (not has_begun or self._spent < BUDGET):
            self.begin(self._waiting.popleft())
            has_begun = True
        if self._waiting and not self._is_asked:
            self._ask(self._monotonic())
