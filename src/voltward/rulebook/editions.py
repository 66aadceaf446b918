"""The editions that controls cite, and the requirements of each that coverage is told about.

The words of the requirements are ours, and short; the specifications are not copied. Data: `editions.toml`.
An edition may stand on another one: it takes over its requirements, replaces some and leaves some out, as a
dialect does with its tables.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from voltward.domain.errors import OperatorFault

_EDITION_KEYS = {"title", "date", "source", "requirements"}
_OPTIONAL_KEYS = {"based_on", "left_out"}


class InHandsOf(StrEnum):
    """Who can fulfil a requirement. Only `gateway` is ours today, `later` is ours with a coming issue."""

    GATEWAY = "gateway"
    LATER = "later"
    STATION = "station"
    AUTHORITY = "authority"  # whoever issues certificates
    OPERATOR = "operator"
    MANUFACTURER = "manufacturer"
    CSMS = "csms"


_HANDS = {hands.value for hands in InHandsOf}


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement of one edition: its id, whose it is to fulfil, and what it asks, in our words."""

    id: str
    in_hands_of: InHandsOf
    asks: str


@dataclass(frozen=True, slots=True)
class Edition:
    """A specification as printed on a date; `key` is what dialects and citations call it."""

    key: str
    title: str
    date: date
    source: str
    requirements: Mapping[str, Requirement]


def read_editions(text: str) -> Mapping[str, Edition]:
    """Read `editions.toml`, in its order. OperatorFault names the edition and the entry that is wrong."""
    editions: dict[str, Edition] = {}
    for key, table in tomllib.loads(text).get("edition", {}).items():
        editions[key] = _read_edition(key, table, editions)
    return editions


def _read_edition(key: str, table: Mapping[str, Any], earlier: Mapping[str, Edition]) -> Edition:
    missing, unknown = _EDITION_KEYS - table.keys(), table.keys() - _EDITION_KEYS - _OPTIONAL_KEYS
    if missing or unknown:
        raise _fault(key, f"missing {sorted(missing)}, unknown {sorted(unknown)}")
    requirements: dict[str, Requirement] = {}
    base = table.get("based_on")
    if base is not None:
        if base not in earlier:
            raise _fault(key, f"is based on {base!r}, which does not stand above it")
        requirements |= earlier[base].requirements
    for left_out in table.get("left_out", ()):
        if requirements.pop(left_out, None) is None:
            raise _fault(key, f"leaves out {left_out!r}, which it would not have had")
    for id_, row in table["requirements"].items():
        requirements[id_] = _read_requirement(key, id_, row)
    return Edition(key, table["title"], table["date"], table["source"], requirements)


def _read_requirement(edition: str, id_: str, row: Any) -> Requirement:
    match row:
        case [str(whose), str(asks)] if whose in _HANDS and asks:
            return Requirement(id_, InHandsOf(whose), asks)
        case _:
            raise _fault(edition, f"{id_} is not [whose, what it asks]")


def _fault(edition: str, what: str) -> OperatorFault:
    return OperatorFault(what, subject=f"rulebook/editions.toml, edition {edition}", mend="Mend the file.")
