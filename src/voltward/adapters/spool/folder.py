"""The spool as a folder of segments: `ports.spool.Spool`.

Written on the way to the store all the time, not only when the store is away: what waits for a commit
outlives a crash, and there is no second way that only outages try. What was written lately is also kept in
memory, so that it need not be read back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from voltward.adapters.durable_files import disk, make_folder
from voltward.adapters.spool.segment import FACTS, NAME, Segment
from voltward.adapters.sql.engines.to_its_end import to_its_end
from voltward.adapters.value_form import ForeignForm, packed, unpacked
from voltward.crypto.sealing import NONCE_OCTETS, BrokenSeal, SealingKey
from voltward.domain.errors import OutsideFault
from voltward.domain.station_fact import RegistryFact
from voltward.ports.clock import Entropy
from voltward.ports.spool import Entry, Spooled, SpoolMark

CARRIED: Final = 1  # the kind of a record of what is only carried: rows, and how stations came
SEGMENT: Final = 8 * 1024 * 1024  # octets, from which on a new one begins
RECENT: Final = 32  # records that are also kept in memory: a MiB or two; others are read back, 13 us a row
FULL: Final = 0.9  # of the size, from which on nobody new comes in
_UNREADABLE: Final = (BrokenSeal, ForeignForm)

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class SpoolPlace:
    """Where the spool lies, how large it may become in octets, and what seals it."""

    folder: Path
    size: int
    key: SealingKey
    segment: int = SEGMENT


class FolderSpool:
    """See the module. `adopt` takes up what is still in it; its calls take turns, each in a thread."""

    def __init__(self, place: SpoolPlace, entropy: Entropy) -> None:
        self._place = place
        self._entropy = entropy
        self._segments: list[Segment] = []  # oldest first
        self._recent: dict[SpoolMark, tuple[Entry, ...]] = {}
        self._offered: dict[SpoolMark, int] = {}  # offsets behind the records that `next` has told of
        self._remarks: list[str] = []
        self._turn = asyncio.Lock()
        self._size = self._waiting = 0  # counted anew after each turn, to be asked at any time

    # -- ports.spool.Spool --------------------------------------------------------------------------------

    async def append(self, entries: Sequence[Entry], *, for_sure: bool) -> None:
        await self._in_turn(lambda: self._append(entries, for_sure=for_sure))

    async def next(self, most: int) -> Sequence[Spooled]:
        return await self._in_turn(lambda: self._next(most))

    async def arrived(self, marks: Sequence[SpoolMark]) -> None:
        await self._in_turn(lambda: self._arrived(marks))

    async def facts(self) -> Sequence[RegistryFact]:
        return await self._in_turn(self._facts)

    async def arrived_segments(self) -> Sequence[str]:
        return await self._in_turn(lambda: [s.name for s in self._segments if _is_done(s)])

    async def let_go(self, segments: Sequence[str]) -> None:
        await self._in_turn(lambda: self._remove(s for s in self._segments if s.name in segments))

    def remarks(self) -> Sequence[str]:
        said, self._remarks = self._remarks, []
        return said

    @property
    def waiting(self) -> int:
        return self._waiting

    @property
    def is_full(self) -> bool:
        return self._size >= self._place.size * FULL

    # -- for whoever opened it ----------------------------------------------------------------------------

    async def adopt(self) -> None:
        """Take over what ended processes have left; OutsideFault if the folder cannot be had."""
        await self._in_turn(self._adopt)

    def close(self) -> None:
        """Give the files back; what has not arrived stays in them."""
        for segment in self._segments:
            segment.close()
        self._segments.clear()

    # -- in a thread --------------------------------------------------------------------------------------

    async def _in_turn(self, work: Callable[[], _Result]) -> _Result:
        def counted() -> _Result:
            try:
                return work()
            finally:
                self._size = sum(segment.size for segment in self._segments)
                self._waiting = sum(segment.records - segment.taken.number for segment in self._segments)

        async with self._turn:
            return await to_its_end(asyncio.to_thread(counted))

    def _adopt(self) -> None:
        folder = self._place.folder
        if not folder.is_dir():
            make_folder(folder, 0o700)
        with disk(folder, "cannot be looked into"):
            left = sorted(path for path in folder.iterdir() if NAME.fullmatch(path.name))
        known = {segment.path for segment in self._segments}
        found = [segment for path in left if path not in known and (segment := self._adopted(path))]
        self._segments[:0] = found
        self._remove(segment for segment in found if not segment.has_facts)

    def _adopted(self, path: Path) -> Segment | None:
        try:
            return Segment.adopt(path, self._place.key)
        except BrokenSeal as damage:
            aside = path.with_suffix(".damaged")
            path.rename(aside)
            self._remarks.append(f"{path.name}: {damage.what} It is kept as {aside.name}.")
            return None

    def _append(self, entries: Sequence[Entry], *, for_sure: bool) -> None:
        carried = tuple(entry for entry in entries if not isinstance(entry, RegistryFact))
        facts = tuple(entry for entry in entries if isinstance(entry, RegistryFact))
        if carried:
            self._write(CARRIED, carried, for_sure=for_sure)
        if facts:
            self._write(FACTS, facts, for_sure=for_sure)

    def _write(self, kind: int, entries: tuple[Entry, ...], *, for_sure: bool) -> None:
        segment = self._writable()
        nonce = self._entropy.token(NONCE_OCTETS)
        number = segment.append(kind, packed(entries), nonce, for_sure=for_sure)
        if len(self._recent) < RECENT:
            self._recent[SpoolMark(segment.name, number)] = entries

    def _writable(self) -> Segment:
        """The segment that is being written, or the next one."""
        if sum(segment.size for segment in self._segments) >= self._place.size:
            raise OutsideFault(
                "the spool is full.",
                mend="Bring the store back, or raise gateway.spool_size.",
                subject=str(self._place.folder),
            )
        last = self._segments[-1] if self._segments else None
        if last is not None and last.is_open:
            if last.size < self._place.segment:
                return last
            last.is_open = False
            if not last.has_facts:
                self._remove((last,))
        with disk(self._place.folder, "cannot be looked into"):
            orders = [int(path.name[:10]) for path in self._place.folder.glob("*.spool")]
        log = self._entropy.token(16)
        new = Segment.create(self._place.folder, max(orders, default=0) + 1, log, self._place.key)
        self._segments.append(new)
        return new

    def _next(self, most: int) -> list[Spooled]:
        found: list[Spooled] = []
        count = 0
        for segment in tuple(self._segments):
            try:
                for spooled in self._records(segment):
                    found.append(spooled)
                    count += len(spooled.entries)
                    if count >= most:
                        return found
            except _UNREADABLE as damage:
                if found:
                    return found  # what was read before it goes first
                self._set_aside(segment, damage)
        return found

    def _records(self, segment: Segment) -> Iterator[Spooled]:
        for frame in segment.waiting():
            mark = SpoolMark(segment.name, frame.number)
            entries = self._recent.get(mark) or unpacked(segment.content(frame), tuple[Entry, ...])
            self._offered[mark] = frame.end
            yield Spooled(mark, entries)

    def _arrived(self, marks: Sequence[SpoolMark]) -> None:
        by_name = {segment.name: segment for segment in self._segments}
        for mark in marks:
            self._recent.pop(mark, None)
            end = self._offered.pop(mark, None)
            segment = by_name.get(mark.segment)
            if segment is not None and end is not None and mark.number > segment.taken.number:
                segment.taken.number, segment.taken.end = mark.number, end
        self._remove(segment for segment in by_name.values() if not segment.has_facts)

    def _facts(self) -> list[RegistryFact]:
        found: list[RegistryFact] = []
        for segment in self._segments:
            try:
                for content in segment.facts():
                    found.extend(unpacked(content, tuple[RegistryFact, ...]))
            except _UNREADABLE:
                continue  # `next` comes to it, and says so
        return found

    def _set_aside(self, segment: Segment, damage: BrokenSeal | ForeignForm) -> None:
        self._segments.remove(segment)
        aside = segment.set_aside()
        self._remarks.append(f"{segment.path.name}: {damage.what} It is kept as {aside.name}.")

    def _remove(self, segments: Iterable[Segment]) -> None:
        """Let go of those that have arrived whole."""
        for segment in tuple(segments):
            if _is_done(segment):
                self._segments.remove(segment)
                segment.remove()


def _is_done(segment: Segment) -> bool:
    return segment.has_arrived and not segment.is_open
