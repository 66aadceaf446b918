from __future__ import annotations

import resource
from datetime import timedelta

import pytest

from tests.fakes.clock import NOON
from voltward.bootstrap.soundness.machine import check_clock, check_open_files, check_openssl
from voltward.bootstrap.soundness.remarks import Note, Problem, Severity


def test_the_openssl_that_runs_is_told_and_quick_enough() -> None:
    (note,) = check_openssl()

    assert isinstance(note, Note)
    assert "OpenSSL" in note.what
    assert "uvloop" in note.what


@pytest.mark.parametrize(
    "text", ["OpenSSL 3.0.19 27 Jan 2026", "OpenSSL 3.4.9", "OpenSSL 1.1.1w", "LibreSSL"]
)
def test_an_old_openssl_is_a_warning(text: str) -> None:
    _, problem = check_openssl(text)

    assert isinstance(problem, Problem)
    assert (problem.severity, "twice" in problem.what) == (Severity.WARNING, True)


@pytest.mark.parametrize("text", ["OpenSSL 3.5.0", "OpenSSL 4.0.3 29 Sep 2026", "OpenSSL 3.10.1"])
def test_a_quick_one_is_none(text: str) -> None:
    assert [type(remark) for remark in check_openssl(text)] == [Note]


def test_all_stations_must_fit_into_the_limit_of_open_files() -> None:
    (note,) = check_open_files(384, soft=1024)
    (problem,) = check_open_files(385, soft=1024)

    assert isinstance(note, Note)
    assert isinstance(problem, Problem)
    assert "room for 384" in problem.what
    assert "1026" in problem.mend


def test_a_tiny_limit_has_no_room_and_an_unlimited_one_no_end() -> None:
    (problem,) = check_open_files(1, soft=100)

    assert isinstance(problem, Problem)
    assert "room for 0" in problem.what
    assert list(check_open_files(10**6, soft=resource.RLIM_INFINITY)) == []


def test_without_a_number_the_machines_own_limit_counts() -> None:
    assert len(list(check_open_files(0))) <= 1


def test_a_clock_behind_the_journal_is_a_problem() -> None:
    (problem,) = check_clock(NOON, NOON - timedelta(days=1))

    assert isinstance(problem, Problem)
    assert "2026-11-21" in problem.what
    assert list(check_clock(NOON, NOON - timedelta(minutes=4))) == []
    assert list(check_clock(None, NOON)) == []
