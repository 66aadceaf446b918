"""Who may do what otherwise, until when: every grant of a quirk, of stations and of many. Never writes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from voltward.domain.quirk import Quirk, QuirkGrant
from voltward.domain.station import Standing
from voltward.ports.storage import Store
from voltward.usecases.admission.quirk_book import QuirkRules


@dataclass(frozen=True, slots=True)
class GrantedQuirk:
    """`whose`: a station, or `group`, `tenant`, `recipe` and NAME."""

    whose: str
    grant: QuirkGrant

    def is_over(self, now: datetime) -> bool:
        """It holds no more, and still stands there."""
        return now >= self.grant.until

    def answers_a_test_tool(self, now: datetime) -> bool:
        """Somebody is told what is not true: to be ended with the test."""
        return self.grant.quirk is Quirk.CONFORMANCE and not self.is_over(now)


async def list_quirks(store: Store, rules: QuirkRules) -> list[GrantedQuirk]:
    """Those of stations first, by identity; retired stations have none that matters."""
    async with store.read() as reading:
        stations = await reading.stations.all()
    own = [
        GrantedQuirk(str(station.id), grant)
        for station in stations
        if station.standing is not Standing.RETIRED
        for grant in station.quirks
    ]
    return own + [GrantedQuirk(grant.granted_by, grant) for grant in _for_many(rules)]


def _for_many(rules: QuirkRules) -> Iterator[QuirkGrant]:
    for many in (rules.groups, rules.tenants):
        for grants in many.values():
            yield from grants
    for _, grants in rules.recipes:
        yield from grants
