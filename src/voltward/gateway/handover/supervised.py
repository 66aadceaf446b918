"""The socket between the supervisor and a gateway: one is told of a successor, the other that it is ready.

Each message is one octet; with SUCCESSOR comes the end of a socket that leads to the next gateway. It loads
next to nothing, since the supervisor does.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Final

READY: Final = b"R"
SUCCESSOR: Final = b"S"


class ToGateway:
    """The supervisor's end, for one gateway process; `theirs` is for that process to inherit."""

    def __init__(self) -> None:
        self._end, self.theirs = socket.socketpair()
        self._end.settimeout(0)

    def hand_to(self, leading_to_it: socket.socket) -> None:
        """Tell the process of its successor. One that has ended need not hear it."""
        with suppress(OSError):
            socket.send_fds(self._end, [SUCCESSOR], [leading_to_it.fileno()])

    async def until_ready(self) -> bool:
        """Until the process listens; False: it will not."""
        with suppress(OSError):
            return await asyncio.get_running_loop().sock_recv(self._end, 1) == READY
        return False

    def close(self) -> None:
        """The process has ended."""
        self._end.close()
        self.theirs.close()


class ToSupervisor:
    """The gateway's end: the descriptor that it was started with. None: nobody supervises it."""

    def __init__(self, descriptor: int | None) -> None:
        self._end = inherited(descriptor) if descriptor is not None else None

    def ready(self) -> None:
        """It listens."""
        if self._end is not None:
            with suppress(OSError):
                self._end.send(READY)

    def listen(self, on_successor: Callable[[socket.socket], None]) -> None:
        """Be told, on the running loop, until `close`."""
        if self._end is not None:
            asyncio.get_running_loop().add_reader(self._end, self._heard, on_successor)

    def close(self) -> None:
        """Hear nothing any more."""
        if self._end is not None:
            asyncio.get_running_loop().remove_reader(self._end)
            self._end.close()
            self._end = None

    def _heard(self, on_successor: Callable[[socket.socket], None]) -> None:
        assert self._end is not None
        try:
            told, descriptors, _, _ = socket.recv_fds(self._end, 1, 1, socket.MSG_CMSG_CLOEXEC)
        except BlockingIOError:
            return
        except OSError:
            told, descriptors = b"", []
        if not told:
            self.close()  # the supervisor has gone
        for descriptor in descriptors:
            on_successor(inherited(descriptor))


def inherited(descriptor: int) -> socket.socket:
    """A socket that came from another process: nobody inherits it again, and nobody waits for it."""
    end = socket.socket(fileno=descriptor)
    end.set_inheritable(False)
    end.settimeout(0)
    return end
