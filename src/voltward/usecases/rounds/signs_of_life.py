"""Who is alive, written down by those who have the store, and read by whoever wants to know.

A sign is the time of whoever gave it. The gateway goes by whether it moves, so that clocks which differ harm
nobody; people are told the time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from voltward.domain.part import Part
from voltward.ports.storage import Reading, Store

EVERY: Final = 10.0  # seconds between two signs
SILENT: Final = timedelta(seconds=45)  # without one: four were left out
_MARK: Final = "alive:"


async def give_sign(store: Store, parts: Collection[Part], now: datetime) -> None:
    """These are alive."""
    async with store.begin() as work:
        for part in parts:
            await work.marks.set(f"{_MARK}{part}", int(now.timestamp()))
        await work.commit()


async def read_signs(reading: Reading, parts: Iterable[Part]) -> Mapping[Part, datetime | None]:
    """The last sign of each; None: it has never given one."""
    marks = {part: await reading.marks.get(f"{_MARK}{part}") for part in parts}
    return {part: datetime.fromtimestamp(at, UTC) if at else None for part, at in marks.items()}


@dataclass(frozen=True, slots=True)
class PartSeen:
    """A part, and its last sign of life."""

    part: Part
    at: datetime | None
    is_silent: bool


async def look_at_parts(store: Store, parts: Iterable[Part], now: datetime) -> list[PartSeen]:
    """For people, by this machine's clock."""
    async with store.read() as reading:
        signs = await read_signs(reading, parts)
    return [PartSeen(part, at, at is None or now - at > SILENT) for part, at in signs.items()]
