"""The worker's sign of life, and those of parts that have no store: it asks whether they answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Final

from voltward.domain.errors import OutsideFault
from voltward.domain.part import Part
from voltward.ports.clock import Clock
from voltward.ports.storage import Store
from voltward.usecases.rounds.signs_of_life import give_sign

PATIENCE: Final = 5.0  # seconds for an answer
_FIRST: Final = b"HTTP/1."
_REQUEST: Final = b"HEAD / HTTP/1.1\r\nHost: publisher\r\n\r\n"

Ask = Callable[[], Awaitable[object]]  # OutsideFault or OSError where nobody answers


class LookRound:
    """One per worker; `others` are asked beside each other."""

    def __init__(self, store: Store, clock: Clock, others: Mapping[Part, Ask]) -> None:
        self._store = store
        self._clock = clock
        self._others = others

    async def go(self) -> None:
        """Write down who is alive, this worker among them. OutsideFault of the store."""
        async with asyncio.TaskGroup() as group:
            asked = {part: group.create_task(_answers(ask)) for part, ask in self._others.items()}
        alive = [part for part, task in asked.items() if task.result()]
        await give_sign(self._store, [Part.WORKER, *alive], self._clock.now())


async def _answers(ask: Ask) -> bool:
    with suppress(OutsideFault, OSError, TimeoutError, EOFError):
        async with asyncio.timeout(PATIENCE):
            await ask()
            return True
    return False


async def ask_http(host: str, port: int) -> None:
    """Does a server of ours answer there, whatever it says? OSError or EOFError where it does not."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(_REQUEST)
        if await reader.readexactly(len(_FIRST)) != _FIRST:
            raise EOFError
    finally:
        writer.close()
