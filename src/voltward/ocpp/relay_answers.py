"""What the command policy says about a frame (rulings 17, 19), and the merge for a partly refused call.

Each answer names what was kept back, by control and by the name that the peer used, for the event.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from voltward.ocpp.error_code import ErrorCode
from voltward.ocpp.named_values import Row, RowAnswers


@dataclass(frozen=True, slots=True)
class KeptBack:
    """One thing that did not pass: the control that says so, and its name (an action, a key, a variable)."""

    control_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Forward:
    """The frame passes byte for byte."""


FORWARD = Forward()


@dataclass(frozen=True, slots=True)
class RowMerge:
    """Puts the refused rows back among those that the station answered, in the order of the request.

    Kept in the pending call until its answer comes. `refused` holds (place in the request, row).
    """

    at: str
    refused: tuple[tuple[int, Row], ...]

    def apply(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The whole answer; a station that answers too few rows gets its rows kept in their order."""
        given = payload.get(self.at)
        merged: list[Any] = list(given) if isinstance(given, list) else []
        for place, row in self.refused:
            merged.insert(min(place, len(merged)), row)
        return {**payload, self.at: merged}


@dataclass(frozen=True, slots=True)
class Rewrite:
    """This frame goes in its place; `merge` belongs into the pending call."""

    frame: bytes
    kept_back: tuple[KeptBack, ...]
    merge: RowMerge | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The call is answered with this payload and goes no further."""

    payload: Mapping[str, Any]
    kept_back: tuple[KeptBack, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """The call is answered with a CALLERROR and goes no further."""

    code: ErrorCode
    description: str
    kept_back: tuple[KeptBack, ...]


CallAnswer = Forward | Rewrite | Answer | Block


def all_refused(answers: RowAnswers, rows: list[Row]) -> dict[str, Any]:
    """The answer to a call of which nothing is left: the refusals alone."""
    return {answers.at: rows} if answers.at else rows[0]
