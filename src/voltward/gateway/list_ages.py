"""How long the lists of other authorities still hold, told when somebody looks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from voltward.domain.revocation_list import OnStale
from voltward.ports.clock import Clock
from voltward.usecases.admission.lists_in_force import ListsInForce

SHOWN = 16  # digits of an authority's id, as commands show them


class ListAges(Collector):
    """`voltward_authority_list_seconds`: negative where a list is over, -Inf where there is none yet."""

    def __init__(self, lists: ListsInForce, clock: Clock) -> None:
        self._lists = lists
        self._clock = clock

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """As they stand at this moment."""
        family = GaugeMetricFamily(
            "voltward_authority_list_seconds", "Until the list of an authority is over", labels=["authority"]
        )
        now = self._clock.now()
        for authority, until in self._lists.ends():
            left = (until - now).total_seconds() if until is not None else -math.inf
            family.add_metric([authority.id[:SHOWN]], left)
        yield family


def stale_lists(lists: ListsInForce, now: datetime) -> Iterator[str]:
    """Whose list is over or not there yet, and what that means for its stations: for `/readyz`."""
    for authority, until in lists.ends():
        rule = authority.revocation_list
        if rule is not None and (until is None or until <= now):
            over = f"is over since {until:%Y-%m-%d %H:%M} UTC" if until is not None else "is not there yet"
            fate = "refused" if rule.on_stale is OnStale.REFUSE else "admitted"
            yield f"the list of {authority.name} {over}: its stations are {fate}"


def watch_lists(registry: CollectorRegistry, lists: ListsInForce, clock: Clock) -> None:
    """Show them; to be asked for on the gateway's own loop."""
    registry.register(ListAges(lists, clock))
