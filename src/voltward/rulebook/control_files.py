"""From TOML text to controls, strictly: what is not understood is refused, with file and control named.

No file is opened here; `catalogue` says which files there are and hands in their text.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NoReturn, TypeVar

from voltward.domain.enforcement import Action
from voltward.domain.errors import OperatorFault
from voltward.domain.security_profile import SecurityProfile
from voltward.rulebook.checks import PARAMETERS_BY_CHECK
from voltward.rulebook.control import Control, EnforcedBy, Moment, RequirementRef, Severity
from voltward.rulebook.editions import Edition

W = TypeVar("W", bound=StrEnum)

_REQUIRED = {
    "id": str,
    "title": str,
    "profiles": list,
    "moment": str,
    "severity": str,
    "enforced_by": str,
    "check": str,
    "default_action": str,
    "remedy": str,
    "cost": str,
}
_OPTIONAL = {
    "parameters": dict,
    "requirements": dict,
    "waivable": bool,
    "waived_action": str,
    "beyond": str,
    "holds_observed": bool,
    "leans_on_us": bool,
}

# Rules that are enforced where no check of ours can look (the TLS engine, the door's waiting room, the
# relay) have a name under that hand; the text behind the point is for people and for `proved elsewhere`.
_ELSEWHERE = {Moment.TLS: "tls.", Moment.LINK: "door.", Moment.MESSAGE: "relay."}


def read_controls(file: str, text: str, editions: Mapping[str, Edition]) -> Iterator[Control]:
    """The controls of one file, in its order. OperatorFault names file, control and key."""
    document = tomllib.loads(text)
    if stray := sorted(document.keys() - {"control"}):
        raise OperatorFault(f"unknown keys {stray} beside the controls.", subject=f"rulebook/controls/{file}")
    for table in document.get("control", ()):
        yield _ControlTable(file, table, editions).read()


class _ControlTable:
    """One `[[control]]` while it is read; knows what to call itself when something is wrong."""

    def __init__(self, file: str, table: Mapping[str, Any], editions: Mapping[str, Edition]) -> None:
        self._file = file
        self._table = table
        self._editions = editions

    def read(self) -> Control:
        self._check_keys()
        moment = self._word("moment", Moment)
        default_action = self._word("default_action", Action)
        waivable = self._table.get("waivable", True)
        if "waived_action" in self._table and not waivable:
            self._refuse("has a `waived_action` and is not waivable")
        requirements = tuple(self._requirements())
        beyond = self._table.get("beyond", "")
        if not requirements and not beyond:
            self._refuse("cites no requirement, and does not say in `beyond` why we ask for it")
        return Control(
            id=self._table["id"],
            title=self._table["title"],
            profiles=self._profiles(),
            moment=moment,
            severity=self._word("severity", Severity),
            enforced_by=self._word("enforced_by", EnforcedBy),
            check=self._check(moment),
            parameters=_frozen(self._table.get("parameters", {})),
            default_action=default_action,
            waivable=waivable,
            waived_action=self._word("waived_action", Action, "record"),
            remedy=self._table["remedy"],
            cost=self._table["cost"],
            requirements=requirements,
            beyond=beyond,
            holds_observed=self._table.get("holds_observed", False),
            leans_on_us=self._table.get("leans_on_us", False),
        )

    def _check_keys(self) -> None:
        if missing := sorted(_REQUIRED.keys() - self._table.keys()):
            self._refuse(f"lacks {missing}")
        kinds = _REQUIRED | _OPTIONAL
        for key, value in self._table.items():
            if key not in kinds:
                self._refuse(f"has an unknown key {key!r}")
            if not isinstance(value, kinds[key]) or (key in _REQUIRED and not value):
                self._refuse(f"has a {key!r} that is empty or of the wrong type")

    def _word(self, key: str, words: type[W], default: str = "") -> W:
        word = self._table.get(key, default)
        try:
            return words(word)
        except ValueError:
            self._refuse(f"says {key} = {word!r}; known are {[w.value for w in words]}")

    def _profiles(self) -> frozenset[SecurityProfile]:
        known = {profile.value for profile in SecurityProfile}
        if not known.issuperset(self._table["profiles"]):
            self._refuse(f"names profiles {self._table['profiles']}; known are {sorted(known)}")
        return frozenset(SecurityProfile(value) for value in self._table["profiles"])

    def _check(self, moment: Moment) -> str:
        name: str = self._table["check"]
        if prefix := _ELSEWHERE.get(moment):
            if not name.startswith(prefix) or name == prefix:
                self._refuse(f"has the check {name!r}; for the moment {moment} it starts with {prefix!r}")
            return name
        expected = PARAMETERS_BY_CHECK.get((moment, name))
        if expected is None:
            self._refuse(f"names the check {name!r}, which the moment {moment} does not have")
        given = self._table.get("parameters", {}).keys()
        if given != expected:
            self._refuse(f"gives the parameters {sorted(given)}; {name} reads {sorted(expected)}")
        return name

    def _requirements(self) -> Iterator[RequirementRef]:
        for edition, ids in self._table.get("requirements", {}).items():
            if edition not in self._editions:
                self._refuse(f"cites the unknown edition {edition!r}")
            for id_ in ids:
                if id_ not in self._editions[edition].requirements:
                    self._refuse(f"cites {id_!r}, which editions.toml does not have for {edition}")
                yield RequirementRef(edition, id_)

    def _refuse(self, what: str) -> NoReturn:
        control = self._table.get("id", "without an id")
        raise OperatorFault(
            f"it {what}.", subject=f"rulebook/controls/{self._file}, control {control}", mend="Mend the file."
        )


def _frozen(value: Any) -> Any:
    """Plain values that nobody can change afterwards."""
    if isinstance(value, dict):
        return MappingProxyType({key: _frozen(inner) for key, inner in value.items()})
    if isinstance(value, list):
        return tuple(_frozen(inner) for inner in value)
    return value
