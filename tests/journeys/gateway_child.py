"""The gateway as a child process, by the real `voltward serve`, and its log: every line kept, any line awaited."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE = 15.0  # seconds: the machine is shared
LONGEST_LINE = 1 << 20


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One line: what happened, to whom, and the facts beside it. `at` is the collector's monotonic second."""

    kind: str
    subject: str
    facts: dict[str, Any]
    at: float

    def __getitem__(self, name: str) -> Any:
        return self.facts[name]


class GatewayChild:
    """One running `serve`; made by `gateway_child`."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.events: list[LogEvent] = []
        self.lines: list[str] = []
        self._is_over = False
        self._news = asyncio.Condition()
        self._reading = asyncio.create_task(self._read(), name=f"log of {process.pid}")
        self.tls_port = self.plain_port = self.terminated_port = self.metrics_port = 0

    @property
    def mark(self) -> int:
        """Now, for `event(since=...)`."""
        return len(self.events)

    def seen(self, kind: str, *, since: int = 0, **facts: object) -> Iterator[LogEvent]:
        """The events so far that say all this; `subject` is one of the facts."""
        for event in self.events[since:]:
            told = {**event.facts, "subject": event.subject}
            if event.kind == kind and all(told.get(name) == value for name, value in facts.items()):
                yield event

    async def event(
        self, kind: str, *, since: int = 0, seconds: float = PATIENCE, **facts: object
    ) -> LogEvent:
        """The first such event, now or in time; an assertion that shows what was said instead."""
        return (await self.several(1, kind, since=since, seconds=seconds, **facts))[0]

    async def several(
        self, number: int, kind: str, *, since: int = 0, seconds: float = PATIENCE, **facts: object
    ) -> list[LogEvent]:
        """All such events, as soon as there are so many: the log may be read later than the answer on the wire."""
        try:
            async with asyncio.timeout(seconds), self._news:
                while len(found := list(self.seen(kind, since=since, **facts))) < number:
                    assert not self._is_over, f"it ended: no {kind} with {facts}\n{self._last_words}"
                    await self._news.wait()
                return found
        except TimeoutError:
            raise AssertionError(f"no {kind} with {facts} in {seconds:g} s\n{self._last_words}") from None

    async def ready(self, since: int = 0) -> None:
        """Until it listens."""
        event = await self.event("gateway_ready", since=since, seconds=30)
        self.tls_port = event["tls_port"]
        self.plain_port = event["plain_port"] or 0
        self.terminated_port = event.facts.get("terminated_port") or 0
        self.metrics_port = event["metrics_port"]

    def hang_up(self) -> None:
        """SIGHUP: read settings and chains again."""
        self.process.send_signal(signal.SIGHUP)

    def want_successor(self) -> None:
        """SIGUSR2: a new process takes the gateway's place."""
        self.process.send_signal(signal.SIGUSR2)

    async def stop(self) -> int:
        """SIGTERM, and its exit status."""
        with suppress(ProcessLookupError):
            self.process.terminate()
        return await self.ended()

    async def metrics(self) -> bytes:
        """What Prometheus would get; nothing from a gateway that has ended, or is on its way out."""
        if self.process.returncode is not None:
            return b""
        try:
            async with asyncio.timeout(PATIENCE):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.metrics_port)
                writer.write(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                told = await reader.read()
                writer.close()
                return told
        except ConnectionError:
            return b""

    async def ended(self, seconds: float = PATIENCE) -> int:
        """Until it has ended and all its words were read; killed when it does not end in time."""
        try:
            async with asyncio.timeout(seconds):
                status = await self.process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)  # a group of its own: nobody else is in it
            await self._reading
            raise
        await self._reading
        return status

    async def _read(self) -> None:
        stream = self.process.stderr
        assert stream is not None
        while line := await stream.readline():
            self.lines.append(line.decode("utf-8", "replace").rstrip())
            event = _read_event(line)
            if event is not None:
                async with self._news:
                    self.events.append(event)
                    self._news.notify_all()
        async with self._news:
            self._is_over = True
            self._news.notify_all()

    @property
    def _last_words(self) -> str:
        return "\n".join(self.lines[-15:])


def _read_event(line: bytes) -> LogEvent | None:
    try:
        said = json.loads(line)
    except ValueError:
        return None
    kind, subject = said.pop("event"), said.pop("subject", "")
    return LogEvent(kind, subject, said, asyncio.get_running_loop().time())


# Descriptor 3, and the environment that names this very process (sd_listen_fds(3)).
AS_SYSTEMD = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])
"""

_started: dict[Path, list[GatewayChild]] = {}


def children_of(settings: Path) -> list[GatewayChild]:
    """All that were started on this settings file, ended ones too."""
    return _started.get(settings.resolve(), [])


def _remember(settings: Path, child: GatewayChild) -> None:
    _started.setdefault(settings.resolve(), []).append(child)


async def start_serve(
    settings: Path, *words: str, overrides: Sequence[str] = (), socket_of_systemd: socket.socket | None = None
) -> GatewayChild:
    """`voltward serve` with these words; in a session of its own."""
    options = [word for override in overrides for word in ("--set", override)]
    before, descriptors = [], []
    if socket_of_systemd is not None:
        descriptors = [socket_of_systemd.fileno()]
        before = [sys.executable, "-c", AS_SYSTEMD, str(descriptors[0])]
    process = await asyncio.create_subprocess_exec(
        *before, sys.executable, "-m", "voltward", "serve", *words, "-c", str(settings), *options,
        stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE, limit=LONGEST_LINE, start_new_session=True,
        pass_fds=descriptors,
    )  # fmt: skip
    child = GatewayChild(process)
    _remember(settings, child)
    return child


@asynccontextmanager
async def gateway_child(
    settings: Path, overrides: Sequence[str] = (), *, alone: bool = True
) -> AsyncIterator[GatewayChild]:
    """A gateway that listens, for as long as the block runs. It must end well, and must not have crashed.

    `alone`: without its supervisor.
    """
    words = ("--only", "gateway", "--parent", str(os.getpid())) if alone else ()
    child = await start_serve(settings, *words, overrides=overrides)
    try:
        await child.ready()
        yield child
    finally:
        running = child.process.returncode is None
        status = await child.stop()
        if running:
            crashes = [line for line in child.lines if "task_crashed" in line or "Traceback" in line]
            assert not crashes, "\n".join(crashes[:3])
            assert status == 0, "\n".join(child.lines[-10:])
