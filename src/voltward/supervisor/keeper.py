"""Keeps one part running: started again when it dies, replaced by its successor when one is wanted.

A part that dies is started again, later each time. A vital part that ends because its settings or the outside
are wrong (exit status 2 or 3) before it was ever ready takes the supervisor with it: starting it again would
not mend that. Without the others the door stays open: they are tried again, and the log says why. A successor
that does not get ready changes nothing.
"""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import structlog

from voltward.supervisor.parts import VITAL, Child, Pace, Part, start

HOPELESS = (2, 3)


class Keeper:
    """`stop` is shared by all keepers: it ends them."""

    def __init__(self, part: Part, pace: Pace, stop: asyncio.Event) -> None:
        self.part = part
        self.on_replaced: Callable[[], None] = lambda: None
        self._pace = pace
        self._stop = stop
        self._wanted = asyncio.Event()  # a successor
        self._current: Child | None = None
        self._others: set[Child] = set()  # a successor that is not ready yet, and who has been replaced
        self._log = structlog.get_logger()

    def tell(self, number: signal.Signals) -> None:
        """Send the part a signal. Who has been replaced is told of the end alone."""
        if self._current is not None:
            self._current.tell(number)
        if number == signal.SIGTERM:
            for child in self._others:
                child.tell(number)

    def want_successor(self) -> None:
        """Have a new process take the part's place, one at a time; after its end if it cannot hand over."""
        if self._others or self._wanted.is_set():
            self._log.warning("handover_refused", part=self.part.name, reason="one is not over yet")
        else:
            self._wanted.set()

    async def run(self) -> int:
        """Until `stop`; a status other than 0: there was no hope."""
        loop, pause = asyncio.get_running_loop(), self._pace.first_pause
        async with asyncio.TaskGroup() as leaving:
            while not self._stop.is_set():
                began = loop.time()
                self._current = await start(self.part)
                if self._current is not None:
                    status = await self._live(self._current, leaving)
                    self._current = None
                    if self._stop.is_set():
                        break
                    if self._wanted.is_set():
                        self._wanted.clear()
                        continue
                    settled = loop.time() - began > self._pace.settled
                    if status in HOPELESS and not settled and self.part.name in VITAL:
                        self._log.error("part_ended", part=self.part.name, status=status)
                        self._stop.set()
                        return status
                    pause = self._pace.first_pause if settled else pause
                    self._log.error("part_ended", part=self.part.name, status=status, again_in=pause)
                await self._sleep(pause)
                pause = min(pause * 2, self._pace.longest_pause)
        return 0

    async def _live(self, child: Child, leaving: asyncio.TaskGroup) -> int:
        """The life of a process and of those that take its place; the exit status of the last one."""
        while True:
            await _any_of(child.ended(), self._wanted.wait(), self._stop.wait())
            if child.status is not None:
                return child.status
            if self._stop.is_set() or not self.part.hands_over:
                return await child.end(self._pace.ending)
            successor = await self._successor_of(child)
            self._wanted.clear()
            if successor is not None:
                self._others.add(child)
                leaving.create_task(self._see_off(child))
                self._current = child = successor
                self.on_replaced()

    async def _successor_of(self, child: Child) -> Child | None:
        """A new process that has taken this one's place; None: it could not, and this one goes on."""
        to_old, to_new = socket.socketpair()
        with to_old, to_new:
            new = await start(self.part, to_new)
            if new is None:
                return None
            child.line.hand_to(to_old)
        self._others.add(new)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pace.preparing):
                await _any_of(new.ready(), self._stop.wait())
        self._others.discard(new)
        if new.is_ready and new.status is None:
            self._log.info("part_replaced", part=self.part.name, pid=new.pid, leaves=child.pid)
            return new
        status = await new.end(self._pace.ending)
        self._log.error("handover_failed", part=self.part.name, pid=new.pid, status=status)
        return None

    async def _see_off(self, child: Child) -> None:
        """It leaves in its own time, within bounds."""
        status = await child.ended_within(self._pace.ending)
        self._others.discard(child)
        self._log.info("part_left", part=self.part.name, pid=child.pid, status=status)

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stop.wait()


async def _any_of(*stories: Coroutine[Any, Any, object]) -> None:
    """Until the first of them is over; the others are called off."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(story) for story in stories]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
