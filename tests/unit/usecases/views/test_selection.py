from __future__ import annotations

import pytest

from tests.fakes.builders import station
from tests.fakes.stores import put
from voltward.adapters.sql.store import SqlStore
from voltward.domain.errors import OperatorFault
from voltward.usecases.views.selection import WHOLE_FLEET, Selection, refuse_unknown, selected

GROUPS, TENANTS = ("default", "north"), ("default", "acme")


@pytest.fixture
async def fleet(store: SqlStore) -> SqlStore:
    await put(
        store,
        station("CP1", group="field", site="Köln 5"),
        station("CP2", site="Köln 5", tenant="acme"),
        station("CP3", site="Ulm 1", tenant="gone"),
    )
    return store


async def names(store: SqlStore, selection: Selection) -> list[str]:
    async with store.read() as reading:
        return [str(one.id) for one in await selected(reading, selection)]


async def check(store: SqlStore, selection: Selection) -> None:
    async with store.read() as reading:
        await refuse_unknown(reading, selection, GROUPS, TENANTS)


async def test_a_selection_takes_those_that_fit_in_all(fleet: SqlStore) -> None:
    assert await names(fleet, WHOLE_FLEET) == ["acme/CP2", "CP1", "gone/CP3"]
    assert await names(fleet, Selection(group="field")) == ["CP1"]
    assert await names(fleet, Selection(site="Köln 5")) == ["acme/CP2", "CP1"]
    assert await names(fleet, Selection(site="Köln 5", tenant="acme")) == ["acme/CP2"]
    assert await names(fleet, Selection(group="field", tenant="acme")) == []


@pytest.mark.parametrize(
    "selection",
    [
        WHOLE_FLEET,
        Selection(group="north"),  # the settings name it
        Selection(group="field"),  # a station bears it
        Selection(tenant="gone"),
        Selection(tenant="acme", site="Köln 5"),
    ],
)
async def test_what_settings_or_stations_name_is_known(fleet: SqlStore, selection: Selection) -> None:
    await check(fleet, selection)


@pytest.mark.parametrize(
    ("selection", "what", "mend"),
    [
        (
            Selection(group="feild"),
            "in the group 'feild'",
            "Did you mean field? Known: default, field, north.",
        ),
        (Selection(tenant="acne"), "of the tenant 'acne'", "Did you mean acme?"),
        (Selection(site="Koln 5"), "at the site 'Koln 5'", "Did you mean Köln 5?"),
        (Selection(tenant="acme", site="Ulm 1"), "at the site 'Ulm 1'", "Known: Köln 5."),
        (Selection(site=""), "at the site ''", "Known: "),
    ],
)
async def test_a_name_that_nobody_bears_is_refused_with_what_was_meant(
    fleet: SqlStore, selection: Selection, what: str, mend: str
) -> None:
    with pytest.raises(OperatorFault) as caught:
        await check(fleet, selection)

    assert what in caught.value.what
    assert mend in caught.value.mend


def test_a_selection_ends_a_sentence() -> None:
    assert (
        f"None {Selection('a', 'acme', 'Ulm 1')}."
        == "None in the group a at the site Ulm 1 of the tenant acme."
    )
