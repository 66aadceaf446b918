"""Every input that ever broke a target, and every seed, is tried with each run of the tests."""

from __future__ import annotations

import pytest

from tests.fuzz.__main__ import REGRESSIONS, cases_of
from tests.fuzz.bytes_plan import BytesPlan
from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_what_broke_a_target_once_breaks_it_no_more(name: str) -> None:
    for case in (*TARGETS[name].seeds, *cases_of(name)):
        TARGETS[name].run(case)


def test_every_case_belongs_to_a_target() -> None:
    folders = {path.name for path in REGRESSIONS.iterdir() if path.is_dir()}

    assert folders <= TARGETS.keys()


def test_a_plan_never_runs_dry() -> None:
    plan = BytesPlan(b"\x07\x02ab")

    assert (plan.number(4), plan.piece(10), plan.is_over) == (3, b"ab", True)
    assert (plan.number(300), plan.piece(10), plan.rest()) == (0, b"", b"")
