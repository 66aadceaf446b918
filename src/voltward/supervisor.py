"""`serve` as a supervisor: the parts of Voltward as child processes, each with its own imports (ruling 33).

A part that dies is started again, later each time. A vital part that ends because its settings or the outside
are wrong (exit status 2 or 3) before it was ever ready takes the supervisor with it: starting it again would
not mend that. Without the others the door stays open: they are tried again, and the log says why. SIGTERM and
SIGINT end all parts in order, SIGTERM once more at once; SIGHUP is handed on.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import msgspec
import structlog

PARTS = ("signer", "gateway")  # worker and portal come with what they do
VITAL = frozenset({"gateway"})  # without these there is nothing to supervise
HOPELESS = (2, 3)
PR_SET_PDEATHSIG = 1  # <sys/prctl.h>
PROGRAM = (sys.executable, "-m", "voltward")


@dataclass(frozen=True, slots=True)
class Part:
    """A child process by name, with the arguments of its program: by default, `voltward`.

    `user`: whom it runs as, if not as the supervisor. `environment`: what it is told, if not everything.
    """

    name: str
    arguments: tuple[str, ...]
    program: tuple[str, ...] = PROGRAM
    user: str | None = None
    environment: Mapping[str, str] | None = None

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


ORDINARY = Pace()


def log_as_json() -> None:
    """The log of the supervisor and of its parts: to standard error, one JSON object a line.

    Secrets are unprintable by their type.
    """
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_as_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.BytesLoggerFactory(file=sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )


async def supervise(
    parts: Sequence[Part], pace: Pace = ORDINARY, *, on_stop: Callable[[], None] = lambda: None
) -> int:
    """Run the parts until a signal comes, which `on_stop` is told of; returns the exit status."""
    log = structlog.get_logger()
    stop = asyncio.Event()
    running: dict[str, asyncio.subprocess.Process] = {}
    loop = asyncio.get_running_loop()
    _listen_to_signals(running, stop, on_stop)
    statuses: list[int] = []

    async def keep(part: Part) -> None:
        pause = pace.first_pause
        while not stop.is_set():
            started = loop.time()
            process = await _start(part)
            if process is None:
                await _sleep(pause, stop)
                pause = min(pause * 2, pace.longest_pause)
                continue
            running[part.name] = process
            status = await _until(process, stop, pace.ending)
            del running[part.name]
            if stop.is_set():
                return
            settled = loop.time() - started > pace.settled
            if status in HOPELESS and not settled and part.name in VITAL:
                log.error("part_ended", part=part.name, status=status)
                statuses.append(status)
                stop.set()
                return
            pause = pace.first_pause if settled else pause
            log.error("part_ended", part=part.name, status=status, again_in=pause)
            await _sleep(pause, stop)
            pause = min(pause * 2, pace.longest_pause)

    async with asyncio.TaskGroup() as group:
        for part in parts:
            group.create_task(keep(part))
    return statuses[0] if statuses else 0


async def _start(part: Part) -> asyncio.subprocess.Process | None:
    """The part's process; None, and a line about it, where the system has none to give or no such program."""
    log = structlog.get_logger()
    try:
        process = await asyncio.create_subprocess_exec(
            *part.command, user=part.user, env=part.environment, extra_groups=[] if part.user else None
        )
    except OSError as error:
        log.warning("part_not_started", part=part.name, reason=error.strerror or str(error))
        return None
    log.info("part_started", part=part.name, pid=process.pid)
    return process


async def _until(process: asyncio.subprocess.Process, stop: asyncio.Event, patience: float) -> int:
    """Until the process ends by itself, or is asked to and does; `patience` is in seconds."""
    async with asyncio.TaskGroup() as group:
        ended = group.create_task(process.wait())
        stopped = group.create_task(stop.wait())
        await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not ended.done():
            _tell(process, signal.SIGTERM)
            await asyncio.wait({ended}, timeout=patience)
            if not ended.done():
                _tell(process, signal.SIGKILL)
    return ended.result()


async def _sleep(seconds: float, stop: asyncio.Event) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()


def end_with_parent(parent: int) -> None:
    """A part whose supervisor was killed ends in order instead of keeping its ports. On Linux alone."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        signal.raise_signal(signal.SIGTERM)  # it has gone before this


def _listen_to_signals(
    running: dict[str, asyncio.subprocess.Process], stop: asyncio.Event, on_stop: Callable[[], None]
) -> None:
    loop = asyncio.get_running_loop()
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, _end_or_hurry, running, stop, on_stop)
    loop.add_signal_handler(signal.SIGHUP, _hand_on, running, signal.SIGHUP)


def _end_or_hurry(
    running: dict[str, asyncio.subprocess.Process], stop: asyncio.Event, on_stop: Callable[[], None]
) -> None:
    if stop.is_set():
        _hand_on(running, signal.SIGTERM)
    else:
        on_stop()
    stop.set()


def _hand_on(running: dict[str, asyncio.subprocess.Process], number: signal.Signals) -> None:
    for process in running.values():
        _tell(process, number)


def _tell(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # it has ended by itself, and nobody has heard yet
        process.send_signal(number)


def _as_json(event: object, **_: object) -> bytes:
    """msgspec costs a tenth of `json` here, and there is a line for every connection."""
    return msgspec.json.encode(event, enc_hook=str)
