"""Reading the journal: its end, and whether it is whole (ruling 29)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, select, type_coerce
from sqlalchemy.types import NullType

from voltward.adapters.sql.engines.engine import Database
from voltward.adapters.sql.journal.event_text import EventText, event_of, time_text
from voltward.adapters.sql.journal.journal_audit import ChainAudit, StoredRow
from voltward.adapters.sql.journal.journal_chain import ChainHead
from voltward.adapters.sql.journal.journal_rows import WRITER_NAME
from voltward.adapters.sql.journal.journal_signer import JournalSigner
from voltward.adapters.sql.rows.tables import JOURNAL
from voltward.domain.errors import OutsideFault
from voltward.domain.secret import Secret
from voltward.ports.journal import JournalRow

_TEXTS = (JOURNAL.c.at, JOURNAL.c.kind, JOURNAL.c.actor, JOURNAL.c.subject, JOURNAL.c.facts)
# As they stand there: whoever doctors a row need not keep to the types.
_AS_STORED = [type_coerce(c, NullType()) for c in (JOURNAL.c.seq, *_TEXTS, JOURNAL.c.prev_mac, JOURNAL.c.mac)]


class SqlJournalReader:
    """`ports.journal.JournalReader`."""

    def __init__(self, database: Database, signer: JournalSigner, key: Secret) -> None:
        self._database = database
        self._signer = signer
        self._key = key

    async def tail(self, count: int, *, subject: str | None = None) -> Sequence[JournalRow]:
        """By time; a row that cannot be read is an `OutsideFault` that names it."""
        statement = select(JOURNAL.c.writer, JOURNAL.c.seq, *_TEXTS)
        if subject is not None:
            statement = statement.where(JOURNAL.c.subject == subject)
        return await self._newest(statement, count)

    async def of_kind(self, kind: str, since: datetime, most: int) -> Sequence[JournalRow]:
        """As `tail`; times are texts of one form, and so in their order."""
        found = select(JOURNAL.c.writer, JOURNAL.c.seq, *_TEXTS).where(
            JOURNAL.c.kind == kind, JOURNAL.c.at >= time_text(since)
        )
        return await self._newest(found, most)

    async def _newest(self, statement: Select[*tuple[Any, ...]], count: int) -> Sequence[JournalRow]:
        newest_first = statement.order_by(JOURNAL.c.at.desc(), JOURNAL.c.writer.desc(), JOURNAL.c.seq.desc())
        async with self._database.reading() as transaction:
            rows = await transaction.all(newest_first.limit(count))
        return [_journal_row(row) for row in reversed(rows)]

    async def problems(self, now: datetime) -> Sequence[str]:
        """One pass over all rows and all signed heads; for 100,000 rows it takes some seconds.

        Two things leave no trace here: rows of the last second, cut off before their head was signed, and a
        table and its heads that were both put back to the same earlier time.
        """
        # Heads first: what is committed meanwhile is then a row without a head, not a head without a row.
        signed_writers = self._signer.writers()
        signed = {writer: await self._signer.check(writer) for writer in signed_writers if _is_name(writer)}
        async with self._database.reading() as transaction:
            found = await transaction.all(select(JOURNAL.c.writer).distinct())
        writers = {row["writer"] for row in found} | signed_writers
        sentences: list[str] = []
        for writer in sorted(writers, key=str):
            if not _is_name(writer):
                sentences.append(
                    f"{writer!r}: no writer of ours has this name: its rows or heads are forged."
                )
                continue
            heads, problems = signed.get(writer, ([], []))
            sentences += [*problems, *await self._chain_problems(writer, heads, now)]
        return sentences

    async def _chain_problems(self, writer: str, heads: list[ChainHead], now: datetime) -> list[str]:
        audit = ChainAudit(self._key, writer, heads)
        rows = select(*_AS_STORED).where(JOURNAL.c.writer == writer).order_by(JOURNAL.c.seq)
        try:
            async with self._database.reading() as transaction:
                async for portion in transaction.stream(rows):
                    for seq, at, kind, actor, subject, facts, prev_mac, mac in map(tuple, portion):
                        audit.feed(StoredRow(seq, (at, kind, actor, subject, facts), prev_mac, mac))
        except OutsideFault as fault:
            return [*audit.problems(now), f"{writer}: its rows cannot be read to the end: {fault}"]
        return audit.problems(now)


def _is_name(writer: object) -> bool:
    return isinstance(writer, str) and WRITER_NAME.fullmatch(writer) is not None


def _journal_row(row: RowMapping) -> JournalRow:
    try:
        event = event_of(EventText(row["at"], row["kind"], row["actor"], row["subject"], row["facts"]))
    except (ValueError, TypeError) as error:
        raise OutsideFault(
            "this row of the journal was changed: it cannot be read.",
            mend="`voltward journal verify` tells what else was changed.",
            subject=f"{row['writer']} {row['seq']}",
        ) from error
    return JournalRow(row["writer"], row["seq"], event)
