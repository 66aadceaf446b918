from __future__ import annotations

import math
from datetime import timedelta

from prometheus_client import CollectorRegistry

from tests.fakes.builders import authority
from tests.fakes.clock import NOON, FakeClock
from voltward.domain.revocation_list import ForeignList, ListHead, ListRule, OnStale
from voltward.gateway.list_ages import stale_lists, watch_lists
from voltward.usecases.admission.lists_in_force import ListsInForce


def test_the_time_that_is_left_is_that_of_the_moment_in_which_somebody_looks() -> None:
    clock, lists, registry = FakeClock(), ListsInForce(), CollectorRegistry()
    one = authority("Partner CA", revocation_list=ListRule("/lists/ca.crl"))
    lists.become({one.id: one})
    watch_lists(registry, lists, clock)

    def shown() -> float | None:
        return registry.get_sample_value("voltward_authority_list_seconds", {"authority": one.id[:16]})

    assert shown() == -math.inf
    lists.put(ForeignList(ListHead(one.id, 1, NOON, NOON + timedelta(seconds=60), 0), b""))
    assert shown() == 60
    clock.leap(90)
    assert shown() == -30


def test_a_list_that_is_over_is_told_with_what_that_means_for_its_stations() -> None:
    lists = ListsInForce()
    mild = authority("Mild CA", revocation_list=ListRule("/lists/mild.crl"))
    strict = authority("Strict CA", revocation_list=ListRule("/lists/strict.crl", OnStale.REFUSE))
    lists.become({one.id: one for one in (mild, strict)})
    lists.put(ForeignList(ListHead(mild.id, 1, NOON, NOON + timedelta(hours=1), 0), b""))

    assert list(stale_lists(lists, NOON)) == [
        "the list of Strict CA is not there yet: its stations are refused"
    ]
    over = "is over since 2026-11-22 13:00 UTC: its stations are admitted"
    assert next(stale_lists(lists, NOON + timedelta(hours=2))) == f"the list of Mild CA {over}"
