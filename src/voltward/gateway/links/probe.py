"""Whether the other end of a link is alive: asked by a ping when a second connection comes (ruling 11)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

LOOK = 0.1  # seconds


class Probe:
    """One question; any sign of life answers it, and so does the link's end.

    `shows` is asked for one again and again, where a station is not read and so cannot be heard.
    """

    __slots__ = ("_answer", "_shows")

    def __init__(self, shows: Callable[[], bool] | None = None) -> None:
        self._answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._shows = shows

    def conclude(self, *, is_alive: bool) -> None:
        """The first word counts."""
        if not self._answer.done():
            self._answer.set_result(is_alive)

    async def wait(self, seconds: float) -> bool:
        """Whether a sign of life came in time; several may wait."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._shows is not None and not self._answer.done():
                    await asyncio.sleep(LOOK)
                    if self._shows():
                        return True
                return await asyncio.shield(self._answer)
        return False
