from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.builders import station
from tests.fakes.clock import NOON
from tests.fakes.stores import put
from voltward.adapters.sql.store import SqlStore
from voltward.domain.quirk import Quirk, QuirkGrant
from voltward.domain.station import Standing
from voltward.usecases.admission.quirk_book import NO_RULES, QuirkRules
from voltward.usecases.views.list_quirks import GrantedQuirk, list_quirks

DAY = timedelta(days=1)
SLASH = QuirkGrant(Quirk.TRAILING_SLASH, NOON + DAY, "ann", "old firmware", {})


async def test_those_of_stations_come_before_those_of_many(store: SqlStore) -> None:
    await put(store, station("CP002", quirks=(SLASH,)), station("CP001"))
    await put(store, station("CP003", quirks=(SLASH,), standing=Standing.RETIRED))
    of_group, of_tenant = replace(SLASH, granted_by="group north"), replace(SLASH, granted_by="tenant acme")
    rules = QuirkRules({"north": (of_group,)}, tenants={"acme": (of_tenant,)})

    assert [one.whose for one in await list_quirks(store, rules)] == ["CP002", "group north", "tenant acme"]
    assert await list_quirks(store, NO_RULES) == [GrantedQuirk("CP002", SLASH)]


@pytest.mark.parametrize(("days", "is_over"), [(0, False), (1, True)])
def test_a_test_tool_is_answered_until_the_end_that_was_named(days: int, is_over: bool) -> None:
    one = GrantedQuirk("CP001", replace(SLASH, quirk=Quirk.CONFORMANCE))

    assert one.is_over(NOON + days * DAY) is is_over
    assert one.answers_a_test_tool(NOON + days * DAY) is not is_over
    assert not GrantedQuirk("CP001", SLASH).answers_a_test_tool(NOON)
