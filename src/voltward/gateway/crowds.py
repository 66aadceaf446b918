"""When a crowd has come in: the handshakes that it made at once have stretched the process's memory.

A handshake takes 40 KiB for a moment. What a crowd of them has left lies in pieces between what lives on, and
is worth handing back to the system once, when the door is calm again.
"""

from __future__ import annotations

CROWD = 64  # connections that waited at the door at once
CALM = 8


class CrowdWatch:
    """Looked at a few times a second."""

    __slots__ = ("_was_there",)

    def __init__(self) -> None:
        self._was_there = False

    def has_passed(self, waiting: int) -> bool:
        """Whether a crowd was seen, and is in since; told once. `waiting`: how many have no answer yet."""
        if waiting >= CROWD:
            self._was_there = True
        if waiting > CALM or not self._was_there:
            return False
        self._was_there = False
        return True
