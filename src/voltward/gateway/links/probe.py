"""Whether the other end of a link is alive: asked by a ping when a second connection comes (ruling 11)."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Probe:
    """One question; any sign of life answers it, and so does the link's end."""

    __slots__ = ("_answer",)

    def __init__(self) -> None:
        self._answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def conclude(self, *, is_alive: bool) -> None:
        """The first word counts."""
        if not self._answer.done():
            self._answer.set_result(is_alive)

    async def wait(self, seconds: float) -> bool:
        """Whether a sign of life came in time; several may wait."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                return await asyncio.shield(self._answer)
        return False
