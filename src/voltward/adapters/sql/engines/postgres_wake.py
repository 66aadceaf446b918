"""A connection that listens: it wakes whoever waits for the change feed to move.

The feed is polled anyway; what is lost here costs half a second, never a change. So whatever goes wrong ends
in the same way: the connection is given up, and a later wait tries again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import asyncpg

CHANNEL: Final = "voltward_feed"
_DIAL_SECONDS: Final = 2.0  # a poll waits behind it
_AGAIN_SECONDS: Final = 30.0  # after a dial that failed
_TOGETHER_SECONDS: Final = 0.02  # changes that come so close on each other are one wake-up

Dial = Callable[[], Awaitable[asyncpg.Connection]]


class PostgresWake:
    """`engine.Wake` by LISTEN. The connection is made by the first wait: commands have none."""

    def __init__(self, dial: Dial) -> None:
        self._dial = dial
        self._connection: asyncpg.Connection | None = None
        self._told = asyncio.Event()
        self._heard = 0  # the newest revision that was announced, or known when we began to listen
        self._polled: int | None = None  # what the last poll saw, None since we began to listen
        self._not_before = 0.0

    async def wait(self, seconds: float) -> None:
        """Until a commit is announced, at most so long, but for the time that dialling takes."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        if self._connection is not None and self._connection.is_closed():
            self._give_up()
        # After a poll that failed there is no point in dialling.
        if self._connection is None and self._polled is not None and loop.time() >= self._not_before:
            await self._listen()
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                await self._told.wait()
                await asyncio.sleep(_TOGETHER_SECONDS)
        self._told.clear()

    def polled(self, revision: int | None) -> None:
        """What the feed's last poll saw; None: it failed.

        A revision that was there at the poll before this one and was not announced by now never will be: the
        connection is deaf, as when a pooler lent it to somebody else.
        """
        before, self._polled = self._polled, revision
        if self._connection is None or revision is None:
            return
        if before is None:
            self._heard = max(self._heard, revision)
        elif before > self._heard:
            self._give_up()

    async def close(self) -> None:
        """Hang up."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await connection.close(timeout=_DIAL_SECONDS)

    async def _listen(self) -> None:
        self._not_before = asyncio.get_running_loop().time() + _AGAIN_SECONDS
        try:
            async with asyncio.timeout(_DIAL_SECONDS):
                connection = await self._dial()
                try:
                    await connection.add_listener(CHANNEL, self._announced)
                except BaseException:
                    connection.terminate()
                    raise
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return
        self._connection, self._polled = connection, None
        self._told.set()  # what was committed while we dialled was announced to nobody

    def _announced(self, _connection: object, _pid: int, _channel: str, revision: object) -> None:
        with suppress(ValueError):
            self._heard = max(self._heard, int(str(revision)))
        self._told.set()

    def _give_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()
