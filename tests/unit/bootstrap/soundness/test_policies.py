from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.clock import NOON
from tests.fakes.deployments import Site
from voltward.bootstrap.soundness.policies import check_groups, check_observed, check_operator
from voltward.bootstrap.soundness.remarks import Note, Problem, Severity
from voltward.rulebook.catalogue import load_rulebook

BOOK = load_rulebook()


@pytest.fixture
def plain(tmp_path: Path) -> Site:
    (tmp_path / "voltward.toml").write_text('[operator]\nname = "Example CPO"\n')
    return Site(tmp_path)


def test_the_defaults_can_be_carried_out(plain: Site) -> None:
    settings = plain.settings()

    assert list(check_operator(settings)) == []
    assert list(check_groups(settings, BOOK)) == []


@pytest.mark.parametrize("name", ["", "  "])
def test_an_operator_without_a_name_is_found(plain: Site, name: str) -> None:
    (problem,) = check_operator(plain.settings(f'operator.name="{name}"'))

    assert isinstance(problem, Problem)


def test_a_group_that_answers_for_a_test_tool_is_told(plain: Site) -> None:
    (problem,) = check_groups(plain.settings("group.octt.conformance=true"), BOOK)

    assert isinstance(problem, Problem)
    assert (problem.severity, "[group.octt]" in problem.what) == (Severity.WARNING, True)


def test_every_wrong_order_of_a_group_is_told_and_the_right_ones_are_not(plain: Site) -> None:
    settings = plain.settings(
        'group.a.actions={"TLS-02"="record", "CERT-06"="record", "NO-99"="record"}',
        'group.b.actions={"CERT-03"="quarantine", "AUTH-02"="quarantine", "TLS-07"="enforce"}',
    )

    found = [remark.what for remark in check_groups(settings, BOOK)]

    assert len(found) == 3
    assert any("group.a.actions: TLS-02 cannot be softened" in what for what in found)
    assert any("group.a.actions: there is no control NO-99" in what for what in found)
    assert any("group.b.actions: AUTH-02" in what for what in found)


def test_a_length_that_no_schema_has_is_told(plain: Site) -> None:
    (problem,) = check_groups(plain.settings('group.a.schema_lengths={"Reset.colour"=9}'), BOOK)

    assert "no schema limits the length of 'Reset.colour'" in problem.what


def test_a_group_that_is_observed_is_told_loudly_and_more_so_where_nobody_looks(plain: Site) -> None:
    observed = ('group.old.mode="observe"', f"group.old.observe_until={NOON:%Y-%m-%d}")

    told = list(check_observed(plain.settings(*observed), NOON))
    passed_on = list(check_observed(plain.settings(*observed, "csms.basic=pass"), NOON))

    assert all(isinstance(remark, Problem) and remark.severity is Severity.WARNING for remark in told)
    assert [len(told), len(passed_on)] == [2, 1]
    assert "[group.old] IS ONLY OBSERVED until" in told[0].what


def test_observing_that_is_over_is_no_problem_any_more(plain: Site) -> None:
    (remark,) = check_observed(
        plain.settings('group.old.mode="observe"', "group.old.observe_until=2020-01-31"), NOON
    )

    assert isinstance(remark, Note)


def test_learning_is_told_and_is_found_where_it_has_no_effect(plain: Site) -> None:
    observed = ('group.old.mode="observe"', f"group.old.observe_until={NOON:%Y-%m-%d}", "csms.basic=pass")

    told = list(check_observed(plain.settings(*observed, "group.old.learn=true"), NOON))
    idle = list(check_observed(plain.settings("group.new.learn=true"), NOON))

    assert any(isinstance(remark, Note) and "refuses a wrong one" in remark.what for remark in told)
    assert [remark.what for remark in idle] == [
        "[group.new] learn has no effect: passwords are learnt while a group is observed."
    ]
