"""The breaker against mass refusals: what it holds while our own state is to blame (ruling 15)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Trip:
    """The breaker for one control: it holds until it is released, and then rests until it is taken away.

    `known_since`: whoever came in by right with its credential since then keeps its last verdict.
    """

    control: str
    at: datetime
    known_since: datetime
    refused: int  # stations that had proven themselves before, refused by this control within the window
    among: int  # those, and the ones with a live link
    released_at: datetime | None = None  # by order: it does not trip anew while the refusals go on
    released_by: str = ""
    reason: str = ""  # of the release

    @property
    def holds(self) -> bool:
        """Last verdicts are kept, and trust is frozen."""
        return self.released_at is None


def frozen_since(trips: Iterable[Trip]) -> datetime | None:
    """From when on no authority leaves and no floor rises; None: nothing is frozen."""
    return min((trip.at for trip in trips if trip.holds), default=None)
