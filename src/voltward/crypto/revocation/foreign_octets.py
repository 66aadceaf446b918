"""Lists and answers of others, before a signature was looked at: whatever is wrong with them is one thing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class UnreadableOctets(Exception):
    """They are not what they should be; never leaves this room."""


@contextmanager
def foreign_octets() -> Iterator[None]:
    """Around all that reads them. The parser has a dozen exceptions for such octets, and grows new ones."""
    try:
        yield
    except Exception as error:
        raise UnreadableOctets from error
