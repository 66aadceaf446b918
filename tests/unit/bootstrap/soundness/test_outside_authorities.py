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


ACME = (
    'authority.public.kind="acme"',
    'authority.public.url="https://acme.example/directory"',
    'authority.public.listen="127.0.0.1:8080"',
)


def test_one_for_servers_needs_no_group_and_is_none_for_a_group(plain: Site) -> None:
    assert list(check_outside_authorities(plain.settings(*ACME))) == []

    (broken,) = check_outside_authorities(plain.settings(*ACME, 'authority.public.listen="somewhere"'))
    (misused,) = check_outside_authorities(plain.settings(*ACME, 'certificates.authority="public"'))

    assert isinstance(broken, Problem)
    assert isinstance(misused, Problem)
    assert "for servers, not for stations" in misused.what


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
