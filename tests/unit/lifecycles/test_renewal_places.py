from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.builders import station
from tests.fakes.clock import NOON
from voltward.domain.station import Station
from voltward.lifecycles.renewal_places import AWAY, RenewalPlaces, keeps_its_place
from voltward.lifecycles.renewal_state import Renewal, RenewalOrigin, RenewalPhase
from voltward.lifecycles.renewal_time import ScheduleTerms

RENEWAL = Renewal(NOON, RenewalOrigin.SCHEDULE)


def begins(places: RenewalPlaces, one: Station, issuer: str = "CA") -> bool:
    has_room = places.has_room(issuer, one)
    if has_room:
        places.take(issuer, one)
    return has_room


def test_a_group_has_so_many_places_for_each_authority() -> None:
    places = RenewalPlaces(ScheduleTerms(at_once=2))

    assert [begins(places, station(group="a")) for _ in range(3)] == [True, True, False]
    assert begins(places, station(group="a"), issuer="another CA")
    assert begins(places, station(group="b"))


def test_a_site_has_so_many_places_whoever_signed() -> None:
    places = RenewalPlaces(ScheduleTerms(at_once_per_site=2))

    assert begins(places, station(site="Ulm 1"))
    assert begins(places, station(site="Ulm 1", group="b"), issuer="another CA")
    assert not begins(places, station(site="Ulm 1", group="c"))
    assert begins(places, station(site="Ulm 2"))


def test_a_site_of_the_same_name_is_another_tenants() -> None:
    places = RenewalPlaces(ScheduleTerms(at_once_per_site=1))

    assert begins(places, station(site="Ulm 1"))
    assert begins(places, station(site="Ulm 1", tenant="acme"))


def test_stations_without_a_site_share_none() -> None:
    places = RenewalPlaces(ScheduleTerms(at_once=9, at_once_per_site=1))

    assert [begins(places, station()) for _ in range(9)] == [True] * 9


def test_what_was_ordered_beyond_the_bound_counts_all_the_same() -> None:
    places = RenewalPlaces(ScheduleTerms(at_once=1))
    for _ in range(3):
        places.take("CA", station())

    assert not begins(places, station())


@pytest.mark.parametrize("phase", [RenewalPhase.READING, RenewalPhase.REQUESTING, RenewalPhase.INSTALLING])
def test_a_station_that_is_away_keeps_its_place_for_a_day(phase: RenewalPhase) -> None:
    asked = replace(RENEWAL, phase=phase)

    assert keeps_its_place(asked, NOON + AWAY - timedelta(seconds=1))
    assert not keeps_its_place(asked, NOON + AWAY)


@pytest.mark.parametrize("phase", [RenewalPhase.ISSUING, RenewalPhase.UNPROVEN])
def test_what_waits_for_others_keeps_its_place(phase: RenewalPhase) -> None:
    assert keeps_its_place(replace(RENEWAL, phase=phase), NOON + 9 * AWAY)


def test_a_stuck_one_keeps_none() -> None:
    assert not keeps_its_place(replace(RENEWAL, phase=RenewalPhase.STUCK), NOON)
