"""Many links at once, in one load process: brought up together, talked over quietly, taken down."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

from benchmarks.errors import ComeAgain, PeerFault
from benchmarks.load import AGAIN_SECONDS, Conversation, LoadStation, Tally, connect

PATIENCE = 60.0  # seconds for one station of a storm


async def gather(
    stations: Sequence[LoadStation],
    address: tuple[str, int],
    plain_address: tuple[str, int] | None,
    in_flight: int,
    *,
    both_ways: bool,
) -> tuple[tuple[Conversation, ...], Tally]:
    """A booted link for each station, `in_flight` of them coming up at a time."""
    waiting = deque(stations)
    conversations: list[Conversation] = []
    begun = time.perf_counter()

    async def one_after_the_other() -> None:
        while waiting:
            station = waiting.popleft()
            to = address if station.context is not None else plain_address
            if to is None:
                raise PeerFault(f"{station.identity}: nobody listens for profile 1")
            async with asyncio.timeout(PATIENCE):
                conversations.append(await _begun(station, to, both_ways=both_ways))

    async with asyncio.TaskGroup() as group:
        for _ in range(in_flight):
            group.create_task(one_after_the_other())
    return tuple(conversations), Tally(len(conversations), time.perf_counter() - begun)


async def _begun(station: LoadStation, address: tuple[str, int], *, both_ways: bool) -> Conversation:
    for _ in range(station.comes_again):
        with suppress(ComeAgain):
            return await _begun_at_once(station, address, both_ways=both_ways)
        await asyncio.sleep(AGAIN_SECONDS)
    return await _begun_at_once(station, address, both_ways=both_ways)


async def _begun_at_once(station: LoadStation, address: tuple[str, int], *, both_ways: bool) -> Conversation:
    conversation = Conversation(station, await connect(station, address))
    await conversation.boot()
    if both_ways:
        await conversation.use_both_ways()
    return conversation


async def converse(
    conversations: Sequence[Conversation],
    seconds: float,
    interval: float,
    straight: Sequence[Conversation] = (),
) -> Tally:
    """A call every `interval` seconds on each link for `seconds`; how long each answer took.

    Counted from when a call was due: one that had to wait for the answer to the last one has waited too.
    """
    begun = time.perf_counter()
    told: list[tuple[float, float]] = []
    told_straight: list[tuple[float, float]] = []

    async def quietly(conversation: Conversation, due: float, into: list[tuple[float, float]]) -> None:
        while due < begun + seconds:
            await asyncio.sleep(due - time.perf_counter())
            await conversation.call()
            into.append((due, time.perf_counter() - due))
            due += interval

    async with asyncio.TaskGroup() as group:
        for links, into in ((conversations, told), (straight, told_straight)):
            for index, conversation in enumerate(links):
                group.create_task(quietly(conversation, begun + interval * index / len(links), into))
    due, latencies = (tuple(column) for column in zip(*told, strict=True))
    elapsed = time.perf_counter() - begun
    return Tally(len(told), elapsed, latencies=latencies, due=due, straight=tuple(told_straight))


async def cuts_of(
    conversations: Sequence[Conversation], identities: Sequence[str], seconds: float
) -> tuple[tuple[Conversation, ...], Tally]:
    """Those that stay, and when each of the others was closed by the server, within `seconds`."""
    wanted = set(identities)
    cut = [one for one in conversations if one.identity in wanted]
    closed: list[tuple[str, float]] = []
    for conversation in cut:
        identity = conversation.identity
        conversation.link.ended.add_done_callback(
            lambda _, identity=identity: closed.append((identity, time.perf_counter()))
        )
    if cut:
        await asyncio.wait([one.link.ended for one in cut], timeout=seconds)
    await asyncio.sleep(0)  # the callbacks have had their turn
    staying = tuple(one for one in conversations if one.identity not in wanted)
    return staying, Tally(len(closed), seconds, cuts=tuple(closed))


async def dismiss(conversations: Sequence[Conversation]) -> Tally:
    """Every link closed in good order; a link that was lost meanwhile is a fault."""
    begun = time.perf_counter()
    for conversation in conversations:
        conversation.link.shut()
    async with asyncio.timeout(PATIENCE):
        for conversation in conversations:
            await conversation.link.ended
    return Tally(len(conversations), time.perf_counter() - begun)
