"""An event as the texts that are stored, signed and read back; and nothing that could hold a secret.

Hostile text comes this way (a station's boot, a path): whatever it is made of, it has one stored form, of
bounded length, that every database takes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from math import isfinite
from typing import Any, Final, cast

import msgspec

from voltward.domain.events import Event, FactValue

LONGEST_TEXT: Final = 4096  # characters; what is cut off is counted
MOST_ENTRIES: Final = 256  # of one fact that is a list

# ASCII: half a surrogate pair, which JSON lets a peer write, stays an escape and breaks no encoder.
# The quick one takes what is ASCII: 8 us a row instead of 12. Exponents of numbers it may write differently.
_QUICK: Final = msgspec.json.Encoder(order="sorted")
_FACTS: Final = json.JSONEncoder(ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False)


@dataclass(frozen=True, slots=True)
class EventText:
    """`at` is ISO 8601 in UTC with microseconds, `facts` is JSON in ASCII with sorted keys."""

    at: str
    kind: str
    actor: str
    subject: str
    facts: str


def time_text(at: datetime) -> str:
    """A time as it is stored: two of them compare as their texts do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def event_text(event: Event) -> EventText:
    """The stored form; `TypeError` for a fact that is no FactValue, a Secret or bytes above all."""
    if event.at.tzinfo is None:
        raise ValueError(f"{event.kind}: an event without a time zone cannot be stored")
    facts = {_name(name): _fact(event.kind, name, value) for name, value in event.facts.items()}
    return EventText(
        at=time_text(event.at),
        kind=_clean(event.kind),
        actor=_clean(event.actor),
        subject=_clean(event.subject),
        facts=_in_ascii(facts),
    )


def event_of(text: EventText) -> Event:
    """The event again; `ValueError` for texts that `event_text` did not make."""
    facts = json.loads(text.facts)
    if not isinstance(facts, dict):
        raise ValueError("facts are not a JSON object")  # noqa: TRY004 (a malformed text, not a wrong argument)
    at = datetime.fromisoformat(text.at)
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return Event(text.kind, at, text.actor, text.subject, _facts(cast("dict[str, Any]", facts)))


def _facts(read: Mapping[str, Any]) -> dict[str, FactValue]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in read.items()}


def _in_ascii(facts: Mapping[str, FactValue]) -> str:
    try:
        text = _QUICK.encode(facts)
    except UnicodeEncodeError:  # half a surrogate pair
        return _FACTS.encode(facts)
    return text.decode("ascii") if text.isascii() else _FACTS.encode(facts)


@lru_cache(maxsize=512)  # there are some dozens of names, and a dozen of them in every row
def _name(name: object) -> str:
    if not isinstance(name, str):
        raise TypeError(f"the name of a fact is {type(name).__name__}")
    return _clean(name)


def _fact(kind: str, name: str, value: object) -> FactValue:
    if isinstance(value, str):
        return _cut(value)
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, float):
        if not isfinite(value):
            raise ValueError(f"{kind}: the fact {name!r} is no number that JSON has")
        return value
    if isinstance(value, tuple) and all(isinstance(entry, str) for entry in value):
        entries = cast("tuple[str, ...]", value)
        cut = (f"(+{len(entries) - MOST_ENTRIES})",) if len(entries) > MOST_ENTRIES else ()
        return tuple(_cut(entry) for entry in entries[:MOST_ENTRIES]) + cut
    # Its type alone: the value may be what must never be seen.
    raise TypeError(f"{kind}: the fact {name!r} is {type(value).__name__}; text, numbers, booleans only")


def _clean(text: str) -> str:
    """UTF-8 without NUL, which PostgreSQL does not take; what cannot be encoded becomes its escape."""
    text = _cut(text).replace("\x00", "\\x00")
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}(+{len(text) - LONGEST_TEXT})"
