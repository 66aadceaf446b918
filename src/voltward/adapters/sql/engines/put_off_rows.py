"""Rows that a unit of work has changed and not written yet: one statement for all of a kind, at its end.

Only rows that are known by their primary key may wait, and only the last word about each is written.
Whoever puts an update off has read the row in the same transaction, so nobody can have been faster.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import Table, and_, bindparam, delete, insert, text, update
from sqlalchemy.sql.elements import ClauseElement

Key = tuple[Any, ...]  # values of a table's primary key, in the order of its columns
Values = Mapping[str, Any]

_KEY = "key_"  # before the name of a key's column, where the same column may be written too


@dataclass(slots=True)
class _Rows:
    """Of one table."""

    deleted: dict[Key, None] = field(default_factory=dict[Key, None])
    updated: dict[Key, Values] = field(default_factory=dict[Key, Values])
    inserted: dict[Key, Values] = field(default_factory=dict[Key, Values])
    added: dict[Key, Values] = field(default_factory=dict[Key, Values])


class PutOffRows:
    """What waits. Truthy while there is something."""

    def __init__(self) -> None:
        self._tables: dict[Table, _Rows] = {}

    def __bool__(self) -> bool:
        return bool(self._tables)

    def concerns(self, table: Table) -> bool:
        """Whether rows of this table wait."""
        return table in self._tables

    def insert(self, table: Table, values: Values) -> None:
        """A new row."""
        self._of(table).inserted[_key_of(table, values)] = values

    def add(self, table: Table, values: Values) -> None:
        """A row that may be there already: then it stays as it is."""
        self._of(table).added.setdefault(_key_of(table, values), values)

    def update(self, table: Table, key: Key, values: Values) -> None:
        """These columns of a row, wherever it is."""
        rows = self._of(table)
        if key in rows.inserted:
            rows.inserted[key] = {**rows.inserted[key], **values}
            return
        rows.updated[key] = {**rows.updated.get(key, {}), **values}
        if key in rows.added:  # it may be there, or may not
            rows.added[key] = {**rows.added[key], **values}

    def delete(self, table: Table, key: Key) -> None:
        """Harmless where there is no such row."""
        rows = self._of(table)
        for changed in (rows.inserted, rows.added, rows.updated):
            changed.pop(key, None)
        rows.deleted[key] = None

    def take(self) -> Iterator[tuple[ClauseElement, list[Values]]]:
        """Each statement with its rows, in an order in which they can be written; nothing waits any more.

        What frees a unique place comes before what takes it.
        """
        tables, self._tables = self._tables, {}
        for table, rows in tables.items():
            if rows.deleted:
                yield _deletion(table), [_named(table, key) for key in rows.deleted]
            by_columns: dict[tuple[str, ...], list[Values]] = {}
            for key, values in rows.updated.items():
                by_columns.setdefault(tuple(values), []).append({**values, **_named(table, key)})
            for columns, changed in by_columns.items():
                yield _change(table, columns), changed
            if rows.inserted:
                yield insertion(table), [*rows.inserted.values()]
            if rows.added:
                yield _addition(table), [*rows.added.values()]

    def _of(self, table: Table) -> _Rows:
        rows = self._tables.get(table)
        if rows is None:
            rows = self._tables[table] = _Rows()
        return rows


@cache
def insertion(table: Table) -> ClauseElement:
    """New rows, each with all columns."""
    return insert(table)


@cache
def _key_columns(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.primary_key)


def _key_of(table: Table, values: Values) -> Key:
    return tuple([values[name] for name in _key_columns(table)])


def _named(table: Table, key: Key) -> dict[str, Any]:
    return {f"{_KEY}{name}": value for name, value in zip(_key_columns(table), key, strict=True)}


def _is_the_row(table: Table) -> Any:
    columns = table.primary_key
    return and_(*(column == bindparam(f"{_KEY}{column.name}", type_=column.type) for column in columns))


@cache
def _deletion(table: Table) -> ClauseElement:
    return delete(table).where(_is_the_row(table))


@cache
def _change(table: Table, columns: tuple[str, ...]) -> ClauseElement:
    return (
        update(table)
        .where(_is_the_row(table))
        .values({name: bindparam(name, type_=table.c[name].type) for name in columns})
    )


@cache
def _addition(table: Table) -> ClauseElement:
    """As text: both kinds of database know these words, and the library has them for each in its own way."""
    columns = [column.name for column in table.c]
    keys = _key_columns(table)
    values = ", ".join(f":{name}" for name in columns)
    statement = text(  # of names of our own alone
        f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({values}) "  # noqa: S608
        f"ON CONFLICT ({', '.join(keys)}) DO NOTHING"
    )
    return statement.bindparams(*(bindparam(column.name, type_=column.type) for column in table.c))
