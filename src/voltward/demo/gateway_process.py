"""The gateway as a child process: the real `voltward serve`, started, read, asked to stop, and missed.

It gets a session of its own, so that Ctrl-C reaches the demo alone, which then ends it in good order.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from voltward.demo.gateway_log import GatewayLog, Search
from voltward.domain.errors import OutsideFault

READY_SECONDS: Final = 20.0
STOP_SECONDS: Final = 15.0
RELOAD_SECONDS: Final = 10.0
LONGEST_LINE: Final = 1024 * 1024


class GatewayDied(OutsideFault):
    """The gateway ended, and nobody had asked it to."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where it listens on 127.0.0.1."""

    tls: int
    plain: int
    metrics: int


class GatewayProcess:
    """One running gateway; made by `gateway_process`."""

    def __init__(self, process: Process, log: GatewayLog) -> None:
        self.log = log
        self.is_stopping = False
        self._process = process

    async def ready(self) -> Ports:
        """Wait until it listens; `GatewayDied` or an OutsideFault when it does not."""
        event = await self.log.wait_for(Search({"gateway_ready"}), READY_SECONDS)
        if event is None:
            raise OutsideFault(
                f"the gateway was not ready after {READY_SECONDS:g} s.", mend=_last_words(self.log)
            )
        facts = event.facts
        return Ports(*(int(str(facts[name])) for name in ("tls_port", "plain_port", "metrics_port")))

    async def listen(self) -> None:
        """Read its log until it ends; `GatewayDied` when nobody had asked for that."""
        stream = self._process.stderr
        assert stream is not None, "started with a pipe"
        while line := await _next_line(stream):
            event = await self.log.take(line)
            # `serve` starts a part again that died; a demo of it would go on as if nothing had happened.
            if event is not None and event.kind == "part_ended" and not self.is_stopping:
                raise GatewayDied("the gateway died.", mend=_last_words(self.log))
        status = await self._process.wait()
        if not self.is_stopping:
            raise GatewayDied(f"the gateway ended with status {status}.", mend=_last_words(self.log))

    async def reload(self) -> bool:
        """Have it read settings and server certificates again; whether it did."""
        before = self.log.taken
        self._process.send_signal(signal.SIGHUP)
        told = await self.log.wait_for(Search({"settings_reloaded"}, after=before), RELOAD_SECONDS)
        return told is not None

    async def stop(self) -> int | None:
        """Ask it to end, and await that; its exit status, or None when it had to be killed."""
        self.is_stopping = True
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                return await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
            return None


@asynccontextmanager
async def gateway_process(settings: Path, overrides: Sequence[str]) -> AsyncIterator[GatewayProcess]:
    """A gateway on these settings, for as long as the block runs."""
    options = [option for override in overrides for option in ("--set", override)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "voltward", "serve", "-c", str(settings), *options,
        stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE, limit=LONGEST_LINE, start_new_session=True,
    )  # fmt: skip
    gateway = GatewayProcess(process, GatewayLog())
    try:
        yield gateway
    finally:
        # Shielded: a second Ctrl-C must not leave the child behind.
        await asyncio.shield(gateway.stop())


async def _next_line(stream: asyncio.StreamReader) -> bytes:
    """The next line; empty at the end. A line beyond all measure is passed over."""
    while True:
        try:
            return await stream.readline()
        except ValueError:
            continue


def _last_words(log: GatewayLog) -> str:
    lines = "".join(f"\n  {line}" for line in log.last_lines)
    return f"It said last:{lines}" if lines else "It said nothing."
