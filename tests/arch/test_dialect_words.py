"""OCPP versions are named in `ocpp/` alone; everybody else speaks of a dialect (architecture, section 6).

Where a version is named, somebody branches on it; and branches on versions spread. The rulebook's data cites
editions, and simulator, demo and tests play stations that have one: they may.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator

import pytest

from tests.arch.source_tree import PythonFile, nodes, source_files

MAY_NAME_VERSIONS = frozenset({"ocpp", "simulator", "demo"})

# A bare "2.0" or a number with a unit behind it is no version.
IN_TEXT = re.compile(
    r"""
    \b ocpp [\s_/-]* v? \d                                  # ocpp1.6, OCPP 2.0.1, ocpp2.1-ed1
    | (?<! [\w.] ) v? (?: 1\.6 [jJ]? | 2\.0\.1 | 2\.1 )     # 1.6, 1.6J, v2.0.1, 2.1
      (?! [\w.]* \d | \w | \s* (?: [num]?s | us | x | % | [kMG]i?B ) \b )
    """,
    re.VERBOSE | re.IGNORECASE,
)
IN_IDENTIFIER = re.compile(
    r"(?: ^ | _ ) v? (?: 16j? | 201 | 21 ) (?: _ | $ ) | ocpp_? v? \d", re.VERBOSE | re.IGNORECASE
)


def test_no_version_is_named_outside_ocpp() -> None:
    found = [
        f"{file.path}:{line}: {word}"
        for file in source_files()
        if file.layer not in MAY_NAME_VERSIONS
        for line, word in _version_words(file)
    ]

    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "text",
    [
        '"ocpp1.6"',
        '"OCPP 2.0.1 says"',
        "# a 1.6J station",
        'f"{x} 2.1"',
        '"ocpp2.1-ed1"',
        "import v201",
        "ocpp16 = 1",
    ],
)
def test_a_version_is_found_in_text_comments_and_identifiers(text: str) -> None:
    assert list(_version_words(_snippet(text)))


@pytest.mark.parametrize(
    "text",
    [
        '"TLS 1.2"',
        "# 1.6 us each",
        '"voltward 2.1.4"',
        '"127.0.0.1"',
        '"12.1"',
        "# RFC 9110, 2.0",
        "v4 = 16",
        '"A02.1"',
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert not list(_version_words(_snippet(text)))


def _version_words(file: PythonFile) -> Iterator[tuple[int, str]]:
    for line, text in [*_strings(file), *_comments(file)]:
        for match in IN_TEXT.finditer(text):
            yield line, match.group()
    for line, name in _identifiers(file):
        if IN_IDENTIFIER.search(name):
            yield line, name


def _strings(file: PythonFile) -> Iterator[tuple[int, str]]:
    for node in nodes(file):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def _comments(file: PythonFile) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(file.text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def _identifiers(file: PythonFile) -> Iterator[tuple[int, str]]:
    for node in nodes(file):
        match node:
            case (
                ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.keyword(arg=str(name))
            ):
                yield node.lineno, name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                for alias in names:
                    for part in alias.name.split("."):
                        yield node.lineno, part
            case _:
                pass


def _snippet(text: str) -> PythonFile:
    return PythonFile("src/voltward/domain/snippet.py", text + "\n", ast.parse(text))
