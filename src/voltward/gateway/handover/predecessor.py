"""The gateway that ran before this one, as this one sees it: its sockets first, then the links it still has.

While it has any, it is asked about every station that comes: so two links never speak for one station.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from voltward.domain.errors import OutsideFault
from voltward.gateway.channel.sockets import SocketsAtHand
from voltward.gateway.handover.supervised import inherited
from voltward.gateway.handover.words import (
    LONGEST,
    MOST_SOCKETS,
    Answered,
    Declined,
    Empty,
    Left,
    MayCome,
    Offered,
    OldWord,
    Prepared,
    Yours,
    line_of,
    read_old,
)
from voltward.gateway.links.precedence import Newcomer

PATIENCE: Final = 10.0  # seconds for each of its answers; a probe of its link is one of them
MEND: Final = "The gateway that runs goes on; its log may say why. Try again, or stop and start."


class Predecessor:
    """Made by `meet`; it goes on serving until `take_over`."""

    def __init__(self, end: socket.socket, at_hand: SocketsAtHand) -> None:
        self.at_hand = at_hand
        self.links = 0  # that it still has, as it told last
        self._end = end
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._asked: dict[int, asyncio.Future[bool]] = {}
        self._number = 0
        self._is_empty = False

    async def take_over(self) -> None:
        """Ours could serve now: it accepts nobody any more when this returns. OutsideFault: it goes on."""
        self._reader, self._writer = await asyncio.open_unix_connection(sock=self._end, limit=LONGEST)
        self._writer.write(line_of(Prepared()))
        try:
            async with asyncio.timeout(PATIENCE):
                line = await self._reader.readline()
        except (TimeoutError, OSError) as error:
            raise _silent() from error
        if not line or not isinstance(read_old(line), Yours):
            raise _silent()

    async def hear_out(self) -> None:
        """Until it has ended, and its links with it."""
        assert self._reader is not None
        with suppress(OSError):
            while line := await self._reader.readline():
                with suppress(OutsideFault):  # another version's word, which nobody here waits for
                    self._heard(read_old(line))
        self.close()

    async def may_come(self, newcomer: Newcomer) -> bool:
        """Whether the station may have its link here, and has none there. OutsideFault: it does not say."""
        if self._is_empty or self._writer is None:
            return True
        self._number += 1
        number = self._number
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        self._writer.write(line_of(MayCome.of(number, newcomer)))
        try:
            async with asyncio.timeout(PATIENCE):
                return await answer
        except TimeoutError as error:
            raise _silent() from error
        finally:
            self._asked.pop(number, None)

    def close(self) -> None:
        """It has ended, or this one has."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self._end.close()
        self._is_without_links()

    def _is_without_links(self) -> None:
        self.links, self._is_empty = 0, True
        for answer in self._asked.values():
            if not answer.done():
                answer.set_result(True)

    def _heard(self, word: OldWord) -> None:
        if isinstance(word, Left):
            self.links = word.links
        elif isinstance(word, Empty):
            self._is_without_links()
        elif isinstance(word, Answered):
            answer = self._asked.get(word.number)
            if answer is not None and not answer.done():
                answer.set_result(word.may_come)


@dataclass(frozen=True, slots=True)
class Inheritance:
    """What a gateway begins with beside its settings: listening sockets, and who served on them `before`."""

    at_hand: SocketsAtHand = field(default_factory=SocketsAtHand)
    before: Predecessor | None = None


async def meet(descriptor: int) -> Predecessor:
    """The gateway at the other end of this descriptor, with its sockets. OutsideFault: it has its reasons."""
    end = inherited(descriptor)
    try:
        word, sockets = await asyncio.to_thread(_first_word, end)
    except OutsideFault:
        end.close()
        raise
    if isinstance(word, Offered) and len(word.places) == len(sockets):
        return Predecessor(end, SocketsAtHand(zip(word.places, sockets, strict=True)))
    for each in (*sockets, end):
        each.close()
    raise OutsideFault(word.reason, mend=MEND) if isinstance(word, Declined) else _silent()


def _first_word(end: socket.socket) -> tuple[OldWord, list[socket.socket]]:
    end.settimeout(PATIENCE)
    try:
        line, descriptors, _, _ = socket.recv_fds(end, LONGEST, MOST_SOCKETS, socket.MSG_CMSG_CLOEXEC)
    except OSError as error:
        raise _silent() from error
    finally:
        end.settimeout(0)
    sockets = [inherited(descriptor) for descriptor in descriptors]
    return read_old(line), sockets


def _silent() -> OutsideFault:
    return OutsideFault("the gateway that ran before this one does not answer.", mend=MEND)
