from __future__ import annotations

import pytest

from voltward.rulebook.catalogue import build_rulebook, load_rulebook
from voltward.rulebook.coverage import EditionCoverage, coverage
from voltward.rulebook.editions import InHandsOf

COVERAGE = coverage(load_rulebook())


def test_what_is_ours_and_has_no_control_is_missing() -> None:
    editions = """
[edition.one]
title = "One"
date = 2025-01-23
source = "x"
[edition.one.requirements]
"A.1" = ["gateway", "It locks."]
"A.2" = ["station", "It knocks."]
"""
    (one,) = coverage(build_rulebook({}, editions, ""))

    assert [requirement.id for requirement in one.missing] == ["A.1"]
    assert [requirement.id for requirement in one.elsewhere[InHandsOf.STATION]] == ["A.2"]
    assert one.covered == ()


@pytest.mark.parametrize("edition", COVERAGE, ids=lambda edition: edition.edition.key)
def test_every_requirement_that_is_ours_now_has_a_control(edition: EditionCoverage) -> None:
    assert [requirement.id for requirement in edition.missing] == []


@pytest.mark.parametrize("edition", COVERAGE, ids=lambda edition: edition.edition.key)
def test_every_requirement_stands_in_one_place(edition: EditionCoverage) -> None:
    covered = [row.requirement.id for row in edition.covered]
    elsewhere = [requirement.id for rows in edition.elsewhere.values() for requirement in rows]

    assert sorted(covered + elsewhere) == sorted(edition.edition.requirements)


def test_the_same_rule_has_another_number_in_the_oldest_edition() -> None:
    covered = {c.edition.key: {row.requirement.id: row.controls for row in c.covered} for c in COVERAGE}

    assert "TLS-03" in covered["ocpp1.6-security-ed3"]["A00.FR.317"]
    assert "TLS-03" in covered["ocpp2.0.1-ed3"]["A00.FR.318"]
    assert "TLS-03" in covered["ocpp2.1-ed1"]["A00.FR.318"]
    assert "TLS-03" not in covered["ocpp2.0.1-ed3"]["A00.FR.319"]


def test_no_requirement_of_other_hands_is_cited_by_mistake() -> None:
    mistaken = [
        row.requirement.id
        for edition in COVERAGE
        for row in edition.covered
        if row.requirement.in_hands_of is not InHandsOf.GATEWAY
    ]

    assert mistaken == []
