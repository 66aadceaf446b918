from __future__ import annotations

import asyncio

from voltward.gateway.links.probe import Probe


async def test_the_first_word_counts_for_all_who_wait() -> None:
    probe = Probe()
    async with asyncio.TaskGroup() as group:
        first, second = (group.create_task(probe.wait(5.0)) for _ in range(2))
        await asyncio.sleep(0)
        probe.conclude(is_alive=True)
        probe.conclude(is_alive=False)

    assert (first.result(), second.result()) == (True, True)


async def test_no_word_in_time_is_no_sign_of_life() -> None:
    assert await Probe().wait(0.01) is False
