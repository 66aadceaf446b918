from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.cpu import Cores, CpuReading, process_tree, read_cpu, running_on, share_out
from benchmarks.errors import MachineFault


def add_process(
    proc: Path, process: int, parent: int, threads: dict[int, int], *, name: str = "server", state: str = "S"
) -> None:
    """A process as /proc shows it: `threads` maps a thread to its nanoseconds on a core."""
    (proc / str(process)).mkdir(parents=True, exist_ok=True)
    (proc / str(process) / "stat").write_text(
        f"{process} ({name}) {state} {parent} {process} {process} 0 -1\n"
    )
    for thread, nanoseconds in threads.items():
        task = proc / str(process) / "task" / str(thread)
        task.mkdir(parents=True, exist_ok=True)
        (task / "schedstat").write_text(f"{nanoseconds} 777 9\n")


def test_all_threads_of_a_process_and_of_its_descendants_are_counted(tmp_path: Path) -> None:
    add_process(tmp_path, 10, 1, {10: 100, 11: 20})
    add_process(tmp_path, 20, 10, {20: 3})
    add_process(tmp_path, 30, 20, {30: 4, 31: 5})

    reading = read_cpu(10, tmp_path)

    assert reading.nanoseconds == {(10, 10): 100, (10, 11): 20, (20, 20): 3, (30, 30): 4, (30, 31): 5}


def test_what_others_spend_is_not_counted(tmp_path: Path) -> None:
    add_process(tmp_path, 10, 1, {10: 100})
    add_process(tmp_path, 40, 1, {40: 999})
    (tmp_path / "self").mkdir()

    assert process_tree(10, tmp_path) == {10}


def test_a_name_with_parentheses_and_blanks_does_not_hide_the_parent(tmp_path: Path) -> None:
    add_process(tmp_path, 10, 1, {10: 1})
    add_process(tmp_path, 20, 10, {20: 1}, name="odd) S 1 (name")

    assert process_tree(10, tmp_path) == {10, 20}


def test_a_process_that_ends_while_the_tree_is_read_is_passed_over(tmp_path: Path) -> None:
    add_process(tmp_path, 10, 1, {10: 1})
    (tmp_path / "20").mkdir()

    assert process_tree(10, tmp_path) == {10}


@pytest.mark.parametrize("state", ["Z", None])
def test_a_server_that_ended_is_a_fault_although_its_children_live_on(
    tmp_path: Path, state: str | None
) -> None:
    add_process(tmp_path, 20, 1, {20: 3})
    if state is not None:
        add_process(tmp_path, 10, 1, {10: 100}, state=state)

    with pytest.raises(MachineFault, match="process 10"):
        read_cpu(10, tmp_path)


def test_only_the_time_between_two_readings_counts() -> None:
    before = CpuReading({(10, 10): 1_000, (10, 11): 50})
    after = CpuReading({(10, 10): 1_700, (10, 11): 50})

    assert after.spent_since(before) == 700


def test_a_thread_born_in_between_counts_from_its_birth() -> None:
    before = CpuReading({(10, 10): 1_000})
    after = CpuReading({(10, 10): 1_000, (10, 12): 30, (20, 20): 4})

    assert after.spent_since(before) == 34


def test_a_thread_that_ended_in_between_is_a_fault_and_not_a_saving() -> None:
    before = CpuReading({(10, 10): 1_000, (10, 11): 50})
    after = CpuReading({(10, 10): 1_200})

    with pytest.raises(MachineFault, match=r"\(10, 11\)"):
        after.spent_since(before)


def test_work_of_this_very_process_shows_in_the_real_account() -> None:
    before = read_cpu(os.getpid())
    worked = sum(range(200_000))
    os.sched_yield()

    assert worked
    assert read_cpu(os.getpid()).spent_since(before) > 0


def test_the_server_has_a_core_that_the_load_has_not() -> None:
    assert share_out(frozenset({0, 1, 2, 3})) == Cores(server=3, load=frozenset({0, 1, 2}))


def test_one_core_is_not_enough() -> None:
    with pytest.raises(MachineFault):
        share_out(frozenset({0}))


def test_pinning_ends_with_its_block() -> None:
    before = os.sched_getaffinity(0)

    with running_on(frozenset({min(before)})):
        inside = os.sched_getaffinity(0)

    assert inside == {min(before)}
    assert os.sched_getaffinity(0) == before
