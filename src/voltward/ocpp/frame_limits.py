"""How large and how deep a frame may be, and which message types a dialect speaks (rulings 16, 18)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MEBIBYTE = 1 << 20

#: The C scanner of `json` guards itself at about a thousand levels; stay far below on every Python.
DEEPEST = 200


@dataclass(frozen=True, slots=True)
class FrameLimits:
    """Sizes in octets. `bytes_by_action` narrows single actions; answers know `max_bytes` only."""

    message_types: frozenset[int] = frozenset({2, 3, 4})
    max_bytes: int = MEBIBYTE
    max_depth: int = 32  # the frame's own array counts as one level
    bytes_by_action: Mapping[str, int] = field(default_factory=dict[str, int])

    def __post_init__(self) -> None:
        if not 2 <= self.max_depth <= DEEPEST:
            raise ValueError(f"max_depth must lie between 2 and {DEEPEST}")
        if self.max_bytes < 1:
            raise ValueError("max_bytes must be positive")
