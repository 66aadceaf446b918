from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from voltward.domain.credential import Purpose
from voltward.domain.errors import OutsideFault
from voltward.domain.station import StationId
from voltward.gateway.channel.sockets import Place, open_socket
from voltward.gateway.handover.predecessor import Predecessor, meet
from voltward.gateway.handover.successor import Successor
from voltward.gateway.handover.words import Offered, line_of
from voltward.gateway.links.precedence import Newcomer
from voltward.lifecycles.second_connection import Contender, Proof, ProofKind

ANY = ("127.0.0.1", 0)
CONTENDER = Contender(Proof(ProofKind.PASSWORD, Purpose.PRODUCTION, 1), "192.0.2.7", "SN-1")


def newcomer(identity: str) -> Newcomer:
    return Newcomer(StationId(identity), "c9", CONTENDER)


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with open_socket(ANY) as made:
        yield made


class Old:
    """The gateway that gives over: it has three links, and one station that stays."""

    def __init__(self, end: socket.socket, listening: socket.socket) -> None:
        end.settimeout(0)
        self.side = Successor(end)
        self.asked: list[Newcomer] = []
        self.was_asked = asyncio.Event()
        self.is_deaf = False
        self._listening = listening

    async def gives_over(self) -> bool:
        if await self.side.prepares([(Place("tls", ANY), self._listening)]):
            await self.side.follow(self._give_up, lambda: 3)
            return True
        return False

    async def _give_up(self, newcomer: Newcomer) -> bool:
        self.asked.append(newcomer)
        self.was_asked.set()
        if self.is_deaf:
            await asyncio.sleep(3600)
        return newcomer.station.identity != "STAYS"


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, int]]:
    to_new, to_old = socket.socketpair()
    with to_new:
        yield to_new, to_old.detach()


@asynccontextmanager
async def changing_over(
    ends: tuple[socket.socket, int], listening: socket.socket
) -> AsyncIterator[tuple[Old, Predecessor]]:
    """Both in one process; the new one serves while the block runs."""
    old = Old(ends[0], listening)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(old.gives_over())
        before = await meet(ends[1])
        await before.take_over()
        group.create_task(before.hear_out())
        yield old, before
        before.close()
    before.at_hand.close()
    old.side.close()
    await asyncio.sleep(0)  # for transports to close


async def test_the_sockets_come_with_the_first_word(
    ends: tuple[socket.socket, int], listening: socket.socket
) -> None:
    old = Old(ends[0], listening)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        giving = group.create_task(old.gives_over())
        before = await meet(ends[1])
        with before.at_hand.listen(Place("tls", ANY)) as taken:
            assert taken.getsockname() == listening.getsockname()
            assert not taken.get_inheritable()
        before.close()

    assert giving.result() is False  # it went without having been ready


async def test_it_gives_a_station_up_or_says_that_it_stays(
    ends: tuple[socket.socket, int], listening: socket.socket
) -> None:
    async with changing_over(ends, listening) as (old, before):
        assert await before.may_come(newcomer("GOES"))
        assert not await before.may_come(newcomer("STAYS"))
        assert old.asked == [newcomer("GOES"), newcomer("STAYS")]
        assert before.links == 3


async def test_without_links_it_is_not_asked_any_more(
    ends: tuple[socket.socket, int], listening: socket.socket
) -> None:
    async with changing_over(ends, listening) as (old, before):
        old.side.empty()
        while not await before.may_come(newcomer("STAYS")):
            pass

        asked = len(old.asked)
        assert await before.may_come(newcomer("STAYS"))
        assert (len(old.asked), before.links) == (asked, 0)


async def test_its_end_answers_every_question(
    ends: tuple[socket.socket, int], listening: socket.socket
) -> None:
    async with changing_over(ends, listening) as (old, before), asyncio.TaskGroup() as group:
        old.is_deaf = True
        question = group.create_task(before.may_come(newcomer("STAYS")))
        await old.was_asked.wait()
        before.close()

        assert await question
        assert await before.may_come(newcomer("STAYS"))


async def test_its_reasons_not_to_are_told(ends: tuple[socket.socket, int], listening: socket.socket) -> None:
    Old(ends[0], listening).side.decline("the store is away")

    with pytest.raises(OutsideFault, match="the store is away"):
        await meet(ends[1])


@pytest.mark.parametrize("said", [b"", b"no word\n", b'{"type":"empty"}\n'])
async def test_one_that_says_nothing_of_use_is_left_alone(
    ends: tuple[socket.socket, int], said: bytes
) -> None:
    ends[0].sendall(said)
    ends[0].close()

    with pytest.raises(OutsideFault):
        await meet(ends[1])


async def test_one_that_ends_before_it_gives_over_is_told(
    ends: tuple[socket.socket, int], listening: socket.socket
) -> None:
    ends[0].sendall(line_of(Offered(())))
    before = await meet(ends[1])
    ends[0].close()

    with pytest.raises(OutsideFault, match="does not answer"):
        await before.take_over()
    before.close()
    await asyncio.sleep(0)
