"""A store moves into another database: every row as it is, compared at the end, and the old one closed.

Rows of the journal and their MACs are copied, never made again: a chain that was whole is whole afterwards,
and the signed heads, which lie outside of the database, go on fitting.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Column, Connection, MetaData, Row, String, Table, delete, func, insert, select

from voltward.adapters.sql.engines.engine import Database, Transaction
from voltward.adapters.sql.rows.tables import METADATA
from voltward.adapters.sql.schema import StoreState, make_tables, store_version
from voltward.domain.errors import OperatorFault, OutsideFault

_PORTION: Final = 1000  # rows
Progress = Callable[[str, int], None]  # a table, and how many of its rows are there by now


@dataclass(frozen=True, slots=True)
class Copied:
    """The rows of one table: how many, and a SHA-256 over all of them."""

    rows: int
    digest: bytes


async def refuse_what_is_there(target: Database) -> None:
    """`OperatorFault` unless the database is empty: rows of two stores do not go together."""
    state, _ = await store_version(target)
    if state is not StoreState.EMPTY:
        raise OperatorFault(
            "there is something in the database that the store shall move to.",
            mend="Name an empty one; if a move was broken off, take away what it left, and begin again.",
            subject=target.name,
        )


async def copy_store(
    source: Transaction, target: Transaction, progress: Progress, metadata: MetaData = METADATA
) -> Mapping[str, int]:
    """Copy every table into the fresh one and compare; returns the number of rows of each.

    Commits neither. `OperatorFault` for a text that the target does not take, `OutsideFault` if what arrived
    differs.
    """
    if metadata is METADATA:
        await make_tables(target)
    for table in reversed(metadata.sorted_tables):
        await target.change(delete(table))  # rows that the migrations put there
    counts: dict[str, int] = {}
    for table in metadata.sorted_tables:
        sent = await _copy(source, target, table, progress)
        arrived = await _digest(target, table)
        if sent != arrived:
            raise OutsideFault(
                f"of {table.name}, {sent.rows} rows were sent and {arrived.rows} arrived, or they differ.",
                mend="Nothing was changed. Look into the log of the database server.",
            )
        await _count_on(target, table)
        counts[table.name] = sent.rows
    return counts


async def _copy(source: Transaction, target: Transaction, table: Table, progress: Progress) -> Copied:
    digest, rows = hashlib.sha256(), 0
    async for portion in source.stream(_in_order(table), _PORTION):
        _check_texts(table, portion)
        await target.change(insert(table), [row._asdict() for row in portion])
        for row in portion:
            digest.update(_octets(row))
        rows += len(portion)
        progress(table.name, rows)
    return Copied(rows, digest.digest())


async def _digest(target: Transaction, table: Table) -> Copied:
    digest, rows = hashlib.sha256(), 0
    async for portion in target.stream(_in_order(table), _PORTION):
        for row in portion:
            digest.update(_octets(row))
        rows += len(portion)
    return Copied(rows, digest.digest())


def _in_order(table: Table) -> Any:  # a Select over all columns, whatever their types
    return select(table).order_by(*table.primary_key.columns)


def _octets(row: Row[Any]) -> bytes:
    """Two different rows never have the same octets: each value stands there with its type and its ends."""
    return repr([_plain(value) for value in row]).encode("utf-8", "surrogatepass") + b"\n"


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, (list, dict)):  # of a JSON column
        return json.dumps(value, sort_keys=True)
    return value


def _check_texts(table: Table, portion: Iterable[Row[Any]]) -> None:
    """SQLite takes texts of any length, and with NUL in them; PostgreSQL does not."""
    longest = {i: c.type.length for i, c in enumerate(table.columns) if isinstance(c.type, String)}
    keys = [i for i, column in enumerate(table.columns) if column.primary_key]
    for row in portion:
        for place, length in longest.items():
            value = row[place]
            if value is not None and ("\x00" in value or (length is not None and len(value) > length)):
                which = ", ".join(str(row[key]) for key in keys)
                raise OperatorFault(
                    f"in {table.name} ({which}), {table.columns[place].name} holds a text that cannot move: "
                    "it is too long, or has a NUL in it.",
                    mend="Change it in the old store, then begin again.",
                )


async def _count_on(target: Transaction, table: Table) -> None:
    """A column that counts by itself goes on behind the highest number that was copied."""
    column = table.autoincrement_column
    if column is not None:
        await target.run(lambda connection: _set_sequence(connection, table, column))


def _set_sequence(connection: Connection, table: Table, column: Column[int]) -> None:
    if connection.dialect.name == "postgresql":  # SQLite looks at the highest row itself
        sequence = func.pg_get_serial_sequence(table.name, column.name)
        connection.execute(select(func.setval(sequence, func.coalesce(func.max(column), 0) + 1, False)))  # noqa: FBT003
