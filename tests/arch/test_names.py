"""Names that say nothing, or say the wrong thing, are not used (architecture, sections 12 and 14)."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.arch.source_tree import PythonFile, nodes, python_files, source_files

# A file of such a name collects whatever has no place; each thing has a noun of its own.
SHAPELESS_WORDS = frozenset({
    "common", "handler", "handlers", "helper", "helpers", "manager", "managers", "misc", "service", "services",
    "util", "utils", "utilities",
})  # fmt: skip
SHAPELESS_ENDINGS = ("Manager", "Helper", "Helpers", "Util", "Utils", "Service", "Handler")

# What the vocabulary calls otherwise: Station, StationId, CSMS.
FOREIGN_WORDS = frozenset(
    {"cp", "charge_point", "chargepoint", "cp_id", "client_id", "charge_box_id", "backend"}
)


def test_no_file_or_folder_has_a_shapeless_name() -> None:
    found = [
        file.path for file in python_files() if any(_words(part) & SHAPELESS_WORDS for part in file.parts)
    ]

    assert not found, "\n".join(found)


def test_no_class_has_a_shapeless_name() -> None:
    found = [
        f"{file.path}: {node.name}"
        for file in python_files()
        for node in nodes(file)
        if isinstance(node, ast.ClassDef) and node.name.endswith(SHAPELESS_ENDINGS)
    ]

    assert not found, "\n".join(found)


def test_the_package_speaks_its_own_vocabulary() -> None:
    found = [
        f"{file.path}:{line}: {name}"
        for file in source_files()
        for line, name in _declared(file)
        if name.lower().strip("_") in FOREIGN_WORDS
    ]

    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", ["util.py", "string_utils.py", "helpers", "Common.py"])
def test_a_shapeless_word_is_found_inside_a_name(name: str) -> None:
    assert _words(name) & SHAPELESS_WORDS


def _words(part: str) -> set[str]:
    return set(part.removesuffix(".py").lower().split("_"))


def _declared(file: PythonFile) -> Iterator[tuple[int, str]]:
    """What the file gives a name to; what others have named (an argument of a library) is not its choice."""
    for node in nodes(file):
        match node:
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                yield node.lineno, name
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.Attribute(attr=name, ctx=ast.Store()):
                yield node.lineno, name
            case _:
                pass
