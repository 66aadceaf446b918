"""The documents say what the code does: links lead somewhere, made pages are fresh, names and keys exist."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeGuard, get_args, get_origin

import msgspec
import pytest

from tests.arch.generated_pages import PAGES, anchor_of
from tests.arch.source_tree import PACKAGE, ROOT, functions, nodes, source_files
from voltward.domain.quantities import Duration, Size, parse_duration, parse_size
from voltward.gateway.channel.terms import CLOSE_CODES
from voltward.gateway.report import Metrics
from voltward.rulebook.catalogue import load_rulebook
from voltward.settings import Settings

DOCUMENTS = (
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "benchmarks" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
)
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
CODE_BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CONTROL = re.compile(r"\b(?:TLS|ID|AUTH|CERT|PROF|STN|WS|BOOT|LINK|HEAD|THR|JRN|MSG|CMD)-\d\d\b")
PLACE = re.compile(r"`([a-z_0-9/]+\.py): ([A-Za-z_.]+)`")
SETTING = re.compile(r"^\| `([\w.]+)` \| .+? \| ([^|]+?) \| (?:start|new|live) \|$", re.MULTILINE)
CITED = re.compile(r"\b(ruling|field note)s? (\d+(?:(?:, | and | to )\d+)*)", re.IGNORECASE)
ASKED_BY_INIT = {"operator.name", "csms.url"}
SAID_BELOW = {"csms.headers"}
SAID_ABOVE = {"route.NAME.csms"}  # a table with the keys of another, which is told once


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _path(document: Path) -> str:
    return document.relative_to(ROOT).as_posix()


# ---------------------------------------------------------------------------------------- links and pages


@pytest.mark.parametrize("document", DOCUMENTS, ids=_path)
def test_every_link_leads_somewhere(document: Path) -> None:
    dead = [link for link in LINK.findall(_prose(document)) if not _leads_somewhere(document, link)]

    assert not dead, "\n".join(dead)


def _prose(document: Path) -> str:
    return CODE_BLOCK.sub("", document.read_text(encoding="utf-8"))


def _leads_somewhere(document: Path, link: str) -> bool:
    if link.startswith(("https://", "http://")):
        return True  # not ours to keep
    place, _, anchor = link.partition("#")
    target = (document.parent / place).resolve() if place else document
    if not target.exists():
        return False
    return not anchor or anchor in {anchor_of(title) for title in HEADING.findall(_prose(target))}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_made_from_the_code_is_fresh(page: str) -> None:
    assert _text(page) == PAGES[page](), "write it anew: .venv/bin/python -m tests.arch.generated_pages"


def test_every_page_of_docs_is_on_the_way_from_the_picture() -> None:
    linked = {link.partition("#")[0] for link in LINK.findall(_text("docs/README.md"))}
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}

    assert pages <= linked


# ---------------------------------------------------------------------------------------- names


@pytest.mark.parametrize("document", DOCUMENTS, ids=_path)
def test_every_control_that_is_named_exists(document: Path) -> None:
    named = set(CONTROL.findall(document.read_text(encoding="utf-8")))

    assert named <= load_rulebook().by_id.keys()


def test_every_place_of_the_journeys_exists() -> None:
    places = PLACE.findall(_text("docs/journeys.md"))
    known = {(file.in_package, name) for file in source_files() for name, _ in functions(file)}

    assert places
    assert not set(places) - known


def test_every_number_that_a_comment_cites_can_be_looked_up() -> None:
    told = {
        ("ruling", number) for number in re.findall(r"^\| (\d+) \|", _section("Rulings"), re.MULTILINE)
    } | {
        ("field note", number)
        for number in re.findall(r"^\| (\d+) \|", _section("Field notes"), re.MULTILINE)
    }

    assert not _cited() - told


def _section(title: str) -> str:
    return _text("docs/rulings.md").partition(f"## {title}\n")[2].partition("\n## ")[0]


@cache
def _cited() -> frozenset[tuple[str, str]]:
    files = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.toml"), *(ROOT / "tests").rglob("*.py")]
    texts = [re.sub(r"\s*\n\s*#?\s*", " ", file.read_text(encoding="utf-8")) for file in files]
    found = [match for text in texts for match in CITED.findall(text)]
    return frozenset((kind.lower(), number) for kind, numbers in found for number in _numbers(numbers))


def _numbers(text: str) -> Iterator[str]:
    for first, last in re.findall(r"(\d+)(?: to (\d+))?", text):
        yield from (str(number) for number in range(int(first), int(last or first) + 1))


def test_a_range_of_numbers_is_read_whole() -> None:
    assert list(_numbers("3, 16 to 18 and 20")) == ["3", "16", "17", "18", "20"]


# ---------------------------------------------------------------------------------------- settings


def test_the_reference_tells_every_setting_with_its_default() -> None:
    told = dict(SETTING.findall(_text("docs/settings.md")))
    known = dict(_settings(Settings, ""))

    assert told.keys() == known.keys()
    wrong = {key: told[key] for key, default in known.items() if not _tells(key, told[key], default)}
    assert not wrong


def _settings(kind: type[msgspec.Struct], prefix: str) -> Iterator[tuple[str, object]]:
    for field in msgspec.structs.fields(kind):
        if field.name == "folder" or f"{prefix}{field.name}" in SAID_ABOVE:
            continue  # the folder is not written: it is where the file stands
        named = get_args(field.type)[1] if get_origin(field.type) is dict else None
        if _is_table(field.type):
            yield from _settings(field.type, f"{prefix}{field.name}.")
        elif _is_table(named):
            yield from _settings(named, f"{prefix}{field.name}.NAME.")
        else:
            made = field.default_factory is not msgspec.NODEFAULT
            yield prefix + field.name, field.default_factory() if made else field.default


def _is_table(kind: Any) -> TypeGuard[type[msgspec.Struct]]:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _tells(key: str, told: str, default: Any) -> bool:
    if key in ASKED_BY_INIT:
        return told == "asked by `init`"
    if key in SAID_BELOW:
        return all(f'{name} = "{value}"' in _text("docs/settings.md") for name, value in default.items())
    if default is None or default is msgspec.NODEFAULT:
        return told == ("none" if default is None else "to be set")
    text = told.strip("`")
    if isinstance(default, Duration):
        return parse_duration(text) == default
    if isinstance(default, Size):
        return parse_size(text) == default
    return text == _toml(default)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(_toml(item) for item in value)}]"
    return f'"{value}"' if isinstance(value, str) else str(value)


# ---------------------------------------------------------------------------------------- operations


def test_every_event_is_told_and_every_told_event_happens() -> None:
    table = _text("docs/operations.md").partition("| event | when |")[2]
    told = {
        name
        for row in re.findall(r"^\| (`.+?) \|", table, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row)
    }
    said = set(_events())
    constants = {
        node.value
        for file in source_files()
        for node in nodes(file)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }

    assert said
    assert not said - told
    assert not told - constants


def _events() -> Iterator[str]:
    """Kinds that are written out where something happens; others are found by the second half of the test."""
    for file in source_files():
        if file.layer in {"simulator", "demo"}:
            continue
        for node in nodes(file):
            match node:
                case ast.Call(
                    func=ast.Name(id="Event") | ast.Attribute(attr="happened" | "log_only"),
                    args=[ast.Constant(value=str(kind)), *_],
                ):
                    yield kind
                case _:
                    pass


def test_every_shell_block_of_the_guide_is_run_or_said_to_belong_elsewhere() -> None:
    """Those marked `sh run` are run by a journey; elsewhere: root, systemd, a database's own tools."""
    marks = Counter(re.findall(r"^```(sh.*)$", _text("docs/operations.md"), re.MULTILINE))

    assert marks.keys() == {"sh run", "sh elsewhere"}
    assert marks["sh run"] >= 5
    assert marks["sh elsewhere"] <= 3
    first_year = re.findall(r"^```(\S.*)$", _text("docs/first-year-of-a-ca.md"), re.MULTILINE)
    assert set(first_year) == {"sh run"}


def test_every_metric_is_told() -> None:
    told = _text("docs/operations.md")
    names = {
        f"{metric.name}_total" if metric.type == "counter" else metric.name
        for metric in Metrics().registry.collect()
    }

    assert names
    assert all(f"`{name}`" in told for name in names)


def test_every_close_code_of_ours_is_told() -> None:
    table = _text("docs/operations.md").partition("| close code |")[2].partition("\n\n")[0]

    assert all(f"| {code} |" in table for code in CLOSE_CODES.values())
