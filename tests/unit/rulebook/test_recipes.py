from __future__ import annotations

from dataclasses import replace

import pytest

from voltward.domain.errors import OperatorFault
from voltward.domain.quirk import Quirk
from voltward.domain.station import UNKNOWN_MODEL, Model
from voltward.rulebook.quirks import load_quirks
from voltward.rulebook.recipes import Recipe, load_shipped, read_recipes

QUIRKS = load_quirks()
TEXT = """
[[recipe]]
name = "old-works"
vendor = "Station Works*"
model = "W-?00"
since = "1.2"
before = "2.0"
until = 2027-03-31
owner = "ann"
[recipe.quirks.trailing-slash]
reason = "appends a slash"
"""


def recipe() -> Recipe:
    (read,) = read_recipes("own.toml", TEXT, QUIRKS)
    return read


@pytest.mark.parametrize(
    ("model", "fits"),
    [
        (Model("STATION WORKS Ltd", "w-300", "v1.10.3"), True),
        (Model("Station Works", "W-300", "2.0.0"), False),
        (Model("Station Works", "W-300", None), False),
        (Model("Station Works", "W-3000", "1.5"), False),
        (Model("Other", "W-300", "1.5"), False),
        (Model(None, "W-300", "1.5"), False),
        (UNKNOWN_MODEL, False),
    ],
)
def test_vendor_model_and_firmware_pick_a_recipe(model: Model, fits: bool) -> None:
    assert recipe().fits(model) is fits


def test_its_grants_say_where_they_come_from() -> None:
    (grant,) = recipe().grants(QUIRKS)

    assert (grant.quirk, grant.owner, grant.granted_by) == (Quirk.TRAILING_SLASH, "ann", "recipe old-works")


def test_a_proposal_grants_nothing_before_it_is_dated_and_owned() -> None:
    for proposal in load_shipped(QUIRKS):
        with pytest.raises(OperatorFault, match="until, owner"):
            list(proposal.grants(QUIRKS))
        assert list(replace(proposal, until="2027-03-31", owner="ann").grants(QUIRKS))
        assert proposal.seen_in


@pytest.mark.parametrize(
    "text",
    [
        "recipe = 7",
        "[[recipes]]",
        "[[recipe]]\nname",
        TEXT.replace("vendor", "maker"),
        TEXT.replace('model = "W-?00"\n', ""),
        TEXT.replace("trailing-slash", "leading-slash"),
        TEXT.replace("reason", "why"),
        TEXT + 'speaks = "ocpp1.6"',
    ],
)
def test_a_recipe_that_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(OperatorFault):
        list(read_recipes("own.toml", text, QUIRKS))


def test_what_only_one_station_may_have_is_in_no_recipe() -> None:
    alias = TEXT.replace("trailing-slash", "user-alias") + 'user = "admin"'
    (read,) = read_recipes("own.toml", alias, QUIRKS)
    with pytest.raises(OperatorFault, match="one station"):
        list(read.grants(QUIRKS))
