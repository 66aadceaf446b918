"""A page of docs/recipes, taken at its word: its settings for the gateway, its code for the CSMS."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from tests.arch.source_tree import ROOT

RECIPES = ROOT / "docs" / "recipes"
_BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class RecipePage:
    """The text of a page."""

    text: str

    @classmethod
    def named(cls, name: str) -> RecipePage:
        return cls((RECIPES / f"{name}.md").read_text(encoding="utf-8"))

    def code(self, language: str) -> str:
        """Its one block in this language."""
        (block,) = (body for _, of, body in _BLOCK.findall(self.text) if of == language)
        return block

    def overrides(self) -> list[str]:
        """Its settings as `--set KEY=VALUE`, on top of what `init` wrote."""
        return list(_flat(tomllib.loads(self.code("toml")), ""))


def _flat(table: dict[str, Any], prefix: str) -> Iterator[str]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}={msgspec.json.encode(value).decode()}"  # reads as TOML: no tables in it
