"""Something that happened in our product, in the past tense; what the journal keeps.

`facts` holds text, numbers and booleans only, never a secret: it is printed, exported and kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

FactValue = str | int | float | bool | None | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """`kind` is a past-tense name (`station_refused`), `actor` who did it (a person, `gateway`, ...)."""

    kind: str
    at: datetime
    actor: str
    subject: str = ""
    facts: Mapping[str, FactValue] = field(default_factory=dict[str, FactValue])
