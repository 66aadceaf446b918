"""The quirks that the settings grant, to groups and to models; recipes are read from their files here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.quirk import Quirk, QuirkGrant
from voltward.ocpp import DIALECTS
from voltward.rulebook.quirks import Definitions, load_quirks, read_grant
from voltward.rulebook.recipes import Recipe, load_shipped, read_recipes, refuse_for_many
from voltward.settings import Settings
from voltward.usecases.quirk_book import QuirkRules


def quirk_rules(settings: Settings) -> QuirkRules:
    """All of them. OperatorFault names the group or recipe that is wrong, OutsideFault a file."""
    definitions = load_quirks()
    groups = {
        name: tuple(_group_grants(name, group.quirks, definitions)) for name, group in settings.group.items()
    }
    recipes = [*_used(settings, definitions), *_own(settings, definitions)]
    return QuirkRules(groups, tuple((recipe, tuple(checked(recipe, definitions))) for recipe in recipes))


def check_dialect(grant: QuirkGrant, subject: str) -> None:
    """OperatorFault where a station is said to speak what Voltward does not."""
    speaks = grant.text("speaks")
    if grant.quirk is Quirk.NO_SUBPROTOCOL and speaks not in DIALECTS:
        raise OperatorFault(
            f"{speaks!r} is no subprotocol that Voltward speaks.",
            mend=f"Known are {', '.join(DIALECTS)}.",
            subject=subject,
        )


def checked(recipe: Recipe, definitions: Definitions) -> Iterator[QuirkGrant]:
    """A recipe's grants."""
    for grant in recipe.grants(definitions):
        check_dialect(grant, f"recipe {recipe.name}")
        yield grant


def _group_grants(
    name: str, tables: Mapping[str, Mapping[str, object]], definitions: Definitions
) -> Iterator[QuirkGrant]:
    for quirk, table in tables.items():
        subject = f"group.{name}.quirks.{quirk}"
        grant = read_grant(quirk, table, definitions, f"group {name}", subject)
        refuse_for_many(grant, definitions, subject)
        check_dialect(grant, subject)
        yield grant


def _used(settings: Settings, definitions: Definitions) -> Iterator[Recipe]:
    """Recipes of the package that the operator has put into force."""
    shipped = {recipe.name: recipe for recipe in load_shipped(definitions)}
    for name, table in settings.quirks.use.items():
        subject = f"quirks.use.{name}"
        if name not in shipped:
            raise OperatorFault(
                f"there is no recipe {name}.", mend=f"Known are {', '.join(shipped)}.", subject=subject
            )
        if stray := sorted(table.keys() - {"until", "owner"}):
            raise OperatorFault(f"unknown keys {stray}.", mend="It takes until and owner.", subject=subject)
        yield replace(shipped[name], until=table.get("until", ""), owner=str(table.get("owner", "")))


def _own(settings: Settings, definitions: Definitions) -> Iterator[Recipe]:
    """Recipes in the operator's folder, file by file in the order of their names."""
    if not settings.quirks.recipes:
        return
    folder = settings.path(settings.quirks.recipes)
    for file in _files(folder):
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise OutsideFault(
                f"the recipe cannot be read: {error}.", mend="Check owner and mode.", subject=str(file)
            ) from error
        yield from read_recipes(file.name, text, definitions)


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise OperatorFault(
            "there is no such folder of recipes.",
            mend="Make it, or correct quirks.recipes.",
            subject=str(folder),
        )
    return sorted(folder.glob("*.toml"))
