from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from voltward.domain.station import StationId
from voltward.gateway.links.connection_table import ConnectionTable


@dataclass(frozen=True)
class Link:
    connection: str
    station: StationId


CP1, CP2 = StationId("CP001"), StationId("CP002")
OLD, NEW, OTHER = Link("c1", CP1), Link("c2", CP1), Link("c3", CP2)


def test_a_station_has_no_link_until_one_enters() -> None:
    table: ConnectionTable[Link] = ConnectionTable()

    assert (table.current(CP1), len(table), list(table)) == (None, 0, [])
    assert table.enter(OLD) is None
    assert (table.current(CP1), table.current(CP2)) == (OLD, None)


def test_a_newer_link_displaces_the_old_one_which_stays_listed_until_it_is_gone() -> None:
    table: ConnectionTable[Link] = ConnectionTable()
    table.enter(OLD)

    assert table.enter(NEW) is OLD
    assert (table.current(CP1), list(table)) == (NEW, [OLD, NEW])


def test_the_late_leave_of_the_old_link_takes_only_itself_down() -> None:
    table: ConnectionTable[Link] = ConnectionTable()
    table.enter(OLD)
    table.enter(NEW)

    assert table.leave(OLD) is False  # the station is not offline
    assert (table.current(CP1), list(table)) == (NEW, [NEW])


def test_with_its_current_link_a_station_is_offline() -> None:
    table: ConnectionTable[Link] = ConnectionTable()
    table.enter(OLD)
    table.enter(OTHER)

    assert OLD in table
    assert table.leave(OLD) is True
    assert OLD not in table
    assert table.leave(OLD) is False
    assert (table.current(CP1), table.current(CP2), len(table)) == (None, OTHER, 1)


def test_an_older_link_does_not_come_back_when_the_newer_one_is_gone() -> None:
    table: ConnectionTable[Link] = ConnectionTable()
    table.enter(OLD)
    table.enter(NEW)

    table.leave(NEW)

    assert (table.current(CP1), list(table)) == (None, [OLD])


def test_links_may_leave_while_somebody_walks_through_them() -> None:
    table: ConnectionTable[Link] = ConnectionTable()
    for link in (OLD, NEW, OTHER):
        table.enter(link)

    for link in table:
        table.leave(link)

    assert len(table) == 0


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.sampled_from([CP1, CP2])), max_size=30))
def test_the_current_link_is_the_last_that_entered_and_has_not_left(
    steps: list[tuple[bool, int, StationId]],
) -> None:
    table: ConnectionTable[Link] = ConnectionTable()
    entered: dict[StationId, Link] = {}
    for enters, number, station in steps:
        link = Link(f"{station}-{number}", station)
        if enters:
            table.enter(link)
            entered[station] = link
        else:
            assert table.leave(link) == (entered.get(station) == link)
            if entered.get(station) == link:
                del entered[station]
        assert {s: table.current(s) for s in (CP1, CP2)} == {s: entered.get(s) for s in (CP1, CP2)}
