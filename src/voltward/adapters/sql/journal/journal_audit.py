"""One chain of the journal against its MACs and its signed heads: what does not fit, in words. Pure."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeGuard

from voltward.adapters.sql.journal.event_text import EventText
from voltward.adapters.sql.journal.journal_chain import GENESIS, ChainHead, ChainLink, row_mac
from voltward.domain.secret import Secret

UNSIGNED_FOR: Final = timedelta(minutes=2)  # a row that is older and stands behind the last head is a problem
_MOST_SENTENCES: Final = 20  # of one chain


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A row as it stands in the database, of whatever types somebody has put there."""

    seq: Any
    text: tuple[Any, Any, Any, Any, Any]  # at, kind, actor, subject, facts
    prev_mac: Any
    mac: Any


class ChainAudit:
    """Fed with the rows of one chain by ascending number; then asked for its `problems`."""

    def __init__(self, key: Secret, writer: str, heads: Iterable[ChainHead]) -> None:
        self._key = key
        self._writer = writer
        self._heads: dict[int, set[bytes]] = {}
        for head in heads:
            self._heads.setdefault(head.seq, set()).add(head.mac)
        self._last_head = max(self._heads, default=0)
        self._last = ChainHead(writer, 0, GENESIS)
        self._rows = 0
        self._broken = 0  # rows whose MAC does not fit
        self._first_unsigned: tuple[int, str] | None = None
        self._sentences: list[str] = []

    def feed(self, row: StoredRow) -> None:
        self._rows += 1
        if not _is_whole(row):
            self._broken += 1
            self._say(f"{self._writer} {row.seq}: the row is not of the form that was written.")
            return
        follows = self._check_place(row)
        self._check_content(row, follows=follows)
        if row.mac not in self._heads.get(row.seq, {row.mac}):
            self._say(f"{self._writer} {row.seq}: this is not the row whose head was signed.")
        if row.seq > self._last_head and self._first_unsigned is None:
            self._first_unsigned = (row.seq, row.text[0])
        self._last = ChainHead(self._writer, row.seq, row.mac)

    def problems(self, now: datetime) -> list[str]:
        """A sentence for each thing that does not fit, naming chain and row."""
        sentences = self._sentences
        if self._rows > 0 and self._broken == self._rows:
            rows = f"{self._writer} 1 to {self._last.seq}"
            sentences = [f"{rows}: no row answers to this key: it is the wrong one, or all were forged."]
        elif len(sentences) > _MOST_SENTENCES:
            more = len(sentences) - _MOST_SENTENCES
            sentences = [*sentences[:_MOST_SENTENCES], f"{self._writer}: and {more} problems more."]
        return [*sentences, *self._end_problems(now)]

    def _check_place(self, row: StoredRow) -> bool:
        expected = self._last.seq + 1
        if row.seq == expected + 1:
            self._say(f"{self._writer} {expected}: the row is missing.")
        elif row.seq > expected:
            self._say(f"{self._writer} {expected} to {row.seq - 1}: {row.seq - expected} rows are missing.")
        elif row.seq < expected:
            self._say(f"{self._writer} {row.seq}: a row too many stands here.")
        return row.seq == expected

    def _check_content(self, row: StoredRow, *, follows: bool) -> None:
        link = ChainLink(self._writer, row.seq, row.prev_mac)
        try:
            mac = row_mac(self._key, link, EventText(*row.text))
        except UnicodeEncodeError:
            mac = b""
        if not hmac.compare_digest(mac, row.mac):
            self._broken += 1
            self._say(f"{self._writer} {row.seq}: the row was changed or forged: its MAC does not fit.")
        elif follows and row.prev_mac != self._last.mac:
            self._say(f"{self._writer} {row.seq}: the row was not written behind the one before it.")

    def _end_problems(self, now: datetime) -> list[str]:
        if self._last_head > self._last.seq:
            signed = f"signed heads tell of {self._last_head} rows"
            if self._rows == 0:
                return [f"{self._writer}: {signed}, and there is none: the whole chain was taken away."]
            return [
                f"{self._writer} {self._last.seq + 1} to {self._last_head}: {signed}: the end was cut off."
            ]
        if self._first_unsigned is None:
            return []
        seq, at = self._first_unsigned
        if not _is_older(at, now - UNSIGNED_FOR):
            return []
        if self._last_head == 0:
            return [f"{self._writer}: there is no signed head, although its rows begin at {at}."]
        behind = f"{self._writer} {seq}: it is of {at}, and the last signed head is row {self._last_head}"
        return [f"{behind}: heads were cut off, or the process ended before it signed."]

    def _say(self, sentence: str) -> None:
        self._sentences.append(sentence)


def _is_whole(row: StoredRow) -> bool:
    return (
        type(row.seq) is int
        and all(isinstance(text, str) for text in row.text)
        and _is_mac(row.prev_mac)
        and _is_mac(row.mac)
    )


def _is_mac(value: object) -> TypeGuard[bytes]:
    return isinstance(value, bytes) and len(value) == len(GENESIS)


def _is_older(at: str, than: datetime) -> bool:
    try:
        return datetime.fromisoformat(at) < than
    except (ValueError, TypeError):
        return True  # a time that cannot be read protects nothing
