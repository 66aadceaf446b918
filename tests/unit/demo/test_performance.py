from __future__ import annotations

import asyncio
import os
import signal

import pytest

from voltward.demo.performance import ENDINGS, until_told


@pytest.mark.parametrize("number", ENDINGS)
async def test_a_story_that_is_told_to_end_closes_what_it_opened(number: signal.Signals) -> None:
    closed = list[bool]()

    async def story() -> None:
        try:
            os.kill(os.getpid(), number)
            await asyncio.Event().wait()
        finally:
            closed.append(True)

    async with asyncio.TaskGroup() as group:
        told = group.create_task(until_told(story()))

    assert told.cancelled()
    assert closed == [True]
