"""Recipes: which quirks a model needs, by vendor, model and range of firmware, as data.

What a boot claims picks the recipe, so a recipe helps from the first boot on; before that, the record's
vendor and model can be set by hand. A recipe of the package is a proposal until the operator dates and owns
it; one in the operator's own folder carries its end and its owner itself.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib import resources
from typing import Any

from voltward.domain.errors import OperatorFault
from voltward.domain.firmware import FirmwareRange
from voltward.domain.quirk import QuirkGrant
from voltward.domain.station import Model
from voltward.rulebook.quirks import Definitions, definition_of, read_grant, read_parameters

SHIPPED = "shipped.toml"
_KNOWN = frozenset({"name", "vendor", "model", "since", "before", "seen_in", "until", "owner", "quirks"})


@dataclass(frozen=True, slots=True)
class Recipe:
    """`vendor` and `model` are patterns with `*` and `?`, compared without letter case.

    `quirks` are tables as they were written, each with its reason; a proposal has no `until` and no `owner`.
    """

    name: str
    vendor: str
    model: str
    firmware: FirmwareRange
    seen_in: str
    quirks: Mapping[str, Mapping[str, Any]]
    until: object = ""
    owner: str = ""

    def fits(self, model: Model) -> bool:
        """Whether the recipe is about that model; never about one that has not said its vendor and model."""
        return (
            _matches(self.vendor, model.vendor)
            and _matches(self.model, model.name)
            and self.firmware.holds(model.firmware)
        )

    def grants(self, definitions: Definitions) -> Iterator[QuirkGrant]:
        """Its quirks as grants. OperatorFault for one without an end, or that only a station may have."""
        subject = f"recipe {self.name}"
        for quirk, table in self.quirks.items():
            dated = {"until": self.until, "owner": self.owner, **table}
            grant = read_grant(quirk, dated, definitions, subject, subject)
            refuse_for_many(grant, definitions, subject)
            yield grant


def load_shipped(definitions: Definitions) -> tuple[Recipe, ...]:
    """The proposals that are part of the package."""
    text = (resources.files("voltward.rulebook") / "recipes" / SHIPPED).read_text("utf-8")
    return tuple(read_recipes(SHIPPED, text, definitions))


def read_recipes(file: str, text: str, definitions: Definitions) -> Iterator[Recipe]:
    """The recipes of one file. OperatorFault names file, recipe and key."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise OperatorFault(f"this is not TOML: {error}.", mend="Mend that place.", subject=file) from error
    if stray := sorted(document.keys() - {"recipe"}):
        raise OperatorFault(f"unknown keys {stray} beside the recipes.", subject=file)
    tables = document.get("recipe", [])
    if not isinstance(tables, list):
        raise OperatorFault("recipes are written as [[recipe]].", subject=file)
    for table in tables:
        yield _recipe(file, table, definitions)


def refuse_for_many(grant: QuirkGrant, definitions: Definitions, subject: str) -> None:
    """OperatorFault for a quirk that is granted to stations one by one, and here to many."""
    if definitions[grant.quirk].one_station:
        raise OperatorFault(
            f"the quirk {grant.quirk} is granted to one station at a time.",
            mend=f"`voltward station quirk IDENTITY {grant.quirk} --until DATE --owner NAME --reason TEXT`.",
            subject=subject,
        )


def _recipe(file: str, table: Mapping[str, Any], definitions: Definitions) -> Recipe:
    name = str(table.get("name", ""))
    subject = f"{file}, recipe {name or 'without a name'}"
    quirks = table.get("quirks", {})
    if stray := sorted(table.keys() - _KNOWN):
        raise OperatorFault(f"unknown keys {stray}.", subject=subject)
    if not (name and table.get("vendor") and table.get("model") and quirks and isinstance(quirks, dict)):
        raise OperatorFault(
            "a recipe needs a name, a vendor, a model and quirks.",
            mend='Write vendor = "*" where any will do.',
            subject=subject,
        )
    for quirk, own in quirks.items():
        definition = definition_of(quirk, definitions, subject)
        if not isinstance(own, dict) or not own.get("reason"):
            raise OperatorFault(f"the quirk {quirk} needs a reason.", subject=subject)
        parameters = {key: value for key, value in own.items() if key not in ("reason", "until", "owner")}
        read_parameters(definition, parameters, subject)
    return Recipe(
        name=name,
        vendor=str(table["vendor"]),
        model=str(table["model"]),
        firmware=FirmwareRange(str(table.get("since", "")), str(table.get("before", ""))),
        seen_in=str(table.get("seen_in", "")),
        quirks=quirks,
        until=table.get("until", ""),
        owner=str(table.get("owner", "")),
    )


def _matches(pattern: str, claimed: str | None) -> bool:
    return claimed is not None and fnmatchcase(claimed.casefold(), pattern.casefold())
