"""Values of several kinds as octets beside the name of their kind: some have the same fields, or none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from voltward.adapters.value_form import ForeignForm, packed, unpacked

Kinds = Mapping[str, type[Any]]


def kinds_of(union: Any) -> Kinds:
    """The kinds of a union by their names: these are what is stored, so a class keeps its name."""
    return {kind.__name__: kind for kind in get_args(union)}


def tagged(value: object) -> dict[str, Any]:
    """The name of its kind, and its octets."""
    return {"kind": type(value).__name__, "octets": packed(value)}


def untagged(kinds: Kinds, name: str, octets: bytes) -> Any:
    """The value; `ForeignForm` if this version knows no such kind, or reads it in another form."""
    kind = kinds.get(name)
    if kind is None:
        raise ForeignForm(f"this version knows no {name}.")
    return unpacked(octets, kind)
