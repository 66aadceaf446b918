"""A station model on a wire: it dials, performs what the model says, and tells the model what arrives.

What to say is the model's; when it waits, it waits for the next message or the model's next deadline.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Final

from voltward.ports.clock import Clock
from voltward.simulator.dial import Dial, TokenLogin
from voltward.simulator.faults import FIRMWARE_BUILT, Fault
from voltward.simulator.link import (
    CONNECT_SECONDS,
    Closing,
    Connected,
    HttpRefused,
    Link,
    NoAnswer,
    Outcome,
    ServerDistrusted,
    TlsRefused,
    open_link,
)
from voltward.simulator.memory.station_memory import StationMemory
from voltward.simulator.messages.messages import Saying
from voltward.simulator.outputs import HangUp, Output, SetClock
from voltward.simulator.station import StationModel
from voltward.simulator.token_link import open_token_link

#: The longest wait without a look at the model: somebody may have planned something meanwhile.
_LONGEST_WAIT: Final = 5.0
_SHORTEST_WAIT: Final = 0.001
_DOUBLINGS: Final = 4


class Leaving(StrEnum):
    """Why a visit ended."""

    DONE = "done"  # all was said and answered
    HUNG_UP = "hung up"  # the station went away: it was reset, or told to leave
    CLOSED = "closed"  # by the other side
    OVERDUE = "overdue"  # it did not get done in the time that it was given


@dataclass(frozen=True, slots=True)
class Departure:
    """The end of one connection; `closing` says how the other side closed it."""

    leaving: Leaving
    closing: Closing | None = None

    @property
    def words(self) -> str:
        """The same for the same cause."""
        return f"{self.leaving} with {self.closing.code}" if self.closing else str(self.leaving)


class LiveStation:
    """One station with its link, if it has one now.

    `keep` is handed its memory whenever that may have changed.
    """

    def __init__(
        self, model: StationModel, clock: Clock, keep: Callable[[StationMemory], None] = lambda _memory: None
    ) -> None:
        self.model = model
        self._keep = keep
        self.link: Link | None = None
        self._clock = clock
        self._later: list[tuple[float, int, bytes]] = []  # a heap: when (monotonic s), order, frame
        self._order = 0
        self.outcome: Outcome | None = None  # of the newest attempt of `live`
        # A clock without a battery, from the power-up on (monotonic s); None: it is right.
        self._standing_since = clock.monotonic() if Fault.CLOCK_STANDS in model.faults else None

    @property
    def is_connected(self) -> bool:
        """It has a link that nobody has closed."""
        return self.link is not None and self.link.closing is None

    async def connect(self, dial: Dial, *, seconds: float = CONNECT_SECONDS) -> Outcome:
        """Dial, and start the model on the link when there is one."""
        dressed = self.model.dress(dial, self._now())
        tls = dressed.endpoint.tls
        if tls is not None and self._standing_since is not None:
            at = replace(tls, at=self._now())
            dressed = replace(dressed, endpoint=replace(dressed.endpoint, tls=at))
        opening = open_token_link if isinstance(dressed.login, TokenLogin) else open_link
        outcome = await opening(dressed, seconds=seconds)
        if isinstance(outcome, Connected):
            self.link = outcome.link
            if await self._perform(self.model.connected(self._now(), outcome.link.server_root)):
                await self.leave()
        elif isinstance(outcome, ServerDistrusted):
            self.model.distrusted()
        elif _is_about_the_credential(outcome):
            self.model.turned_away()
        else:
            self.model.not_reached()
        self._keep(self.model.memory)
        return outcome

    async def live(self, dial: Dial, *, pause: float = 1.0) -> None:
        """Come back whenever the link has ended, until cancelled: at once after it left by itself.

        Otherwise after `pause` seconds, which double with each failure in a row, four times at the most.
        """
        failures = 0
        while True:
            self.outcome = await self.connect(dial)
            if isinstance(self.outcome, Connected):
                failures = 0
                if (await self.serve()).leaving is Leaving.HUNG_UP:
                    continue
            await asyncio.sleep(pause * 2 ** min(failures, _DOUBLINGS))
            failures += 1

    async def ask(self, sayings: Iterable[Saying]) -> None:
        """Have it say these, beside what it does anyway."""
        outputs = self.model.plan(sayings, self._now())
        if self.is_connected:
            await self._perform(outputs)

    async def serve(self) -> Departure:
        """Live on the link until either side closes it."""
        link = self.link
        if link is None:
            return Departure(Leaving.HUNG_UP)
        try:
            while link.closing is None:
                if await self._step(link, None):
                    return Departure(Leaving.HUNG_UP)
            return Departure(Leaving.CLOSED, link.closing) if self.link else Departure(Leaving.HUNG_UP)
        finally:
            await self._end(link)

    async def work(self, *, seconds: float, stay: float = 0.0) -> Departure:
        """Live on the link until all is said and answered, `stay` seconds longer, and then leave.

        At most `seconds` for the work; a link that the other side closes ends it.
        """
        link = self.link
        if link is None:
            return Departure(Leaving.HUNG_UP)
        ends, rested = self._clock.monotonic() + seconds, None
        try:
            while link.closing is None:
                if rested is None and self.model.is_done and not self._later:
                    ends = rested = self._clock.monotonic() + stay
                if self._clock.monotonic() >= ends:
                    return Departure(Leaving.OVERDUE if rested is None else Leaving.DONE)
                if await self._step(link, ends):
                    return Departure(Leaving.HUNG_UP)
            return Departure(Leaving.CLOSED, link.closing)
        finally:
            await self._end(link)

    async def leave(self) -> None:
        """Close the link; `serve` then returns `HUNG_UP`."""
        link, self.link = self.link, None
        if link is not None:
            await link.close()
        self._later.clear()
        self.model.disconnected()

    async def _end(self, link: Link) -> None:
        """Of this link. Whoever hears of it late leaves the next one alone."""
        if self.link is None or self.link is link:
            await self.leave()

    async def _step(self, link: Link, ends: float | None) -> bool:
        """Wait for one thing and do what it asks for; True when the station goes away."""
        await self._send_what_is_due(link)
        try:
            raw = await link.receive(self._wait(ends))
        except TimeoutError:
            raw = None
        now = self._now()
        outputs = [] if raw is None else self.model.receive(raw, now)
        if outputs:
            self._keep(self.model.memory)  # before its CSMS is answered
        return await self._perform([*outputs, *self.model.tick(now)])

    def _now(self) -> datetime:
        """What the station's own clock shows."""
        if self._standing_since is None:
            return self._clock.now()
        return FIRMWARE_BUILT + timedelta(seconds=self._clock.monotonic() - self._standing_since)

    def _wait(self, ends: float | None) -> float:
        waits = [_LONGEST_WAIT]
        deadline = self.model.next_deadline()
        if deadline is not None:
            waits.append((deadline - self._now()).total_seconds())
        if self._later:
            waits.append(self._later[0][0] - self._clock.monotonic())
        if ends is not None:
            waits.append(ends - self._clock.monotonic())
        return max(min(waits), _SHORTEST_WAIT)

    async def _perform(self, outputs: list[Output]) -> bool:
        link = self.link
        for output in outputs:
            if isinstance(output, HangUp):
                if output.is_abrupt and link is not None:
                    link.abort()
                return True
            if isinstance(output, SetClock):
                self._standing_since = None
            elif output.delay > 0:
                self._order += 1
                due = self._clock.monotonic() + output.delay
                heapq.heappush(self._later, (due, self._order, output.frame))
            elif link is not None:
                await link.send(output.frame)
        return False

    async def _send_what_is_due(self, link: Link) -> None:
        while self._later and self._later[0][0] <= self._clock.monotonic():
            await link.send(heapq.heappop(self._later)[2])


def _is_about_the_credential(outcome: Outcome) -> bool:
    """Whether the other side turned the station itself away, rather than being busy or gone.

    An alert is often lost with the connection: a link that just closed may mean the same.
    """
    match outcome:
        case HttpRefused(status=status):
            return status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
        case NoAnswer(was_closed=was_closed):
            return was_closed
        case _:
            return isinstance(outcome, TlsRefused)
