"""How links leave: all with their gateway, or those whose listener has moved; always at the pace set."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from voltward.detection.half_open import HalfOpen
from voltward.gateway.channel.listener import Listener
from voltward.gateway.drain import STEP, DrainPace, drain
from voltward.gateway.links.connection_table import ConnectionTable
from voltward.gateway.links.link import StationLink
from voltward.gateway.links.reception import Reception

LATEST_ARRIVAL = 30.0  # seconds after which whoever stood at a door that closed is in, or is not
WELCOME = 5.0  # seconds for whoever stands at our door when the next gateway takes over
LAST_WORDS = 0.3  # seconds for close frames to leave

Links = Callable[[], Sequence[StationLink]]


@dataclass(frozen=True, slots=True)
class Departures:
    """`hurried` ends all patience."""

    table: ConnectionTable[StationLink]
    reception: Reception
    half_open: HalfOpen
    pace: DrainPace
    monotonic: Callable[[], float]
    hurried: asyncio.Event = field(default_factory=asyncio.Event)

    async def of_all(self, *, is_followed: bool) -> None:
        """The gateway goes. Who stands at its door gets 503; where another follows, they come in first."""
        if is_followed:
            await self._let_in()
        self.reception.is_closing = True
        had_links = len(self.table) > 0
        await self._lead_out(lambda: tuple(self.table), self.pace, "gateway stopping")
        await self.reception.close()
        # Somebody may have been let in while the last ones went.
        await self._lead_out(lambda: tuple(self.table), DrainPace(0.0), "gateway stopping")
        await asyncio.sleep(LAST_WORDS if had_links else 0)

    async def behind(self, leads_here: Callable[[Listener], bool]) -> None:
        """Those go whose listener does not lead here any more."""
        await self._lead_out(lambda: self.left_behind(leads_here), self.pace, "the listener has moved")
        # Who stood at the old door when it closed is let in all the same, and led out then.
        await asyncio.sleep(LATEST_ARRIVAL)
        await self._lead_out(lambda: self.left_behind(leads_here), self.pace, "the listener has moved")

    def left_behind(self, leads_here: Callable[[Listener], bool]) -> list[StationLink]:
        """Links that came in by a door that is closed now."""
        return [link for link in self.table if not leads_here(link.opened.listener)]

    async def _let_in(self) -> None:
        latest = self.monotonic() + WELCOME
        while self.half_open.in_all and self.monotonic() < latest:
            with suppress(TimeoutError):
                async with asyncio.timeout(STEP):
                    await self.hurried.wait()
                    return

    async def _lead_out(self, links: Links, pace: DrainPace, reason: str) -> None:
        await drain(links, pace, self.hurried, self.monotonic, reason)
