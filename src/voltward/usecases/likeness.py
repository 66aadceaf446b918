"""What somebody may have meant who wrote a name that nobody knows."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

LISTED: Final = 12  # names that are told; of more, nobody reads the end


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """For a fault's mend: the likeliest of the known names, and those that there are, if they are few."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    guess = f"Did you mean {near[0]}? " if near else ""
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return f"{guess}Known: {', '.join(names[:LISTED]) or 'none'}{more}."
