"""The gateway that comes after this one, as this one sees it: it gets the sockets, then asks for stations."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Final

from voltward.domain.errors import OutsideFault
from voltward.gateway.channel.sockets import Place
from voltward.gateway.handover.words import (
    LONGEST,
    Answered,
    Declined,
    Empty,
    Left,
    MayCome,
    NewWord,
    Offered,
    Prepared,
    Yours,
    line_of,
    read_new,
)
from voltward.gateway.links.precedence import Newcomer

PREPARING: Final = 300.0  # seconds that it may take to be ready; the supervisor gives it less
TOLD_EVERY: Final = 1.0  # seconds between two counts of our links

GiveUp = Callable[[Newcomer], Awaitable[bool]]


class Successor:
    """At the other end of the socket that the supervisor has handed in."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._held: int | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._reader: asyncio.StreamReader | None = None

    def decline(self, reason: str) -> None:
        """Not now."""
        with suppress(OSError):
            self._end.send(line_of(Declined(reason)))
        self._end.close()

    async def prepares(self, sockets: Iterable[tuple[Place, socket.socket]]) -> bool:
        """Give it the sockets, and wait until it could serve; False: it will not, and has gone."""
        offered = tuple(sockets)
        word = Offered(tuple(place for place, _ in offered))
        try:
            socket.send_fds(self._end, [line_of(word)], [each.fileno() for _, each in offered])
            self._reader, self._writer = await asyncio.open_unix_connection(sock=self._end, limit=LONGEST)
            async with asyncio.timeout(PREPARING):
                line = await self._reader.readline()
            if line and isinstance(read_new(line), Prepared):
                return True
        except (TimeoutError, OSError, OutsideFault):
            pass  # whatever it was, it is not ready
        self.close()
        return False

    async def follow(self, give_up: GiveUp, links: Callable[[], int]) -> None:
        """It serves from now on. Answer what it asks, and tell it how many links are left, until it ends."""
        assert self._reader is not None
        assert self._writer is not None
        # Held for as long as the process lives: only its end says that it needs nothing of the disk any more.
        self._held = os.dup(self._end.fileno())
        self._writer.write(line_of(Yours()))
        async with asyncio.TaskGroup() as group:
            beside = {group.create_task(self._count(links))}
            with suppress(OSError):
                while line := await self._reader.readline():
                    asked = _understood(line)
                    if isinstance(asked, MayCome):
                        task = group.create_task(self._answer(asked, give_up))
                        beside.add(task)
                        task.add_done_callback(beside.discard)
            for task in tuple(beside):
                task.cancel()

    def empty(self) -> None:
        """This one has no link any more, and lets nobody in."""
        if self._writer is not None:
            self._writer.write(line_of(Empty()))

    def close(self) -> None:
        """It will not take over."""
        if self._writer is not None:
            self._writer.close()
        self._end.close()
        if self._held is not None:
            os.close(self._held)
            self._held = None

    async def _count(self, links: Callable[[], int]) -> None:
        assert self._writer is not None
        while True:
            self._writer.write(line_of(Left(links())))
            await asyncio.sleep(TOLD_EVERY)

    async def _answer(self, asked: MayCome, give_up: GiveUp) -> None:
        assert self._writer is not None
        may_come = await give_up(asked.newcomer)
        self._writer.write(line_of(Answered(asked.number, may_come)))


def _understood(line: bytes) -> NewWord | None:
    """None: another version's word, which nobody here can answer."""
    with suppress(OutsideFault):
        return read_new(line)
    return None
