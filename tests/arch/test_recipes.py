"""The settings of every recipe can be loaded, tried or not; and each says which it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.recipe_page import RECIPES, RecipePage
from voltward.bootstrap.gateway.routes import route_dialects
from voltward.bootstrap.gateway.schemas import check_schemas
from voltward.settings import load_settings
from voltward.wire.upgrade_client import parse_websocket_url

PAGES = sorted(path.stem for path in RECIPES.glob("*.md") if path.stem != "README")


@pytest.mark.parametrize("name", PAGES)
def test_the_settings_of_a_recipe_are_sound(name: str, tmp_path: Path) -> None:
    page = RecipePage.named(name)
    file = tmp_path / "voltward.toml"
    file.write_text(page.code("toml"))

    settings = load_settings(file)

    assert route_dialects(settings.csms)
    check_schemas(settings)
    parse_websocket_url(settings.csms.url.replace("{station}", "station"))
    assert load_settings(file, page.overrides()) == settings  # what the journey sets is what the page says


@pytest.mark.parametrize("name", PAGES)
def test_a_recipe_says_at_the_top_whether_it_was_tried(name: str) -> None:
    _, said, *_ = RecipePage.named(name).text.split("\n\n")
    tried = name in {"mobilityhouse", "ocpp-rpc"}

    assert said.startswith("*Tried with " if tried else "*Not tried. ")
