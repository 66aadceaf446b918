"""What becomes of a live link whose CSMS has gone: held and dialled again, or closed in its turn (ruling 14).

While it is held the station is not read, so that nothing is lost and nothing is answered in the CSMS's name.
Links are closed at a pace, so that a fleet does not come back in one second.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol

from voltward.detection.buckets import Turns
from voltward.gateway.csms.channel import CsmsChannel, DialFailed
from voltward.lifecycles.station_session import CloseCause
from voltward.ports.clock import Clock, Entropy

FIRST_LOOK = 1.0  # seconds within which the held links of a CSMS dial for the first time, each at its own
LOOK_AGAIN = 2.0  # seconds, at most, until the next time
STEADY = 10.0  # seconds that a link has to last before it is held once more
LONGEST_WAIT = 600.0  # seconds until a link is closed, however slowly they are


@dataclass(frozen=True, slots=True)
class LossTerms:
    """How long a route's links are held, in seconds (0: not at all), and how many a second are closed."""

    hold: float = 20.0
    close_rate: float = 100.0


class LossDesk:
    """The terms of a route, and whose turn it is to be closed."""

    __slots__ = ("_closings", "terms")

    def __init__(self, terms: LossTerms = LossTerms()) -> None:
        self.terms = terms
        self._closings = Turns(terms.close_rate, 1)

    def turn(self, now: float) -> float:
        """Seconds until one more link may be closed; `now` is monotonic seconds."""
        wait = self._closings.take(now, LONGEST_WAIT)
        return LONGEST_WAIT if wait is None else wait


class HeldLink(Protocol):
    """The link that has lost its CSMS."""

    async def dial(self) -> CsmsChannel | DialFailed:
        """Dial the CSMS."""
        ...

    def rejoin(self, csms: CsmsChannel, /) -> None:
        """The CSMS is back: go on."""

    def end(self, cause: CloseCause, reason: str, /) -> None:
        """Close."""


async def outlive(held: HeldLink, desk: LossDesk, hold: float, clock: Clock, entropy: Entropy) -> None:
    """Dial again for `hold` seconds, and on until it is this link's turn to be closed."""
    if hold and await _back_within(held, hold, clock, entropy):
        return
    turn = desk.turn(clock.monotonic())
    if not hold:
        await asyncio.sleep(turn)
    elif await _back_within(held, turn, clock, entropy):
        return
    held.end(CloseCause.CSMS_GONE, "CSMS gone")


async def _back_within(held: HeldLink, seconds: float, clock: Clock, entropy: Entropy) -> bool:
    """Whether the CSMS took the link again. Each link looks at times of its own."""
    end = clock.monotonic() + seconds
    pause = FIRST_LOOK * _chance(entropy)
    while (left := end - clock.monotonic()) > 0.0:
        await asyncio.sleep(min(pause, left))
        if pause >= left:
            return False
        try:
            async with asyncio.timeout(end - clock.monotonic()):
                csms = await held.dial()
        except TimeoutError:
            return False
        if not isinstance(csms, DialFailed):
            held.rejoin(csms)
            return True
        pause = LOOK_AGAIN * (0.5 + _chance(entropy) / 2)
    return False


def _chance(entropy: Entropy) -> float:
    return int.from_bytes(entropy.token(2), "big") / 65536
