"""Where each station's life-cycle stands, as it is told to whoever watches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from voltward.lifecycles.renewal_state import KIND as RENEWAL
from voltward.lifecycles.rollover_state import KIND as ROLLOVER
from voltward.ports.storage import Store

_EVERY: Final = 0.5  # seconds between two looks
_KINDS: Final = (ROLLOVER, RENEWAL)  # the later one is told where a station has both


async def follow_phases(store: Store, told: Callable[[Mapping[str, str]], None]) -> None:
    """Tell them again and again, until cancelled."""
    while True:
        told(await phases_now(store))
        await asyncio.sleep(_EVERY)


async def phases_now(store: Store) -> dict[str, str]:
    """The phase of each open life-cycle, in words, by its station."""
    async with store.read() as reading:
        found = [one for kind in _KINDS for one in await reading.lifecycles.open(kind)]
    return {str(one.station): one.state.phase.value for one in found}
