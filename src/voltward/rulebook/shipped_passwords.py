"""Passwords that are no secret because stations are shipped with them (field note 5): data, and one question.

The list lies beside this module. It is asked when a password enters the registry, since later nobody knows
the password any more.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from voltward.domain.errors import OperatorFault
from voltward.domain.secret import Secret

FILE = "shipped_passwords.toml"
_WAYS = {"passwords": list, "pattern": str, "equals": str}
_ON_THE_PLATE = frozenset({"identity", "serial"})


@dataclass(frozen=True, slots=True)
class ShippedPasswords:
    """The list, ready to be asked. Everything in it is lower case."""

    words: Mapping[str, str]  # password -> what it is
    patterns: tuple[tuple[re.Pattern[str], str], ...] = ()
    on_the_plate: tuple[tuple[str, str], ...] = ()  # (`identity` or `serial`, what it is)

    def what_is(self, password: Secret, *, identity: str, serial: str | None) -> str:
        """What such a password is, to complete "the password is ..."; empty for one that is not known."""
        try:
            text = password.reveal().decode("utf-8").lower()
        except UnicodeDecodeError:
            return ""
        if text in self.words:
            return self.words[text]
        plate = {"identity": identity.lower(), "serial": (serial or "").lower()}
        for name, what in self.on_the_plate:
            if text and text == plate[name]:
                return what
        return next((what for pattern, what in self.patterns if pattern.fullmatch(text)), "")


@cache
def shipped_passwords() -> ShippedPasswords:
    """The list that is part of the package, read once."""
    return read_shipped_passwords((resources.files("voltward.rulebook") / FILE).read_text("utf-8"))


def read_shipped_passwords(text: str) -> ShippedPasswords:
    """Make it of TOML. OperatorFault names the entry that is not understood."""
    words: dict[str, str] = {}
    patterns: list[tuple[re.Pattern[str], str]] = []
    plate: list[tuple[str, str]] = []
    for number, table in enumerate(tomllib.loads(text).get("password", ()), start=1):
        way, what = _way(table, number)
        if way == "passwords":
            words.update((str(word).lower(), what) for word in table[way])
        elif way == "pattern":
            patterns.append((re.compile(table[way], re.DOTALL), what))
        else:
            plate.append((table[way], what))
    return ShippedPasswords(words, tuple(patterns), tuple(plate))


def _way(table: Mapping[str, Any], number: int) -> tuple[str, str]:
    """Which of the three ways an entry goes, and what it says."""
    ways = [way for way, kind in _WAYS.items() if isinstance(table.get(way), kind)]
    what = table.get("is")
    is_known = table.keys() <= {"is", *_WAYS} and len(ways) == 1 and isinstance(what, str)
    if not is_known or (ways == ["equals"] and table["equals"] not in _ON_THE_PLATE):
        raise OperatorFault(
            "this is no entry of the list.",
            mend="Give `is`, and one of `passwords`, `pattern`, `equals`.",
            subject=f"rulebook/{FILE}, entry {number}",
        )
    assert isinstance(what, str)
    return ways[0], what
