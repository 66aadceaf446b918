"""What the signed heads of another folder tell of rows that a restored store does not have."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from voltward.adapters.sql.journal.head_file import HeadFile, head_writers
from voltward.adapters.sql.journal.journal_heads import HeadLines, check_lines, read_line, signing_key
from voltward.adapters.sql.journal.journal_rows import WRITER_NAME
from voltward.domain.errors import OutsideFault
from voltward.domain.secret import Secret

_TRIES, _PAUSE = 100, 0.05


@dataclass(frozen=True, slots=True)
class MissingRows:
    """Rows `first` to `last` of a chain; `until`: when the last of them was signed."""

    chain: str
    first: int
    last: int
    until: datetime

    def __str__(self) -> str:
        return f"{self.chain} {self.first} to {self.last}, until {self.until:%Y-%m-%d %H:%M:%S} UTC"


async def rows_beyond(heads: Path, seed: Secret, reached: Mapping[str, int]) -> list[MissingRows]:
    """The rows that heads signed with this key tell of and that are not `reached`, chain by chain.

    OutsideFault if the folder cannot be read.
    """
    found: list[MissingRows] = []
    for writer in sorted(name for name in head_writers(heads) if WRITER_NAME.fullmatch(name)):
        lines = await _lines(HeadFile(heads, writer))
        last, until = max(_signed(lines, seed), default=(0, None))
        have = reached.get(writer, 0)
        if until is not None and last > have:
            found.append(MissingRows(writer, have + 1, last, until))
    return found


def _signed(found: HeadLines, seed: Secret) -> Iterator[tuple[int, datetime]]:
    """Number and time of each head that holds."""
    key = signing_key(seed).public_key()
    for line in found.lines:
        heads, _ = check_lines(key, HeadLines(found.writer, [line], from_the_first=False))
        if heads:
            yield heads[0].seq, read_line(line).at


async def _lines(file: HeadFile) -> HeadLines:
    for _ in range(_TRIES):
        found = await asyncio.to_thread(file.try_read)
        if found is not None:
            return found
        await asyncio.sleep(_PAUSE)
    raise OutsideFault(
        "another process keeps the signed heads locked.", mend="End it first.", subject=str(file.path)
    )
