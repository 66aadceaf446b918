from __future__ import annotations

from voltward.domain.station import StationId


def test_the_tenant_is_said_where_it_is_not_the_usual_one() -> None:
    assert str(StationId("CP-7")) == "CP-7"
    assert str(StationId("CP-7", "north")) == "north/CP-7"


def test_letter_case_tells_stations_apart_and_folding_finds_the_collision() -> None:
    assert StationId("CP-7") != StationId("cp-7")
    assert StationId("CP-7").folded() == StationId("cp-7").folded()
    assert StationId("STRASSE").folded() == StationId("straße").folded()


def test_tenants_do_not_collide() -> None:
    assert StationId("CP-7", "north").folded() != StationId("CP-7", "south").folded()
