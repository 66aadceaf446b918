"""Durations and sizes with their units written out (`10 s`, `24 h`, `1 MiB`), and ends: `2027-03-31`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

_AMOUNT = re.compile(r"\s*([0-9]{1,12}(?:\.[0-9]{1,12})?)\s*([A-Za-z]+)\s*")
_SECONDS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_OCTETS = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}


class Duration(float):
    """Seconds, as a number; in settings always with a unit."""

    __slots__ = ()


class Size(int):
    """Octets, as a number; in settings always with a unit."""

    __slots__ = ()


class Until(datetime):
    """The moment from which something no longer holds, in UTC; in settings a date, that day included."""

    __slots__ = ()


def parse_until(said: str | date) -> Until:
    """Read `2027-03-31` (the whole day counts) or an ISO 8601 time, UTC unless it says otherwise.

    ValueError or OverflowError for what is none. Told in UTC, because an end of time with an offset lies
    beyond what the store can keep.
    """
    if isinstance(said, str):
        said = date.fromisoformat(said) if len(said) <= len("2027-03-31") else datetime.fromisoformat(said)
    if not isinstance(said, datetime):
        said = datetime.combine(said, time()) + timedelta(days=1)
    when = said.astimezone(UTC) if said.tzinfo is not None else said.replace(tzinfo=UTC)
    return Until.combine(when.date(), when.timetz())


def parse_duration(text: str) -> Duration:
    """Read `10 s`, `500 ms`, `2 min`, `24 h`, `30 d`. ValueError says what was expected."""
    amount, unit = _split(text, _SECONDS, "10 s")
    return Duration(amount * _SECONDS[unit])


def parse_size(text: str) -> Size:
    """Read `512 B`, `16 KiB`, `1 MiB`. ValueError says what was expected."""
    amount, unit = _split(text, _OCTETS, "1 MiB")
    size = Size(int(amount * _OCTETS[unit]))
    if size == 0:
        raise ValueError(f"{text!r} leaves no room for a single octet")
    return size


def _split(text: str, units: dict[str, float] | dict[str, int], example: str) -> tuple[float, str]:
    found = _AMOUNT.fullmatch(text)
    if found is None or found[2] not in units:
        raise ValueError(
            f"{text!r} is not a number with one of the units {', '.join(units)} (as in {example!r})"
        )
    return float(found[1]), found[2]
