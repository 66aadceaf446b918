"""The published JSON schemas of a version, read as data, with limits that are known to be wrong put right.

They come with the `ocpp` package, whose code never runs here: importing it would take a second and bring a
second reader of messages along.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from voltward.domain.errors import OutsideFault

PUBLISHER = "ocpp"

#: Integers have 32 bits in every edition; the schemas do not say so, and a CSMS finds out in its database.
WIDEST_INTEGER = 2**31
#: A time of a year that calendars and databases know (field note 59); the schemas take any four digits.
SENSIBLE_YEAR = "^(19[7-9][0-9]|20[0-9][0-9]|21[0-9][0-9])-"
LONGEST_TIME = 40  # with nine digits of a second and an offset it has 35


@dataclass(frozen=True, slots=True)
class SchemaFiles:
    """Where a version's schemas lie, and its members whose limit is known to be too short.

    `longer` maps "Action.member" to characters, for that member at any depth of the call and its answer.
    `publisher` is the package that they come with.
    """

    folder: str
    call_suffix: str
    longer: Mapping[str, int] = field(default_factory=dict[str, int])
    publisher: str = PUBLISHER

    def names(self) -> frozenset[str]:
        """The schemas that there are, without their ending."""
        return _names(self.publisher, self.folder)

    def of_call(self, action: str) -> str:
        """The schema of a call; a message that nobody answers goes without the suffix."""
        name = action + self.call_suffix
        return name if name in self.names() else action

    def of_answer(self, action: str) -> str:
        """The schema of the answer to a call."""
        return f"{action}Response"

    def read(self, name: str, action: str, lengths: Mapping[str, int]) -> dict[str, Any]:
        """A schema with the limits put right: known ones, then those of `lengths`, in the form of `longer`.

        `name` is one of `names()`.
        """
        schema = json.loads(
            (_folder(self.publisher, self.folder) / f"{name}.json").read_text(encoding="utf-8-sig")
        )
        wider = {
            member: most
            for source in (self.longer, lengths)
            for key, most in source.items()
            for of_action, _, member in (key.partition("."),)
            if of_action == action
        }
        _put_right(schema, wider)
        return schema

    def has_length(self, key: str) -> bool:
        """Whether "Action.member" names a text of limited length in the call or its answer."""
        action, _, member = key.partition(".")
        return any(
            "maxLength" in found
            for name in {self.of_call(action), self.of_answer(action)} & self.names()
            for found in _members(self.read(name, action, {}), member)
        )


@cache
def _folder(publisher: str, folder: str) -> Path:
    spec = find_spec(publisher)
    if spec is None or not spec.submodule_search_locations:
        raise OutsideFault(
            f"the published schemas are missing: there is no package {publisher!r}.",
            mend="Install Voltward anew, with its dependencies.",
            subject="schema",
        )
    return Path(spec.submodule_search_locations[0], folder, "schemas")


@cache
def _names(publisher: str, folder: str) -> frozenset[str]:
    return frozenset(path.stem for path in _folder(publisher, folder).glob("*.json"))


def _members(schema: Any, name: str) -> list[dict[str, Any]]:
    """What the schema says about members of this name, at any depth."""
    found: list[dict[str, Any]] = []
    if isinstance(schema, dict):
        properties = schema.get("properties")
        if isinstance(properties, dict) and isinstance(properties.get(name), dict):
            found.append(properties[name])
        for value in schema.values():
            found += _members(value, name)
    elif isinstance(schema, list):
        for value in schema:
            found += _members(value, name)
    return found


def _put_right(schema: Any, wider: Mapping[str, int]) -> None:
    for member, most in wider.items():
        for found in _members(schema, member):
            if "maxLength" in found:
                found["maxLength"] = most
    _bound(schema)


def _bound(schema: Any) -> None:
    """Add what every edition says and no schema does: the width of integers, the years of times."""
    if isinstance(schema, list):
        for value in schema:
            _bound(value)
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "integer":
        schema.setdefault("minimum", -WIDEST_INTEGER)
        schema.setdefault("maximum", WIDEST_INTEGER - 1)
    if schema.get("format") == "date-time":
        schema.setdefault("pattern", SENSIBLE_YEAR)
        schema.setdefault("maxLength", LONGEST_TIME)
    for value in schema.values():
        _bound(value)
