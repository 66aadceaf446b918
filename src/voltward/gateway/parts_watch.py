"""Are the processes beside this one alive? What their silence means is told, and nobody is refused for it.

Signer and publisher have no store: the worker tells of them, so nothing is said of them while it is silent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from voltward.domain.errors import OutsideFault
from voltward.domain.part import SILENCE, Part
from voltward.gateway.report import Reports
from voltward.ports.clock import Clock
from voltward.ports.storage import Store
from voltward.usecases.rounds.signs_of_life import EVERY, SILENT, read_signs

TOLD_BY_WORKER: Final = frozenset({Part.SIGNER, Part.PUBLISHER})


class PartsWatch:
    """Looks every few seconds. Time counts only while the store is there to be read."""

    def __init__(self, store: Store, expected: Collection[Part], reports: Reports, clock: Clock) -> None:
        self._store = store
        self._expected = tuple(expected)
        self._reports = reports
        self._clock = clock
        self._last: Mapping[Part, datetime | None] = {}
        self._heard: dict[Part, float] = {}  # monotonic seconds
        self.silent: tuple[Part, ...] = ()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY)

    async def look(self) -> None:
        """Once. A store that is away is told elsewhere, and gives everybody time."""
        now = self._clock.monotonic()
        try:
            async with self._store.read() as reading:
                signs = await read_signs(reading, self._expected)
        except OutsideFault:
            self._heard.clear()
            return
        for part in self._expected:
            if part not in self._heard or signs[part] != self._last.get(part):
                self._heard[part] = now
        self._last = signs
        self._tell(self._silent(now))

    def remarks(self) -> list[str]:
        """For whoever asks whether the gateway is ready: it is, all the same."""
        return [f"the {part} gives no sign of life: {SILENCE[part].means}" for part in self.silent]

    def _silent(self, now: float) -> tuple[Part, ...]:
        silent = [part for part in self._expected if now - self._heard[part] > SILENT.total_seconds()]
        if Part.WORKER in silent:
            for part in TOLD_BY_WORKER & self._heard.keys():
                self._heard[part] = now
            return tuple(part for part in silent if part not in TOLD_BY_WORKER)
        return tuple(silent)

    def _tell(self, silent: tuple[Part, ...]) -> None:
        for part in self._expected:
            was, is_now = part in self.silent, part in silent
            if is_now and not was:
                last = self._last.get(part)
                facts = {
                    "last_sign": last.isoformat() if last is not None else None,
                    "means": SILENCE[part].means,
                    "mend": SILENCE[part].mend,
                }
                self._reports.alarm("part_silent", part.value, facts)
            elif was and not is_now:
                self._reports.happened("part_heard", part.value)
            self._reports.metrics.parts.labels(part.value).set(0 if is_now else 1)
        self.silent = silent
