"""Decisions are written down in one form, so that the roads not taken are there when somebody asks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.arch.source_tree import ROOT

DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
SECTIONS = ["Status", "Context", "Decision", "Roads not taken"]


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_has_its_sections_each_with_something_in_it(decision: Path) -> None:
    head, *sections = re.split(r"^## ", decision.read_text(encoding="utf-8"), flags=re.MULTILINE)
    titles, bodies = zip(*(section.split("\n", 1) for section in sections), strict=True)

    assert re.match(rf"# {int(decision.stem[:4])}\. \S", head)
    assert list(titles) == SECTIONS
    assert all(body.strip() for body in bodies)


def test_decisions_are_numbered_without_gaps() -> None:
    assert DECISIONS
    assert [int(path.stem[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))
