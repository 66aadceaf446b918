"""Quirks that the settings grant to groups, tenants and models; recipes are read from their files here."""

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
from voltward.usecases.admission.quirk_book import QuirkRules


def quirk_rules(settings: Settings) -> QuirkRules:
    """All of them. OperatorFault names the group or recipe that is wrong, OutsideFault a file."""
    definitions = load_quirks()
    groups = {
        name: tuple(_grants(f"group {name}", group.quirks, definitions))
        for name, group in settings.group.items()
    }
    _check_tenants(settings)
    tenants = {
        name: tuple(_grants(f"tenant {name}", tenant.quirks, definitions))
        for name, tenant in settings.tenant.items()
    }
    recipes = [*_used(settings, definitions), *_own(settings, definitions)]
    models = tuple((recipe, tuple(checked(recipe, definitions))) for recipe in recipes)
    return QuirkRules(groups, models, tenants)


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


def _check_tenants(settings: Settings) -> None:
    if strange := sorted(settings.tenant.keys() - settings.tenants()):
        raise OperatorFault(
            f"no route leads to the tenant {strange[0]!r}.",
            mend=f"Known are {', '.join(sorted(settings.tenants()))}.",
            subject=f"tenant.{strange[0]}",
        )


def _grants(
    whose: str, tables: Mapping[str, Mapping[str, object]], definitions: Definitions
) -> Iterator[QuirkGrant]:
    """Of a group or a tenant: `group NAME` and `tenant NAME`."""
    for quirk, table in tables.items():
        subject = f"{whose.replace(' ', '.', 1)}.quirks.{quirk}"
        grant = read_grant(quirk, table, definitions, whose, subject)
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
