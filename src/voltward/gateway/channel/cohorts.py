"""In a crowd, arrivals take their steps in cohorts: all of one step, then all of the next.

Between two steps of one arrival a core's caches hold what other arrivals needed, and fetching its own again
costs more than the step: a handshake that takes 800 us by itself takes 300 among its like (decision 44). So
whoever comes while others stand at the door waits a moment for those that are as far; whoever comes alone
goes on at once. And live links get their turn between: the event loop takes all that is ready before it
looks again, and a thousand handshakes in one look are a second in which nobody else is served.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from enum import IntEnum
from typing import Final

CROWD: Final = 8  # as many at the door gain by waiting for each other
CALM: Final = 0.5  # seconds without as many: it is a crowd no more
GATHER: Final = 0.005  # seconds in which a cohort comes together
LOOK: Final = 0.004  # seconds that cohorts may take before everything else has its turn


class Step(IntEnum):
    """What an arrival does next, in the order in which cohorts go: who has begun goes before who begins."""

    PROOF = 0  # the second half of the handshake: the station shows its certificate
    REQUEST = 1  # the upgrade is judged
    HELLO = 2  # the handshake begins


class Cohorts:
    """One per gateway process; `monotonic` tells seconds."""

    __slots__ = ("_crowd_until", "_is_asked", "_monotonic", "_waiting")

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._waiting: tuple[deque[Callable[[], None]], ...] = tuple(deque() for _ in Step)
        self._is_asked = False
        self._crowd_until = 0.0  # monotonic seconds

    def join(self, step: Step, act: Callable[[], None], at_the_door: int) -> None:
        """Act with others that are as far, or now if few are `at_the_door`; never before those who wait."""
        now = self._monotonic()
        if at_the_door >= CROWD:
            self._crowd_until = now + CALM
        if self._is_asked:
            self._waiting[step].append(act)
        elif now >= self._crowd_until:
            act()
        else:
            self._waiting[step].append(act)
            self._is_asked = True
            asyncio.get_running_loop().call_later(GATHER, self._look)

    def _look(self) -> None:
        """As many as a look has time for, one of each step at least; who is left comes in the next look."""
        ends = self._monotonic() + LOOK
        try:
            for cohort in self._waiting:
                while cohort:
                    cohort.popleft()()
                    if self._monotonic() >= ends:
                        break  # no flood of one step shuts out the others
        finally:  # even if an act has failed: the others must not wait for ever
            self._is_asked = any(self._waiting)
            if self._is_asked:
                asyncio.get_running_loop().call_soon(self._look)
