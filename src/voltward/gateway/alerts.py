"""Somebody is called: a command of the operator's, with the event as JSON on its standard input. No shell."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from voltward.domain.events import Event

if TYPE_CHECKING:
    # Every command reads the settings: log and metrics would cost it a seventh of its start.
    from voltward.gateway.report import Reports

WAITING = 16  # alarms; the oldest falls out
PATIENCE = 10.0  # seconds that a command may take
PAUSE = 1.0


class AlertSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[alerts]`: how somebody is called."""

    command: list[str] = field(default_factory=list[str])  # a program and its arguments


class Alerts:
    """A bounded queue of alarms, and the loop that calls somebody, one after the other."""

    def __init__(self, settings: AlertSettings, reports: Reports) -> None:
        self._command = tuple(settings.command)
        self._reports = reports
        self._waiting: deque[Event] = deque(maxlen=WAITING)
        reports.on_alarm = self.put

    def put(self, event: Event) -> None:
        """Queue it; never blocks."""
        if self._command:
            self._waiting.append(event)

    @property
    def waiting(self) -> int:
        """Alarms that nobody was called for yet."""
        return len(self._waiting)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(PAUSE)
            while self._waiting:
                event = self._waiting.popleft()
                if problem := await self.call(event):
                    self._reports.happened("alert_not_sent", event.kind, {"reason": problem})

    async def call(self, event: Event) -> str:
        """Run the command; what went wrong, in words. Empty: it ended well."""
        pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command, stdin=pipe, stdout=nowhere, stderr=nowhere
            )
        except OSError as error:
            return f"{self._command[0]}: {error.strerror or error}"
        try:
            async with asyncio.timeout(PATIENCE):
                await process.communicate(_as_json(event))
        except TimeoutError:
            return f"{self._command[0]} took longer than {PATIENCE:g} s"
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return f"{self._command[0]} ended with status {process.returncode}" if process.returncode else ""


def _as_json(event: Event) -> bytes:
    told: dict[str, Any] = {
        "event": event.kind, "at": event.at.isoformat(), "subject": event.subject, **event.facts
    }  # fmt: skip
    return json.dumps(told).encode() + b"\n"
