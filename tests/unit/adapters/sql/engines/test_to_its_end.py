from __future__ import annotations

import asyncio

import pytest

from voltward.adapters.sql.engines.to_its_end import to_its_end


async def test_a_step_gives_its_result() -> None:
    async def step() -> int:
        await asyncio.sleep(0)
        return 7

    assert await to_its_end(step()) == 7


async def test_a_step_that_fails_says_so() -> None:
    async def step() -> None:
        await asyncio.sleep(0)
        raise ValueError("no such row")

    with pytest.raises(ValueError, match="no such row"):
        await to_its_end(step())


@pytest.mark.parametrize("fails", [False, True])
async def test_whoever_is_cancelled_meanwhile_the_step_ends_first(*, fails: bool) -> None:
    may_end = asyncio.Event()
    ended: list[str] = []

    async def step() -> None:
        await may_end.wait()
        ended.append("step")
        if fails:
            raise ValueError("too late to matter")

    async def owner() -> None:
        try:
            await to_its_end(step())
        finally:
            ended.append("owner")

    async with asyncio.TaskGroup() as group:
        task = group.create_task(owner())
        for _ in range(3):
            await asyncio.sleep(0)
            task.cancel()
        await asyncio.sleep(0)
        assert ended == []
        may_end.set()

    assert ended == ["step", "owner"]
    assert task.cancelled()
