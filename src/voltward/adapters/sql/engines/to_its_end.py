"""Steps of the database that nobody may break off halfway."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

_Result = TypeVar("_Result")


async def to_its_end(step: Coroutine[Any, Any, _Result]) -> _Result:
    """Let a step that has begun end, whoever is cancelled meanwhile; the cancellation follows after it.

    SQLAlchemy throws away a connection whose statement was cancelled. The driver cannot close it while the
    statement's cursor lives, and the cursor lives in the traceback of the cancellation until the collector
    comes: for so long the store would stay locked, for us and for every other process.
    """
    task = asyncio.get_running_loop().create_task(step)
    interrupted: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait((task,))
        except asyncio.CancelledError as error:
            interrupted = error
    if interrupted is not None:
        if not task.cancelled():
            task.exception()  # looked at, so that nobody warns of it
        raise interrupted
    return task.result()
