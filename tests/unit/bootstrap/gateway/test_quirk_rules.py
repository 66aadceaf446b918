from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from voltward.bootstrap.gateway.quirk_rules import quirk_rules
from voltward.domain.errors import OperatorFault
from voltward.domain.quirk import Quirk
from voltward.gateway.settings import GroupSettings, QuirkSettings, TenantSettings
from voltward.settings import Settings

DATED: dict[str, Any] = {"until": "2027-03-31", "owner": "ann", "reason": "old firmware"}
OWN = """
[[recipe]]
name = "own"
vendor = "Works"
model = "*"
until = 2027-03-31
owner = "ann"
[recipe.quirks.no-subprotocol]
reason = "old firmware"
speaks = "{speaks}"
"""


def grouped(quirk: str, **more: str) -> Settings:
    return Settings(group={"old": GroupSettings(quirks={quirk: {**DATED, **more}})})


def test_groups_own_recipes_and_used_proposals_are_in_force(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN.format(speaks="ocpp1.6"))
    settings = Settings(
        group={"old": GroupSettings(quirks={"letter-case": DATED})},
        quirks=QuirkSettings(str(tmp_path), {"wallbox": {"until": "2027-03-31", "owner": "ann"}}),
        tenant={"default": TenantSettings({"letter-case": DATED})},
    )
    rules = quirk_rules(settings)

    assert [grant.quirk for grant in rules.groups["old"]] == [Quirk.LETTER_CASE]
    assert [grant.granted_by for grant in rules.tenants["default"]] == ["tenant default"]
    assert [recipe.name for recipe, _ in rules.recipes] == ["wallbox", "own"]


def test_without_any_there_is_nothing_to_ask() -> None:
    assert quirk_rules(Settings()).is_empty


@pytest.mark.parametrize(
    "settings",
    [
        grouped("user-alias", user="admin"),
        grouped("no-subprotocol", speaks="ocpp9"),
        grouped("unheard-of"),
        Settings(tenant={"unheard-of": TenantSettings({"letter-case": DATED})}),
        Settings(quirks=QuirkSettings(use={"unheard-of": {}})),
        Settings(quirks=QuirkSettings(use={"wallbox": {}})),
        Settings(quirks=QuirkSettings(use={"wallbox": {**DATED}})),
        Settings(quirks=QuirkSettings(recipes="/nonexistent/recipes")),
    ],
)
def test_what_cannot_be_granted_is_refused(settings: Settings) -> None:
    with pytest.raises(OperatorFault) as refused:
        quirk_rules(settings)

    assert refused.value.subject


def test_an_own_recipe_names_a_subprotocol_that_there_is(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN.format(speaks="ocpp9"))
    with pytest.raises(OperatorFault, match="ocpp9"):
        quirk_rules(Settings(quirks=QuirkSettings(str(tmp_path))))
