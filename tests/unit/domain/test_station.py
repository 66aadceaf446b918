from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltward.domain.errors import OperatorFault
from voltward.domain.station import StationId, checked_site, checked_tenant


def test_the_tenant_is_said_where_it_is_not_the_usual_one() -> None:
    assert str(StationId("CP-7")) == "CP-7"
    assert str(StationId("CP-7", "north")) == "north/CP-7"


def test_letter_case_tells_stations_apart_and_folding_finds_the_collision() -> None:
    assert StationId("CP-7") != StationId("cp-7")
    assert StationId("CP-7").folded() == StationId("cp-7").folded()
    assert StationId("STRASSE").folded() == StationId("straße").folded()


def test_tenants_do_not_collide() -> None:
    assert StationId("CP-7", "north").folded() != StationId("CP-7", "south").folded()


@pytest.mark.parametrize(
    ("text", "tenant", "station"),
    [
        ("CP-7", None, StationId("CP-7")),
        ("north/CP-7", None, StationId("CP-7", "north")),
        ("default/a/b", None, StationId("a/b")),
        ("CP-7", "north", StationId("CP-7", "north")),
        ("a/b", "north", StationId("a/b", "north")),
    ],
)
def test_a_station_is_named_with_its_tenant_or_without(
    text: str, tenant: str | None, station: StationId
) -> None:
    assert StationId.read(text, tenant) == station


@pytest.mark.parametrize("name", ["", "North", "a b", "-a", "é", "a" * 64])
def test_what_is_no_name_of_a_tenant_is_refused(name: str) -> None:
    with pytest.raises(OperatorFault, match="no name of a tenant"):
        checked_tenant(name)
    with pytest.raises(OperatorFault, match="no name of a tenant"):
        StationId.read(f"{name}/CP-7")


@pytest.mark.parametrize("name", ["", "depot-7", "Köln, Domstraße 5", "é" * 64])
def test_a_site_is_called_what_people_call_it(name: str) -> None:
    assert checked_site(name) == name


@pytest.mark.parametrize("name", [" ", " depot", "depot\n", "a\tb", "\x1b[2J", "a\0b", "\ud800", "é" * 65])
def test_what_is_no_line_of_text_is_no_name_of_a_site(name: str) -> None:
    with pytest.raises(OperatorFault, match="no name of a site"):
        checked_site(name)


_tenants = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,5}", fullmatch=True)


@given(st.text(max_size=9), st.one_of(st.just("default"), _tenants))
def test_what_is_written_is_read_again(identity: str, tenant: str) -> None:
    assert StationId.read(str(StationId(identity, tenant))) == StationId(identity, tenant)


@given(st.text(max_size=9), _tenants, st.text(max_size=9), _tenants)
def test_two_stations_are_never_written_alike(one: str, north: str, other: str, south: str) -> None:
    first, second = StationId(one, north), StationId(other, south)

    assert (str(first) == str(second)) == (first == second)
