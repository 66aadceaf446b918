from __future__ import annotations

import asyncio

from voltward.adapters.system_clock import SystemClock
from voltward.gateway.drain import DrainPace, drain, paced
from voltward.lifecycles.station_session import CloseCause


class Fleet:
    """Links, and the order in which they were closed."""

    def __init__(self, idle: int, busy: int = 0) -> None:
        self.links = [Leaving(self, number, is_idle=number >= busy) for number in range(idle + busy)]
        self.closed: list[int] = []
        self.times: list[float] = []

    async def leaves(self, pace: DrainPace, hurry: asyncio.Event | None = None) -> float:
        now = SystemClock().monotonic
        began = now()
        async with asyncio.timeout(20):
            await drain(lambda: self.links, pace, hurry or asyncio.Event(), now)
        return now() - began


class Leaving:
    def __init__(self, fleet: Fleet, number: int, *, is_idle: bool) -> None:
        self._fleet = fleet
        self.number = number
        self.is_idle = is_idle

    def end(self, cause: CloseCause, reason: str, /) -> None:
        assert cause is CloseCause.SHUTDOWN
        self._fleet.links.remove(self)
        self._fleet.closed.append(self.number)
        self._fleet.times.append(SystemClock().monotonic())


async def test_links_go_at_their_rate() -> None:
    fleet = Fleet(idle=30)

    seconds = await fleet.leaves(DrainPace(rate=100.0, limit=10.0))

    assert len(fleet.closed) == 30
    assert seconds >= 0.2


async def test_a_fleet_that_is_too_large_for_the_rate_goes_within_the_limit_all_the_same() -> None:
    fleet = Fleet(idle=500)

    seconds = await fleet.leaves(DrainPace(rate=1.0, limit=0.5))

    assert len(fleet.closed) == 500
    assert fleet.times[-1] - fleet.times[0] > 0.1
    assert seconds < 10


async def test_whoever_waits_for_an_answer_goes_last_and_goes() -> None:
    fleet = Fleet(idle=3, busy=2)

    await fleet.leaves(DrainPace(rate=1000.0, limit=0.6))

    assert fleet.closed == [2, 3, 4, 0, 1]
    assert fleet.times[3] - fleet.times[0] > 0.2


async def test_in_a_hurry_all_go_at_once() -> None:
    fleet, hurry = Fleet(idle=0, busy=50), asyncio.Event()
    asyncio.get_running_loop().call_later(0.05, hurry.set)

    seconds = await fleet.leaves(DrainPace(rate=1.0, limit=600.0), hurry)

    assert len(fleet.closed) == 50
    assert seconds < 10


async def test_without_a_rate_all_go_at_once_and_nobody_is_no_fault() -> None:
    fleet = Fleet(idle=50)

    await fleet.leaves(DrainPace(rate=0.0))
    await fleet.leaves(DrainPace())

    assert len(fleet.closed) == 50


async def test_what_is_paced_comes_one_after_the_other_and_all_of_it() -> None:
    now = SystemClock().monotonic
    began = now()

    assert [number async for number in paced(range(30), 100.0)] == list(range(30))
    assert now() - began >= 0.25
    assert [number async for number in paced(range(1000), 0.0)] == list(range(1000))
