from __future__ import annotations

import pytest

from tests.unit.cli.conftest import Shell
from voltward.rulebook.catalogue import load_rulebook
from voltward.rulebook.quirks import load_quirks

BOOK = load_rulebook()


def test_all_controls_are_listed(bare: Shell) -> None:
    out = bare.done("rulebook", "list").out
    assert all(control.id in out for control in BOOK.controls)

    listed = bare.done("rulebook", "list", "--json").json
    assert [control["id"] for control in listed] == [control.id for control in BOOK.controls]


@pytest.mark.parametrize("control", ["TLS-02", "tls-02", "CMD-02"])
def test_a_control_is_shown_with_its_citations(bare: Shell, control: str) -> None:
    found = BOOK.by_id[control.upper()]

    out = bare.done("rulebook", "show", control).out
    assert found.title in out
    assert f"cites {found.requirements[0]}" in out
    shown = bare.done("rulebook", "show", control, "--json").json
    assert (shown["id"], shown["remedy"]) == (found.id, found.remedy)


def test_a_control_that_there_is_not_is_status_2(bare: Shell) -> None:
    assert bare("rulebook", "show", "NO-99").status == 2


def test_coverage_tells_each_edition_and_nobodys_requirements(bare: Shell) -> None:
    ran = bare("rulebook", "coverage", "--json")

    assert {edition["edition"] for edition in ran.json} == set(BOOK.editions)
    missing = any(edition["missing"] for edition in ran.json)
    assert ran.status == (1 if missing else 0)
    assert "requirements have a control" in bare("rulebook", "coverage").out


def test_quirks_are_listed_with_what_they_cost(bare: Shell) -> None:
    definitions = load_quirks().values()
    out = bare.done("rulebook", "quirks").out

    assert all(definition.quirk in out and definition.cost in out for definition in definitions)
    listed = bare.done("rulebook", "quirks", "--json").json
    assert [quirk["quirk"] for quirk in listed] == [definition.quirk for definition in definitions]
    assert next(q for q in listed if q["quirk"] == "no-subprotocol")["parameters"] == {"speaks": "dialect"}
