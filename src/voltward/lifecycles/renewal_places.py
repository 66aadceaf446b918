"""How many renewals may be under way at a time: so many of one authority in a group, so many at a site.

A renewal that goes wrong may leave its station dark until somebody has looked. Stations of a group are of one
kind and fail alike; those of a site are all that a driver finds there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from voltward.domain.station import Station
from voltward.lifecycles.renewal_state import ASKING, Renewal, RenewalPhase
from voltward.lifecycles.renewal_time import ScheduleTerms

AWAY: Final = timedelta(days=1)


class RenewalPlaces:
    """Which places are taken, and whether there is one more."""

    def __init__(self, terms: ScheduleTerms) -> None:
        self._terms = terms
        self._taken: Counter[tuple[str, str, str]] = Counter()

    def take(self, issuer: str, station: Station) -> None:
        """Count one that is under way, room or not: what people order by name is not bounded."""
        self._taken.update(place for place, _ in self._places(issuer, station))

    def has_room(self, issuer: str, station: Station) -> bool:
        """Whether one more may begin. `issuer`: who signed what the station has now."""
        return all(self._taken[place] < most for place, most in self._places(issuer, station))

    def _places(self, issuer: str, station: Station) -> Iterator[tuple[tuple[str, str, str], int]]:
        """Each with how many it has room for. Who has no site shares none with anybody."""
        yield ("group", issuer, station.group), self._terms.at_once
        if station.site:
            yield ("site", station.id.tenant, station.site), self._terms.at_once_per_site


def keeps_its_place(renewal: Renewal, now: datetime) -> bool:
    """Neither a stuck one nor one whose station is away: others would wait for what may never come."""
    is_away = renewal.phase in ASKING and now - renewal.since >= AWAY
    return renewal.phase is not RenewalPhase.STUCK and not is_away
