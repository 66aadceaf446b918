"""Tasks that belong to a link or to the gateway: kept, named, cancelled with their owner, never forgotten.

A task that fails is a bug of ours: it is logged with its trace and ends its owner, not the gateway.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

Story = Coroutine[Any, Any, None]


class Background:
    """The tasks of one owner; `crashed` is called once when one of them fails."""

    __slots__ = ("_crashed", "_tasks")

    def __init__(self, crashed: Callable[[], None]) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._crashed = crashed

    def start(self, story: Story, name: str) -> asyncio.Task[None]:
        """Run a story beside the callbacks."""
        # The one place outside of task groups that makes tasks: callbacks cannot wait for a group.
        task = asyncio.get_running_loop().create_task(story, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def cancel(self) -> None:
        """Ask all of them to end."""
        for task in tuple(self._tasks):
            task.cancel()

    async def wait(self) -> None:
        """Until all are gone."""
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or task.exception() is None:
            return
        structlog.get_logger().error("task_crashed", task=task.get_name(), exc_info=task.exception())
        self._crashed()
