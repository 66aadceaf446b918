from __future__ import annotations

from benchmarks.waves import joined, within


def test_waves_of_two_processes_that_overlap_are_one_storm() -> None:
    assert joined([(5.0, 6.0), (0.0, 2.0), (1.0, 3.0), (1.5, 1.7)]) == [(0.0, 3.0), (5.0, 6.0)]
    assert joined([]) == []


def test_a_call_counts_if_it_was_due_while_a_wave_was_at_the_door() -> None:
    spans = [(0.0, 3.0), (5.0, 6.0)]

    assert [due for due in (0.0, 2.9, 3.0, 4.0, 5.5, 6.0) if within(due, spans)] == [0.0, 2.9, 5.5]
