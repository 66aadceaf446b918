from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from benchmarks.errors import MachineFault, PeerFault
from benchmarks.figures import Failed, Finding
from benchmarks.results import Results

SMALL, LARGE = Finding("small", "1 ms", 0.5, 1.0), Finding("large", "3 ms", 1.5, 1.0)


@contextmanager
def servers() -> Iterator[str]:
    yield "the servers"


def figures(name: str, standing: str) -> list[Finding]:
    if name == "broken":
        raise PeerFault(f"{standing} gave a wrong answer")
    return [LARGE if name == "large" else SMALL]


def test_figures_of_parts_before_one_that_fails_stay() -> None:
    results = Results()
    results.measure(["small", "broken", "large"], servers, figures)
    results.measure(["large"], servers, figures)

    assert results.findings == [SMALL, LARGE]
    assert results.failed == [
        Failed("broken", "PeerFault: the servers gave a wrong answer"),
        Failed("large", "not begun, since 'broken' failed"),
    ]
    assert results.status == 3


def test_where_the_servers_do_not_stand_no_part_has_figures() -> None:
    @contextmanager
    def no_servers() -> Iterator[str]:
        raise MachineFault("no nginx")
        yield "never"

    results = Results()
    results.measure(["small", "large"], no_servers, figures)

    assert results.findings == []
    assert [one.part for one in results.failed] == ["small", "large"]


def test_servers_that_do_not_end_well_are_told_and_the_figures_stay() -> None:
    @contextmanager
    def dying() -> Iterator[str]:
        yield "the servers"
        raise PeerFault("a server ended by itself")

    results = Results()
    results.measure(["small", "large"], dying, figures)

    assert results.findings == [SMALL, LARGE]
    assert results.failed == [Failed("large: the end of its servers", "PeerFault: a server ended by itself")]


@pytest.mark.parametrize(("parts", "status"), [(["small"], 0), (["small", "large"], 1)])
def test_the_status_tells_whether_all_goals_are_reached(parts: list[str], status: int) -> None:
    results = Results()
    results.measure(parts, servers, figures)

    assert results.status == status
