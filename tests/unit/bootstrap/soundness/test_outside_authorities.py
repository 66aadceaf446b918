from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.deployments import Site
from voltward.bootstrap.soundness.outside_authorities import check_outside_authorities
from voltward.bootstrap.soundness.remarks import Note, Problem

CORP = ('authority.corp.kind="est"', 'authority.corp.url="https://ca.example"')


@pytest.fixture
def plain(tmp_path: Path) -> Site:
    (tmp_path / "voltward.toml").write_text('[operator]\nname = "Example CPO"\n')
    return Site(tmp_path)


def test_the_signer_and_a_whole_table_are_sound(plain: Site) -> None:
    assert list(check_outside_authorities(plain.settings())) == []
    assert list(check_outside_authorities(plain.settings(*CORP, 'certificates.authority="corp"'))) == []


def test_a_table_that_nobody_uses_is_noted(plain: Site) -> None:
    (note,) = check_outside_authorities(plain.settings(*CORP))

    assert isinstance(note, Note)


def test_a_name_without_a_table_and_a_broken_table_are_problems(plain: Site) -> None:
    settings = plain.settings(*CORP, 'authority.corp.ca="nowhere.pem"', 'group.a.authority="elsewhere"')

    problems = [one.what for one in check_outside_authorities(settings) if isinstance(one, Problem)]

    assert len(problems) == 2
    assert "nowhere.pem" in problems[0]
    assert "elsewhere" in problems[1]


def test_the_name_of_the_signer_is_taken(plain: Site) -> None:
    settings = plain.settings('authority.signer.kind="est"', 'authority.signer.url="https://ca.example"')

    (problem,) = check_outside_authorities(settings)

    assert isinstance(problem, Problem)
