from __future__ import annotations

import asyncio

import pytest

from voltward.adapters.sql.engines.turns import Turns
from voltward.domain.errors import OutsideFault


async def test_first_come_first_served_and_never_more_than_at_once() -> None:
    turns, order, inside = Turns(2, "v.db"), list[int](), 0

    async def take(number: int) -> None:
        nonlocal inside
        async with turns.turn():
            inside += 1
            assert inside <= 2
            order.append(number)
            await asyncio.sleep(0)
            inside -= 1

    async with asyncio.TaskGroup() as group:
        for number in range(9):
            group.create_task(take(number))

    assert order == list(range(9))


async def test_who_waits_in_vain_is_told_and_who_gives_up_keeps_nothing() -> None:
    turns = Turns(1, "v.db", patience=0.01)
    async with turns.turn():
        with pytest.raises(OutsideFault, match=r"v\.db: the store was busy for 0 seconds\. Try again\."):
            await turns.turn().__aenter__()
        waiting = asyncio.get_running_loop().create_task(turns.turn().__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait((waiting,))

    async with turns.turn():
        pass


async def test_a_turn_ends_with_what_goes_wrong_in_it() -> None:
    turns = Turns(1, "v.db", patience=0.01)
    with pytest.raises(ValueError, match="wrong"):
        async with turns.turn():
            raise ValueError("wrong")

    async with turns.turn():
        pass
