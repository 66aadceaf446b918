"""A part on a wire: it comes in, has its days, answers its CSMS, and remembers how its last link ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

from voltward.crypto.reading.pem import read_pem_bundle
from voltward.demo.cast import Manner, Part
from voltward.ports.clock import Clock
from voltward.simulator.boot_clock import Registration
from voltward.simulator.dial import Dial
from voltward.simulator.faults import Fault
from voltward.simulator.link import Connected, Outcome
from voltward.simulator.live_station import Departure, LiveStation
from voltward.simulator.messages.messages import Saying
from voltward.simulator.station import StationModel

_LOOK: Final = 0.02  # seconds between two looks at a station
# Whoever has to wait shows at once that waiting is enforced: it speaks before its boot.
_FAULTS: Final = {
    Manner.WAITS: frozenset({Fault.SENDS_BEFORE_BOOT}),
    Manner.IGNORES: frozenset({Fault.NEW_NEVER_USED}),
    Manner.FORGETS: frozenset({Fault.INSTALL_FORGOTTEN}),
    Manner.REFUSES: frozenset({Fault.INSTALL_UNSUPPORTED}),
}


class Player:
    """One station of the demo, over all its links. `troupe` awaits what it does in the background."""

    def __init__(self, part: Part, dial: Dial, clock: Clock, troupe: asyncio.TaskGroup) -> None:
        self.part = part
        self.dial = dial
        self.departure: Departure | None = None
        self.left_at = 0.0  # monotonic seconds, of the end of the last link
        self._entered = 0  # times
        self._clock = clock
        self._troupe = troupe
        faults = _FAULTS.get(part.manner, frozenset())
        self._station = LiveStation(StationModel(part.identity, part.dialect, part.serial, faults), clock)

    @property
    def model(self) -> StationModel:
        """What it says and knows."""
        return self._station.model

    @property
    def is_connected(self) -> bool:
        """It has a link that nobody has closed."""
        return self._station.is_connected

    @property
    def certificate(self) -> bytes | None:
        """What its last link came up with (DER); None for a password."""
        held = self.model.memory.keys.in_use
        return read_pem_bundle(held.login.chain_pem)[0] if held is not None else None

    async def enter(self) -> Outcome:
        """Connect, and live on the link until somebody ends it."""
        self.departure = None
        self._entered += 1
        outcome = await self._station.connect(self.dial)
        if isinstance(outcome, Connected):
            self._troupe.create_task(self._live(self._entered))
        return outcome

    async def leave(self) -> None:
        """Close the link, as a station that goes to rest."""
        await self._station.leave()
        await self.until(lambda: self.departure is not None, seconds=5.0)

    async def say(self, sayings: Iterable[Saying], *, seconds: float = 20.0) -> bool:
        """Say these; whether all was answered in time."""
        await self._station.ask(sayings)
        return await self.until(lambda: self.model.is_done, seconds=seconds)

    async def is_accepted(self, *, seconds: float = 10.0) -> bool:
        """Whether its boot is accepted in time."""
        return await self.until(lambda: self.model.registration is Registration.ACCEPTED, seconds=seconds)

    async def until(self, condition: Callable[[], bool], *, seconds: float) -> bool:
        """Whether a condition about it comes true in time."""
        ends = self._clock.monotonic() + seconds
        while not condition():
            if self._clock.monotonic() >= ends:
                return False
            await asyncio.sleep(_LOOK)
        return True

    async def _live(self, entered: int) -> None:
        departure = await self._station.serve()
        if entered == self._entered:  # the end of an earlier link may be heard when the next one is up
            self.departure, self.left_at = departure, self._clock.monotonic()
