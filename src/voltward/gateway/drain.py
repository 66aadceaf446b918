"""How many links go at a time. A gateway that leaves first closes those on which nobody waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, TypeVar

from voltward.lifecycles.station_session import CloseCause

STEP = 0.1  # seconds between two portions
BUSY_PATIENCE = 5.0  # seconds that a link with an open call may take to become idle


Link = TypeVar("Link")


class LeavingLink(Protocol):
    """A link that is to be closed."""

    @property
    def is_idle(self) -> bool:
        """Nobody waits for an answer on it."""
        ...

    def end(self, cause: CloseCause, reason: str, /) -> None:
        """Close; it leaves the others at once."""


@dataclass(frozen=True, slots=True)
class DrainPace:
    """Links a second (0: all at once), and seconds within which all are closed, whatever that rate says."""

    rate: float = 200.0
    limit: float = 30.0


async def drain(
    links: Callable[[], Iterable[LeavingLink]],
    pace: DrainPace,
    hurry: asyncio.Event,
    monotonic: Callable[[], float],
    reason: str = "gateway stopping",
) -> None:
    """Close all links for this reason; returns when none is left. `hurry` closes the rest at once."""
    began = monotonic()
    portion = 0.0
    while left := tuple(links()):
        rest = pace.limit - (monotonic() - began)
        if hurry.is_set() or rest <= STEP or not pace.rate:
            _close(left, len(left), reason)
            return
        portion = min(portion, 1.0) + max(pace.rate, len(left) / rest) * STEP
        is_patient = monotonic() - began < min(BUSY_PATIENCE, pace.limit / 2)
        ready = [link for link in left if link.is_idle]
        if not is_patient:
            ready += [link for link in left if not link.is_idle]
        portion -= _close(ready, int(portion), reason)
        with suppress(TimeoutError):
            async with asyncio.timeout(STEP):
                await hurry.wait()


async def paced(links: Iterable[Link], rate: float) -> AsyncIterator[Link]:
    """One after the other, at most `rate` a second; 0: all at once."""
    portion = 0
    for link in links:
        yield link
        portion += 1
        if rate and portion >= rate * STEP:
            await asyncio.sleep(portion / rate)
            portion = 0


def _close(links: Iterable[LeavingLink], most: int, reason: str) -> int:
    """How many were closed."""
    chosen = tuple(links)[:most]
    for link in chosen:
        link.end(CloseCause.SHUTDOWN, reason)
    return len(chosen)
