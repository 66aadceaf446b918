"""One gateway to a deployment: who serves holds its room of keys for as long as it runs.

Two would each have a table of links, a throttle and a memory of their own: a second connection of a station
would pass unseen by the first, and each guess would count half (ADR 0008).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from voltward.domain.errors import OperatorFault


@contextmanager
def only_one(room: Path) -> Iterator[None]:
    """For the length of the block this process alone serves. OperatorFault if another one does.

    The folder itself is locked: nothing is left behind by a process that was killed. One that is not there,
    or closed to us, is told of by whoever opens the room.
    """
    try:
        folder = os.open(room, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        yield
        return
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OperatorFault(
                "another gateway serves this deployment.",
                mend="End that one first, or send it SIGUSR2: then a new process takes over from it.",
                subject=str(room.parent),
            ) from error
        yield
    finally:
        os.close(folder)  # gives the lock back
