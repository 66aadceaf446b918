"""Orders that are given in one breath travel in one message, and are answered one by one.

A message costs as much as an order: a connection, a frame, a flush of the ledger. So whoever comes first
waits for the end of this turn of the event loop, and takes along all that came until then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

from voltward.adapters.pki.signer.signer_messages import (
    MOST_TOGETHER,
    AllAnswered,
    Answer,
    Issue,
    IssueAll,
    Request,
)
from voltward.domain.errors import OutsideFault
from voltward.ports.authority import CertificateOrder

MOST_OCTETS: Final = 128 * 1024  # of requests in a message: half of what the signer reads

_Waiting = tuple[CertificateOrder, asyncio.Future[Answer]]


class OrdersTogether:
    """Gathers what is asked for; `ask` carries a message."""

    def __init__(self, ask: Callable[[Request], Awaitable[Answer]]) -> None:
        self._ask = ask
        self._waiting: list[_Waiting] = []

    async def place(self, order: CertificateOrder) -> Answer:
        """What the signer answers to it. OutsideFault as `ask` has it, for all that travel together."""
        mine = asyncio.get_running_loop().create_future()
        self._waiting.append((order, mine))
        if len(self._waiting) == 1:
            await self._leave(mine)
        return await mine

    async def _leave(self, mine: asyncio.Future[Answer]) -> None:
        """Where the first is broken off, those who went with it hear so: they come again."""
        going = self._waiting
        try:
            await asyncio.sleep(0)
            self._waiting = []
            for message in _messages(going):
                await self._carry(message)
        except BaseException:
            mine.cancel()
            if self._waiting is going:
                self._waiting = []
            _fail(going, OutsideFault("the order was broken off on its way.", subject="signer"))
            raise

    async def _carry(self, message: list[_Waiting]) -> None:
        try:
            answers = await self._answers(message)
        except OutsideFault as fault:
            _fail(message, fault)
            return
        for (_, future), answer in zip(message, answers, strict=True):
            if not future.done():
                future.set_result(answer)

    async def _answers(self, message: list[_Waiting]) -> list[Answer]:
        if len(message) == 1:
            return [await self._ask(Issue(message[0][0]))]
        answer = await self._ask(IssueAll([order for order, _ in message]))
        if isinstance(answer, AllAnswered) and len(answer.answers) == len(message):
            return list(answer.answers)
        return [answer] * len(message)  # it took none of them, and says why


def _messages(waiting: list[_Waiting]) -> Iterator[list[_Waiting]]:
    """As many to a message as it may hold."""
    message, octets = list[_Waiting](), 0
    for each in waiting:
        size = len(each[0].csr)
        if message and (len(message) == MOST_TOGETHER or octets + size > MOST_OCTETS):
            yield message
            message, octets = [], 0
        message.append(each)
        octets += size
    if message:
        yield message


def _fail(message: list[_Waiting], fault: OutsideFault) -> None:
    for _, future in message:
        if not future.done():
            future.set_exception(fault)
