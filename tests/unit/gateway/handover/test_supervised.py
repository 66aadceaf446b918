from __future__ import annotations

import asyncio
import os
import socket

from voltward.gateway.handover.supervised import ToGateway, ToSupervisor


def lines() -> tuple[ToGateway, ToSupervisor]:
    """Both ends, as if the one had been inherited."""
    ours = ToGateway()
    theirs = os.dup(ours.theirs.fileno())
    ours.theirs.close()
    return ours, ToSupervisor(theirs)


async def test_the_supervisor_hears_that_it_listens() -> None:
    ours, theirs = lines()
    theirs.ready()

    async with asyncio.timeout(10):
        assert await ours.until_ready() is True
    theirs.close()
    ours.close()


async def test_a_process_that_ends_will_not_be_ready() -> None:
    ours, theirs = lines()
    theirs.close()

    async with asyncio.timeout(10):
        assert await ours.until_ready() is False
    with socket.socket() as anything:
        ours.hand_to(anything)  # it hears nothing, and that is no fault
    ours.close()


async def test_the_gateway_hears_of_its_successor() -> None:
    ours, theirs = lines()
    to_old, to_new = socket.socketpair()
    came: asyncio.Queue[socket.socket] = asyncio.Queue()
    theirs.listen(came.put_nowait)

    ours.hand_to(to_old)
    to_old.close()
    async with asyncio.timeout(10):
        with await came.get() as end, to_new:
            assert not end.get_inheritable()
            to_new.sendall(b"hello")
            assert await asyncio.get_running_loop().sock_recv(end, 10) == b"hello"
    theirs.close()
    ours.close()


async def test_a_supervisor_that_goes_is_not_listened_to_any_more() -> None:
    ours, theirs = lines()
    theirs.listen(lambda _: None)
    ours.close()
    await asyncio.sleep(0.05)

    theirs.ready()  # nobody hears it, and nothing breaks
    theirs.close()


def test_a_gateway_that_nobody_supervises_says_nothing() -> None:
    alone = ToSupervisor(None)
    alone.ready()
    alone.close()
