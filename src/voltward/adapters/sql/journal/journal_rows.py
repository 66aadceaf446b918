"""Rows of the journal in the database: append inside a transaction, read the end of a chain."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select

from voltward.adapters.sql.engines.engine import Transaction
from voltward.adapters.sql.journal.event_text import EventText
from voltward.adapters.sql.journal.journal_chain import GENESIS, ChainHead, ChainLink, row_mac
from voltward.adapters.sql.rows.tables import JOURNAL
from voltward.domain.secret import Secret

WRITER_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")  # it is also the name of a file


def checked_writer(name: str) -> str:
    """The name of a chain; `ValueError` if it is not small letters, digits and hyphens, at most 32."""
    if not WRITER_NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot name a journal writer")
    return name


async def append_rows(
    transaction: Transaction, key: Secret, writer: str, texts: Sequence[EventText]
) -> ChainHead:
    """Append to a writer's chain and return its new head.

    The end of the chain is read in the very transaction that appends: several processes may share a chain,
    because the database lets one of them write at a time.
    """
    head = await chain_head(transaction, writer) or ChainHead(writer, 0, GENESIS)
    rows: list[Mapping[str, Any]] = []
    for text in texts:
        link = ChainLink(writer, head.seq + 1, head.mac)
        head = ChainHead(writer, link.seq, row_mac(key, link, text))
        rows.append(
            {
                "writer": writer,
                "seq": link.seq,
                "at": text.at,
                "kind": text.kind,
                "actor": text.actor,
                "subject": text.subject,
                "facts": text.facts,
                "prev_mac": link.prev_mac,
                "mac": head.mac,
            }
        )
    await transaction.insert(JOURNAL, rows)
    return head


async def chain_head(transaction: Transaction, writer: str) -> ChainHead | None:
    """The last row of a chain, or None if it has none."""
    row = await transaction.first(
        select(JOURNAL.c.seq, JOURNAL.c.mac)
        .where(JOURNAL.c.writer == writer)
        .order_by(JOURNAL.c.seq.desc())
        .limit(1)
    )
    return ChainHead(writer, row["seq"], row["mac"]) if row is not None else None


async def chain_heads(transaction: Transaction) -> Sequence[ChainHead]:
    """The last row of every chain."""
    rows = await transaction.all(select(JOURNAL.c.writer).distinct())
    heads = [await chain_head(transaction, row["writer"]) for row in rows]
    return [head for head in heads if head is not None]
