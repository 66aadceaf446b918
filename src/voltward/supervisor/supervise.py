"""The supervisor's own life: it keeps its parts, and listens to signals.

SIGTERM and SIGINT end all parts in order, SIGTERM once more at once; SIGHUP is handed on; SIGUSR2 has a new
process take the place of each part that can hand over, with the code and the settings of now. Where that went
well, the other parts are started anew.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Sequence
from functools import partial

from voltward.supervisor.keeper import Keeper
from voltward.supervisor.parts import ORDINARY, Pace, Part


async def supervise(
    parts: Sequence[Part], pace: Pace = ORDINARY, *, on_stop: Callable[[], None] = lambda: None
) -> int:
    """Run the parts until a signal comes, which `on_stop` is told of; returns the exit status."""
    stop = asyncio.Event()
    keepers = [Keeper(part, pace, stop) for part in parts]
    handing_over = [keeper for keeper in keepers if keeper.part.hands_over]
    others = [keeper for keeper in keepers if not keeper.part.hands_over]
    for keeper in handing_over:
        keeper.on_replaced = partial(_replace, others)

    def end_or_hurry() -> None:
        if stop.is_set():
            _tell(keepers, signal.SIGTERM)
        else:
            on_stop()
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end_or_hurry)
    loop.add_signal_handler(signal.SIGHUP, _tell, keepers, signal.SIGHUP)
    loop.add_signal_handler(signal.SIGUSR2, _replace, handing_over)
    async with asyncio.TaskGroup() as group:
        kept = [group.create_task(keeper.run()) for keeper in keepers]
    return next((status for task in kept if (status := task.result())), 0)


def _tell(keepers: Sequence[Keeper], number: signal.Signals) -> None:
    for keeper in keepers:
        keeper.tell(number)


def _replace(keepers: Sequence[Keeper]) -> None:
    for keeper in keepers:
        keeper.want_successor()
