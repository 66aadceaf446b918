"""A part of Voltward as a child process: how it is started, told something, and ended."""

from __future__ import annotations

import asyncio
import ctypes
import os
import pwd
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog

from voltward.gateway.handover.supervised import ToGateway

PARTS = ("signer", "worker", "publisher", "enrolment", "gateway")  # the portal comes with what it does
VITAL = frozenset({"gateway"})  # without these there is nothing to supervise
PR_SET_PDEATHSIG = 1  # <sys/prctl.h>
PROGRAM = (sys.executable, "-m", "voltward")
FIRST_OF_SYSTEMD = 3  # sd_listen_fds(3)


@dataclass(frozen=True, slots=True)
class Part:
    """A child process by name, with the arguments of its program: by default, `voltward`.

    `user`: whom it runs as, if not as the supervisor. `environment`: what it is told, if not everything. One
    that `hands_over` takes the descriptors of the sockets to its supervisor and to the process before it.
    """

    name: str
    arguments: tuple[str, ...]
    program: tuple[str, ...] = PROGRAM
    user: str | None = None
    environment: Mapping[str, str] | None = None
    hands_over: bool = False

    @property
    def command(self) -> list[str]:
        """The program and its arguments."""
        return [*self.program, *self.arguments]


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient the supervisor is, in seconds."""

    first_pause: float = 1.0  # before a part is started again; doubles up to
    longest_pause: float = 60.0
    settled: float = 30.0  # after which a part counts as having run
    ending: float = 20.0  # that a part gets to end before it is killed
    preparing: float = 240.0  # that the successor of a part gets until it could serve


ORDINARY = Pace()


class Child:
    """One running process of a part."""

    def __init__(self, process: asyncio.subprocess.Process, line: ToGateway) -> None:
        self._process = process
        self.line = line
        self.pid = process.pid
        self.is_ready = False

    @property
    def status(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.returncode

    async def ready(self) -> None:
        """Until it listens, or has ended."""
        self.is_ready = await self.line.until_ready()
        if not self.is_ready:
            await self.ended()

    async def ended(self) -> int:
        """Until it has; its exit status."""
        status = await self._process.wait()
        self.line.close()
        return status

    async def end(self, patience: float) -> int:
        """Ask it to end, and kill it if it does not within so many seconds."""
        self.tell(signal.SIGTERM)
        return await self.ended_within(patience)

    async def ended_within(self, patience: float) -> int:
        """Wait so many seconds for its end, then kill it."""
        try:
            async with asyncio.timeout(patience):
                return await self.ended()
        except TimeoutError:
            self.tell(signal.SIGKILL)
            return await self.ended()

    def tell(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended.

        Not by `send_signal`: that looks for the end first, and whoever waits for it is told 255 then.
        """
        if self.status is None:
            with suppress(ProcessLookupError):  # it has ended by itself, and nobody has heard yet
                os.kill(self.pid, number)


async def start(part: Part, predecessor: socket.socket | None = None) -> Child | None:
    """The part's process; None, and a line about it, where the system has none to give or no such program.

    `predecessor`: the end of a socket that leads to the process whose place it is to take.
    """
    log = structlog.get_logger()
    line = ToGateway()
    command = part.command
    descriptors: list[int] = []
    if part.hands_over:
        command += ["--supervisor-end", str(line.theirs.fileno())]
        descriptors += [line.theirs.fileno(), *_of_systemd()]
    if predecessor is not None:
        command += ["--predecessor-end", str(predecessor.fileno())]
        descriptors.append(predecessor.fileno())
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            pass_fds=descriptors,
            user=part.user,
            group=pwd.getpwnam(part.user).pw_gid if part.user else None,  # or it keeps ours: that of root
            env=part.environment,
            extra_groups=[] if part.user else None,
        )
    except (OSError, KeyError) as error:
        reason = error.strerror or str(error) if isinstance(error, OSError) else f"no user {part.user!r}"
        log.warning("part_not_started", part=part.name, reason=reason)
        line.close()
        return None
    line.theirs.close()
    log.info("part_started", part=part.name, pid=process.pid)
    return Child(process, line)


def _of_systemd() -> Sequence[int]:
    """Listening sockets that it opened for us: each gateway gets them anew, and listens on what it needs."""
    count = os.environ.get("LISTEN_FDS", "")  # noqa: TID251 - of bootstrap, the supervisor loads nothing
    if not count.isdecimal() or os.environ.get("LISTEN_PID") != str(os.getpid()):  # noqa: TID251
        return ()
    return range(FIRST_OF_SYSTEMD, FIRST_OF_SYSTEMD + int(count))


def end_with_parent(parent: int) -> None:
    """A part whose supervisor was killed ends in order instead of keeping its ports. On Linux alone."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        signal.raise_signal(signal.SIGTERM)  # it has gone before this
