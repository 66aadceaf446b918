r"""How names are compared: without letter case, punctuation and tricks, because stations do the same.

A rule about `AuthorizationKey` must also hold for `authorizationkey ` and for `AuthorizationKey\0x`, which
a station written in C reads as the protected key. Names of two parts (component and variable) are joined by a
full stop, which folding takes out of the parts themselves.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable


def fold(name: str) -> str:
    """The form in which two names that a sloppy reader could confuse are equal."""
    if "\0" in name:
        name = name.partition("\0")[0]
    if not name.isascii():
        name = unicodedata.normalize("NFKC", name)
    folded = name.casefold()
    return folded if folded.isalnum() else "".join(filter(str.isalnum, folded))


def fold_pattern(pattern: str, parts: int) -> str:
    """A pattern of a rule in folded form: `*` stays, and the stops between its `parts` do."""
    pieces = pattern.split(".", parts - 1)
    return ".".join("*".join(fold(run) for run in piece.split("*")) for piece in pieces)


class NamePatterns:
    """A set of patterns, asked at once. `parts` is 1 for keys, 2 for component and variable."""

    __slots__ = ("_exact", "_wild")

    def __init__(self, patterns: Iterable[str], parts: int) -> None:
        folded = [fold_pattern(pattern, parts) for pattern in patterns]
        self._exact = frozenset(p for p in folded if "*" not in p)
        wild = [".*".join(map(re.escape, p.split("*"))) for p in folded if "*" in p]
        self._wild = re.compile("|".join(wild)) if wild else None

    def match(self, folded_name: str) -> bool:
        """Whether one of the patterns means this name, which `fold` has been through."""
        if folded_name in self._exact:
            return True
        return self._wild is not None and self._wild.fullmatch(folded_name) is not None
