"""Turns at the connections of a database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from voltward.domain.errors import OutsideFault

TURN_SECONDS: Final = 15.0  # how long a task waits for its turn


class Turns:
    """So many at a time, first come, first served. `name`: of the database, for the sentence."""

    def __init__(self, at_once: int, name: str, patience: float = TURN_SECONDS) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._name = name
        self._patience = patience

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Mine while the block runs. `OutsideFault` if none came in time."""
        try:
            async with asyncio.timeout(self._patience):
                await self._free.acquire()
        except TimeoutError as error:
            raise OutsideFault(
                f"the store was busy for {self._patience:.0f} seconds.", mend="Try again.", subject=self._name
            ) from error
        try:
            yield
        finally:
            self._free.release()
