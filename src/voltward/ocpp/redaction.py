"""Payloads made fit for logs (field notes 43, 58). What comes out here is never forwarded.

Hidden are: values of secret names, secret members at any depth, everything in actions that carry a vendor's
own data or that nobody knows, and what a URL holds beside its place (user, password, query).
"""

from __future__ import annotations

import re

from voltward.domain.command_rule import Direction
from voltward.ocpp.dialect import Dialect
from voltward.ocpp.named_values import Row, Rows, UnreadableRows, name_of, rows_of, with_rows, without_values
from voltward.ocpp.names import NamePatterns, fold

HIDDEN = "[hidden]"
#: Longer texts (certificates, signed values) are cut: a log line is for reading.
LONGEST_TEXT = 400

# What tells which vendor's message it was, in actions that are hidden otherwise.
_LABELS = frozenset({"vendorid", "messageid", "status"})
_USERINFO = re.compile(r"(?<=://)[^\s]*@")
_QUERY = re.compile(r"(?<=://)([^\s?#]*)[?#][^\s]*")


class Redactor:
    """One dialect's redaction, its tables compiled."""

    __slots__ = ("_dialect", "_patterns")

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._patterns = NamePatterns(dialect.secrets.names, dialect.named_values.parts)

    def redact(self, action: str, payload: Row) -> Row:
        """A copy of a call's or an answer's payload without anything secret."""
        places = self._dialect.secrets
        known = self._dialect.knows(Direction.TO_STATION, action) or self._dialect.knows(
            Direction.TO_CSMS, action
        )
        if not known or action in places.opaque:
            return {key: _text(value) if fold(key) in _LABELS else HIDDEN for key, value in payload.items()}
        tables = self._dialect.named_values
        for table in (tables.calls.get(action), tables.answers.get(action)):
            if table is not None:
                payload = self._without_secret_rows(payload, table)
        return self._members(payload, "")

    def _without_secret_rows(self, payload: Row, table: Rows) -> Row:
        try:
            rows = rows_of(payload, table)
        except UnreadableRows:
            return dict.fromkeys(payload, HIDDEN)
        return with_rows(payload, table, [self._row(row, table) for row in rows]) if rows else payload

    def _row(self, row: object, table: Rows) -> object:
        if not isinstance(row, dict):
            return HIDDEN
        name = name_of(row, table)
        if name is not None and not self._patterns.match(name):
            return row
        bare = without_values(row, table)
        return row if bare is row else {**bare, "hidden": True}

    def _members(self, node: Row, parent: str) -> Row:
        return {key: self._member(fold(key), value, parent) for key, value in node.items()}

    def _walked(self, node: object, parent: str) -> object:
        if isinstance(node, dict):
            return self._members(node, parent)
        if isinstance(node, list):
            return [self._walked(entry, parent) for entry in node]
        return _text(node)

    def _member(self, key: str, value: object, parent: str) -> object:
        fields = self._dialect.secrets.fields
        if f"{parent}.{key}" in fields or (key in fields and not isinstance(value, dict)):
            return HIDDEN
        return self._walked(value, key)


def _text(value: object) -> object:
    if not isinstance(value, str):
        return value if value is None or isinstance(value, int | float) else HIDDEN
    if "://" in value:
        value = _QUERY.sub(rf"\1?{HIDDEN}", _USERINFO.sub(f"{HIDDEN}@", value))
    return value if len(value) <= LONGEST_TEXT else f"{value[:LONGEST_TEXT]}... ({len(value)} characters)"
