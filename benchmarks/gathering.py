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


async def converse(conversations: Sequence[Conversation], seconds: float, interval: float) -> Tally:
    """A call every `interval` seconds on each link for `seconds`; how long each answer took."""
    begun = time.perf_counter()
    latencies: list[float] = []

    async def quietly(conversation: Conversation, first: float) -> None:
        await asyncio.sleep(first)
        while time.perf_counter() - begun < seconds:
            latencies.append(await conversation.call())
            await asyncio.sleep(interval)

    async with asyncio.TaskGroup() as group:
        for index, conversation in enumerate(conversations):
            group.create_task(quietly(conversation, interval * index / len(conversations)))
    return Tally(len(latencies), time.perf_counter() - begun, latencies=tuple(latencies))


async def dismiss(conversations: Sequence[Conversation]) -> Tally:
    """Every link closed in good order; a link that was lost meanwhile is a fault."""
    begun = time.perf_counter()
    for conversation in conversations:
        conversation.link.shut()
    async with asyncio.timeout(PATIENCE):
        for conversation in conversations:
            await conversation.link.ended
    return Tally(len(conversations), time.perf_counter() - begun)
