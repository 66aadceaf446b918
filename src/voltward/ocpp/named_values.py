"""Where payloads name values: tables of the dialects, and the few functions that walk by them.

A *row* is one named value in a payload: an entry of a list (`setVariableData`), or the payload itself
(ChangeConfiguration). Rows are read suspiciously: a member whose name a sloppy reader could take for
another's makes the row unreadable, and whoever asks then decides on the safe side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from voltward.ocpp.names import fold

Path = tuple[str, ...]
Row = dict[str, Any]

#: A step of a path that goes through every entry of a list.
EACH = "[]"
#: Names from the wire are shown in events up to this many characters.
LONGEST_SHOWN_NAME = 120


@dataclass(frozen=True, slots=True)
class Rows:
    """How the rows of one payload look. Paths run from the row inwards."""

    at: str  # the member that holds the list; empty: the payload itself is the one row
    name: tuple[Path, ...]  # where the parts of the name stand
    values: tuple[Path, ...]  # where its values stand
    emptied: Mapping[str, Any] = field(default_factory=dict[str, Any])  # what a stripped row says instead


@dataclass(frozen=True, slots=True)
class RowAnswers:
    """How a row is answered as refused: where answers stand, what they say, what they echo from the row."""

    at: str
    refusal: Mapping[str, Any]
    echoed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NamedValues:
    """A dialect's tables, by action: rows of calls, rows of answers, and how refusals are worded."""

    calls: Mapping[str, Rows]
    answers: Mapping[str, Rows]
    row_answers: Mapping[str, RowAnswers]
    refusals: Mapping[str, Mapping[str, Any]]  # answers that refuse the whole action
    parts: int  # of a name: 1 (key) or 2 (component and variable)


class UnreadableRows(Exception):
    """The rows of a payload cannot be told for sure."""


def rows_of(payload: Row, table: Rows) -> list[Any]:
    """The rows of a payload, `[]` where the list is missing; raises `UnreadableRows`."""
    if not table.at:
        return [payload]
    if table.at in payload and _stands_alone(payload, table.at):
        rows = payload[table.at]
        if isinstance(rows, list):
            return rows
        raise UnreadableRows(table.at)
    if any(fold(key) == fold(table.at) for key in payload):
        raise UnreadableRows(table.at)
    return []


def name_of(row: object, table: Rows) -> str | None:
    """The folded name of a row; None if it cannot be told for sure."""
    parts = [_text_at(row, path) for path in table.name]
    return None if None in parts else ".".join(fold(part) for part in parts if part is not None)


def shown_name(row: object, table: Rows) -> str:
    """The name as the peer spelled it, for events; `?` for what cannot be told."""
    parts = (_text_at(row, path) or "?" for path in table.name)
    return ".".join(parts)[:LONGEST_SHOWN_NAME]


def without_values(row: Row, table: Rows) -> Row:
    """A copy of the row without its values; the row itself where it has none."""
    bare: object = row
    for path in table.values:
        bare = _without(bare, path)
    if bare is row or not isinstance(bare, dict):
        return row
    return {**bare, **table.emptied}


def refused_row(row: Row, answers: RowAnswers) -> Row:
    """The answer that says that this row was refused."""
    return {**answers.refusal, **{key: row[key] for key in answers.echoed if key in row}}


def with_rows(payload: Row, table: Rows, rows: list[Any]) -> Row:
    """The payload with these rows in place of its own."""
    return {**payload, table.at: rows} if table.at else rows[0]


def _stands_alone(node: Mapping[str, Any], key: str) -> bool:
    """No other member could be taken for this one by a reader that ignores letter case or punctuation."""
    folded = fold(key)
    return sum(1 for other in node if fold(other) == folded) == 1


def _text_at(row: object, path: Path) -> str | None:
    node = row
    for step in path:
        if not isinstance(node, dict) or step not in node or not _stands_alone(node, step):
            return None
        node = node[step]
    return node if isinstance(node, str) else None


def _without(node: object, path: Path) -> object:
    """A copy of the node without what stands at the path; the node itself where nothing stands there."""
    step, rest = path[0], path[1:]
    if step == EACH:
        if not isinstance(node, list):
            return node
        entries = [_without(entry, rest) for entry in node]
        return node if all(new is old for new, old in zip(entries, node, strict=True)) else entries
    if not isinstance(node, dict) or step not in node:
        return node
    if not rest:
        return {key: value for key, value in node.items() if key != step}
    inner = _without(node[step], rest)
    return node if inner is node[step] else {**node, step: inner}
