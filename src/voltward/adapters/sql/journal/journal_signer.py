"""Who signs the heads of the journal's chains, and when; the file itself is `head_file`.

A unit of work signs as soon as it has committed. Where a `JournalWriter` runs for the same chain, it does
that for everybody, at its own pace.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from voltward.adapters.sql.journal.head_file import HeadFile, head_writers
from voltward.adapters.sql.journal.journal_chain import ChainHead
from voltward.adapters.sql.journal.journal_heads import check_lines, next_line, read_line, signing_key
from voltward.domain.errors import OutsideFault
from voltward.domain.secret import Secret
from voltward.ports.clock import Clock

_TURN_SECONDS: Final = 5.0
_RETRY_SECONDS: Final = 0.02

_Result = TypeVar("_Result")


class JournalSigner:
    """Signs heads with an Ed25519 key (seed of 32 octets), and checks what was signed."""

    def __init__(self, directory: Path, seed: Secret, clock: Clock) -> None:
        self.directory = directory
        self._key = signing_key(seed)
        self._clock = clock
        self._files: dict[str, HeadFile] = {}
        self._newest: dict[str, ChainHead] = {}
        self._kept: set[str] = set()

    def keep(self, writer: str) -> None:
        """From now on somebody calls `sign_newest` for this chain in time."""
        self._kept.add(writer)

    def release(self, writer: str) -> None:
        self._kept.discard(writer)

    def newest(self, writer: str) -> ChainHead | None:
        """The last head that this process has committed or seen."""
        return self._newest.get(writer)

    async def committed(self, head: ChainHead) -> None:
        """A chain has grown: sign its head, unless somebody keeps its heads."""
        if head.seq >= self._newest.get(head.writer, head).seq:
            self._newest[head.writer] = head
        if head.writer not in self._kept:
            await self._sign(head)

    async def sign_newest(self, writer: str) -> None:
        """Sign what `newest` says, again if need be: a head also says that nothing came since."""
        head = self._newest.get(writer)
        if head is not None:
            await self._sign(head)

    async def check(self, writer: str) -> tuple[list[ChainHead], list[str]]:
        """The signed heads of a chain that hold, and a sentence for each line that does not."""
        found = await self._in_turn(writer, self._file(writer).try_read)
        return check_lines(self._key.public_key(), found)

    def writers(self) -> set[str]:
        """Every chain that has signed heads."""
        return head_writers(self.directory)

    async def _sign(self, head: ChainHead) -> None:
        at = self._clock.now()

        def follow(last: bytes | None) -> bytes | None:
            return None if _says_more(last, head) else next_line(self._key, head, at, last)

        file = self._file(head.writer)
        await self._in_turn(head.writer, lambda: file.try_append(follow) or None)

    async def _in_turn(self, writer: str, attempt: Callable[[], _Result | None]) -> _Result:
        try:
            async with asyncio.timeout(_TURN_SECONDS):
                while True:
                    result = await asyncio.to_thread(attempt)
                    if result is not None:
                        return result
                    await asyncio.sleep(_RETRY_SECONDS)
        except TimeoutError as error:
            raise OutsideFault(
                f"another process keeps the journal's signed heads locked for {_TURN_SECONDS:.0f} seconds.",
                mend="End it and try again.",
                subject=str(self._file(writer).path),
            ) from error

    def _file(self, writer: str) -> HeadFile:
        return self._files.setdefault(writer, HeadFile(self.directory, writer))


def _says_more(last: bytes | None, head: ChainHead) -> bool:
    """Has another process signed a later row of this chain already? Then ours adds nothing.

    The same is true of a table whose end was cut off: the head that tells of it must stay the last word.
    """
    if last is None:
        return False
    try:
        return read_line(last).head.seq > head.seq
    except ValueError:
        return False
