"""What each quirk is, read from packaged data, and grants read from tables that people wrote.

A grant names a quirk, its end, its owner, the reason, and the parameters that the quirk asks for, no others.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from importlib import resources
from types import MappingProxyType
from typing import Any

from voltward.domain.errors import OperatorFault
from voltward.domain.quantities import parse_duration, parse_size, parse_until
from voltward.domain.quirk import Quirk, QuirkGrant, QuirkValue

DATED = ("until", "owner", "reason")
SMALLEST, LARGEST = 256, 16 * 1024  # octets of a size: less is a storm of pieces, more is no limit
LONGEST_PASSWORD = 40  # octets; the standard asks for no more


class ParameterKind(StrEnum):
    """How a parameter is written."""

    TEXT = "text"
    DIALECT = "dialect"  # the name of a subprotocol
    SIZE = "size"  # `4 KiB`; read as octets
    NUMBER = "number"  # of octets in a password
    SECONDS = "seconds"  # `45 s`


class ActsOn(StrEnum):
    """What a quirk changes."""

    PATH = "path"
    REQUEST = "request"
    PASSWORD = "password"
    LINK = "link"
    CERTIFICATES = "certificates"


@dataclass(frozen=True, slots=True)
class QuirkDefinition:
    """One quirk in words. `one_station`: it is granted to stations one by one, never to a group or model."""

    quirk: Quirk
    field_notes: tuple[int, ...]
    acts_on: ActsOn
    title: str
    cost: str
    remedy: str
    parameters: Mapping[str, ParameterKind]
    needs_all: bool
    one_station: bool


Definitions = Mapping[Quirk, QuirkDefinition]


def load_quirks() -> Definitions:
    """The definitions that are part of the package."""
    return read_quirks((resources.files("voltward.rulebook") / "quirks.toml").read_text("utf-8"))


def read_quirks(text: str) -> Definitions:
    """Definitions from TOML. OperatorFault names what is unknown, missing or told twice."""
    found: dict[Quirk, QuirkDefinition] = {}
    for table in tomllib.loads(text).get("quirk", ()):
        definition = _definition(table)
        if definition.quirk in found:
            raise OperatorFault("this quirk stands twice.", subject=f"quirks.toml, {definition.quirk}")
        found[definition.quirk] = definition
    return MappingProxyType(found)


def read_grant(
    name: str, table: Mapping[str, Any], definitions: Definitions, granted_by: str, subject: str
) -> QuirkGrant:
    """A grant from `until`, `owner`, `reason` and parameters. OperatorFault tells `subject` what is wrong."""
    definition = definition_of(name, definitions, subject)
    missing = [key for key in DATED if not str(table.get(key, "")).strip()]
    if missing:
        raise OperatorFault(
            f"the quirk {name} needs {', '.join(missing)}.",
            mend="Say until which day it holds, who answers for it, and why.",
            subject=subject,
        )
    return QuirkGrant(
        quirk=definition.quirk,
        until=_until(table["until"], subject),
        owner=str(table["owner"]),
        reason=str(table["reason"]),
        parameters=MappingProxyType(read_parameters(definition, _parameters_of(table), subject)),
        granted_by=granted_by,
    )


def _until(value: object, subject: str) -> datetime:
    try:
        if not isinstance(value, (str, date)):
            raise ValueError(value)  # noqa: TRY004, TRY301 - one fault for whatever is no date
        return parse_until(value)
    except (ValueError, OverflowError) as error:
        raise OperatorFault(
            f"{str(value)!r} is no date.", mend="Write until = 2027-03-31.", subject=subject
        ) from error


def definition_of(name: str, definitions: Definitions, subject: str) -> QuirkDefinition:
    """The definition by its name; OperatorFault where there is none."""
    for definition in definitions.values():
        if definition.quirk.value == name:
            return definition
    raise OperatorFault(
        f"there is no quirk {name}.", mend="`voltward rulebook quirks` shows all of them.", subject=subject
    )


def read_parameters(
    definition: QuirkDefinition, given: Mapping[str, Any], subject: str
) -> dict[str, QuirkValue]:
    """The parameters of a quirk, each in its kind. OperatorFault for unknown, missing and unreadable ones."""
    name, known = definition.quirk.value, definition.parameters
    if stray := sorted(given.keys() - known.keys()):
        _refuse(f"the quirk {name} has no parameter {', '.join(stray)}", known, subject)
    lacking = sorted(known.keys() - given.keys())
    if lacking and (definition.needs_all or not given):
        _refuse(f"the quirk {name} needs {', '.join(lacking)}", known, subject)
    return {key: _value(definition, key, value, subject) for key, value in given.items()}


def _value(definition: QuirkDefinition, key: str, value: object, subject: str) -> QuirkValue:
    kind = definition.parameters[key]
    try:
        if kind is ParameterKind.NUMBER:
            return _length(value)
        if not isinstance(value, str):
            raise ValueError("it is no text")  # noqa: TRY004, TRY301 - one fault for whatever cannot be read
        if kind is ParameterKind.SECONDS:
            return float(parse_duration(value))
        return _octets(value) if kind is ParameterKind.SIZE else value
    except ValueError as error:
        raise OperatorFault(
            f"{key} of the quirk {definition.quirk.value}: {error}.", mend=_KINDS[kind], subject=subject
        ) from error


def _octets(value: str) -> int:
    octets = int(parse_size(value))
    if not SMALLEST <= octets <= LARGEST:
        raise ValueError(f"{value} is not between {SMALLEST} B and {LARGEST // 1024} KiB")
    return octets


def _length(value: object) -> int:
    if not isinstance(value, int) or not 1 <= value <= LONGEST_PASSWORD:
        raise ValueError(f"{value!r} is no number from 1 to {LONGEST_PASSWORD}")
    return value


_KINDS: Mapping[ParameterKind, str] = {
    ParameterKind.TEXT: "Write a text.",
    ParameterKind.DIALECT: "Write the name of a subprotocol.",
    ParameterKind.NUMBER: "Write a number of octets.",
    ParameterKind.SIZE: 'Write a size, as in "4 KiB".',
    ParameterKind.SECONDS: 'Write a duration, as in "45 s".',
}


def _refuse(what: str, known: Mapping[str, ParameterKind], subject: str) -> None:
    mend = f"It has {', '.join(known)}." if known else "It has none."
    raise OperatorFault(f"{what}.", mend=mend, subject=subject)


def _parameters_of(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key not in DATED}


def _definition(table: Mapping[str, Any]) -> QuirkDefinition:
    given = dict(table)
    try:
        definition = QuirkDefinition(
            quirk=Quirk(given.pop("name")),
            field_notes=tuple(int(number) for number in given.pop("field_notes")),
            acts_on=ActsOn(given.pop("acts_on")),
            title=given.pop("title"),
            cost=given.pop("cost"),
            remedy=given.pop("remedy"),
            parameters=MappingProxyType(dict(_kinds(given.pop("parameters", {})))),
            needs_all=given.pop("needs", "all") == "all",
            one_station=given.pop("one_station", False),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise OperatorFault(f"a quirk cannot be read: {error}.", subject="quirks.toml") from error
    if given:
        raise OperatorFault(f"unknown keys {sorted(given)}.", subject=f"quirks.toml, {definition.quirk}")
    return definition


def _kinds(table: Mapping[str, str]) -> Iterator[tuple[str, ParameterKind]]:
    for key, kind in table.items():
        yield key, ParameterKind(kind)
