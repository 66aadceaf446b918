"""A storm that does not wait for the server: waves of stations that all come in the same moment.

A load that opens a link when another one closed comes as fast as the server lets it, or as the load itself
can: the crowd then waits in the load, and not at the door. So the load's work is done before a wave: every
station holds its first flight ready, and then all connect at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence

from benchmarks.layers import TlsLayer
from benchmarks.link import Link
from benchmarks.load import OPERATION_SECONDS, LoadStation, Tally

Span = tuple[float, float]  # on the clock that all processes of a machine share


async def make_waves(
    stations: Sequence[LoadStation], address: tuple[str, int], seconds: float, size: int
) -> Tally:
    """Waves of `size` stations for `seconds`; each link is closed as soon as it is open.

    `spans` tells from when to when each wave was at the door.
    """
    begun = time.perf_counter()
    spans: list[Span] = []
    while time.perf_counter() - begun < seconds:
        first = len(spans) * size
        # Never twice the same in one wave: a station has one link.
        coming = [stations[(first + index) % len(stations)] for index in range(min(size, len(stations)))]
        links = [_prepared(station) for station in coming]
        at = time.perf_counter()
        async with asyncio.timeout(OPERATION_SECONDS), asyncio.TaskGroup() as group:
            for station, link in zip(coming, links, strict=True):
                group.create_task(_come_and_go(station, link, address))
        spans.append((at, time.perf_counter()))
    come = len(spans) * min(size, len(stations))
    return Tally(come, time.perf_counter() - begun, spans=tuple(spans))


def _prepared(station: LoadStation) -> Link:
    assert station.context is not None, "a wave is made of stations with certificates"
    layer = TlsLayer(station.context)
    layer.shake_hands()  # its ClientHello is made, and waits to be sent
    return Link(layer, station.identity)


async def _come_and_go(station: LoadStation, link: Link, address: tuple[str, int]) -> None:
    loop = asyncio.get_running_loop()
    await loop.create_connection(lambda: link, *address, local_addr=station.source)
    await link.opened
    link.shut()
    await link.ended


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same moments without overlaps, in their order."""
    whole: list[Span] = []
    for begin, end in sorted(spans):
        if whole and begin <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((begin, end))
    return whole


def within(moment: float, spans: Iterable[Span]) -> bool:
    """Whether a moment belongs to one of them."""
    return any(begin <= moment < end for begin, end in spans)
