from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.fakes.builders import station
from tests.fakes.clock import NOON
from voltward.domain.firmware import FirmwareRange
from voltward.domain.quirk import NO_GRANTS, Quirk, QuirkGrant
from voltward.domain.station import Model, StationId
from voltward.rulebook.recipes import Recipe
from voltward.usecases.admission.admission_registry import StationEntry
from voltward.usecases.admission.quirk_book import QuirkBook, QuirkRules

END = NOON + timedelta(days=1)
WORKS = Recipe("works", "Works", "*", FirmwareRange(), "", {})


def grant(quirk: Quirk, by: str) -> QuirkGrant:
    return QuirkGrant(quirk, END, "ann", "old firmware", {}, by)


def test_a_station_has_its_own_quirks_its_group_s_and_its_model_s() -> None:
    group, model = grant(Quirk.LETTER_CASE, "group"), grant(Quirk.EXTRA_SLASH, "recipe")
    own = grant(Quirk.LETTER_CASE, "station")
    book = QuirkBook(QuirkRules({"default": (group,)}, ((WORKS, (model,)),)))
    entry = StationEntry(replace(station(), model=Model("Works", "W"), quirks=(own,)))

    assert book.of(entry, NOON) == {Quirk.LETTER_CASE: own, Quirk.EXTRA_SLASH: model}
    assert book.of(entry, END) is NO_GRANTS


def test_a_group_of_its_own_does_not_have_the_default_s_quirks() -> None:
    book = QuirkBook(QuirkRules({"default": (grant(Quirk.LETTER_CASE, "group"),), "strict": ()}))

    assert book.of(StationEntry(station(group="strict")), NOON) is NO_GRANTS
    assert Quirk.LETTER_CASE in book.of(StationEntry(station(group="unheard-of")), NOON)


def test_a_tenant_s_quirk_is_for_its_stations_alone_and_stands_behind_the_group_s() -> None:
    tenant, group = grant(Quirk.LETTER_CASE, "tenant north"), grant(Quirk.EXTRA_SLASH, "group")
    second = grant(Quirk.EXTRA_SLASH, "tenant north")
    book = QuirkBook(QuirkRules({"default": (group,)}, tenants={"north": (tenant, second)}))
    there = StationEntry(replace(station(), id=StationId("CP001", "north")))

    assert book.of(there, NOON) == {Quirk.LETTER_CASE: tenant, Quirk.EXTRA_SLASH: group}
    assert book.of(StationEntry(station()), NOON) == {Quirk.EXTRA_SLASH: group}
    assert not QuirkRules({}, tenants={"north": (tenant,)}).is_empty


def test_a_stranger_has_none() -> None:
    book = QuirkBook(QuirkRules({"default": (grant(Quirk.LETTER_CASE, "group"),)}))

    assert book.of(None, NOON) is NO_GRANTS


def test_other_rules_hold_at_once() -> None:
    book = QuirkBook(QuirkRules({}, ((WORKS, (grant(Quirk.EXTRA_SLASH, "recipe"),)),)))
    entry = StationEntry(replace(station(), model=Model("Works", "W")))
    assert Quirk.EXTRA_SLASH in book.of(entry, NOON)

    book.use(QuirkRules({}))

    assert book.of(entry, NOON) is NO_GRANTS
