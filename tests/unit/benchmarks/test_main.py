from __future__ import annotations

import pytest

from benchmarks.__main__ import FULL, PARTS, QUICK, read_request


def test_a_full_run_is_for_the_record() -> None:
    request = read_request([])

    assert request.plan is FULL
    assert request.workloads == PARTS
    assert request.is_for_the_record


@pytest.mark.parametrize(
    "arguments", [["--quick"], ["--self-check"], ["--only", "handshakes"], ["--only", "storm"]]
)
def test_anything_less_leaves_the_record_alone(arguments: list[str]) -> None:
    assert not read_request(arguments).is_for_the_record


def test_quick_is_the_same_with_fewer_rounds() -> None:
    assert read_request(["--quick"]).plan is QUICK
    assert (QUICK.handshakes_in_flight, QUICK.links) == (FULL.handshakes_in_flight, FULL.links)
    assert QUICK.rounds < FULL.rounds


def test_wrong_usage_leaves_with_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        read_request(["--only", "everything"])

    assert left.value.code == 2
    assert "everything" in capsys.readouterr().err
