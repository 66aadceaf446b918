from __future__ import annotations

import json
from dataclasses import asdict

from benchmarks.lists import PATIENT, ListCosts, Made, costs_of, findings_of

COSTS = ListCosts(
    entries=100_000,
    octets=4_900_000,
    memory=100 * 2**20,
    first=Made(0.6, 0.5, 0.02),
    next=Made(0.06, 0.05, 0.03),
    fetched=Made(0.02, 0.01, PATIENT),
    read=0.2,
    read_memory=150 * 2**20,
)


def test_what_the_measured_process_prints_is_read_back() -> None:
    assert costs_of(json.loads(json.dumps(asdict(COSTS)))) == COSTS


def test_the_longest_wait_of_somebody_else_is_what_counts() -> None:
    waits, told = findings_of(COSTS)

    assert (waits.ratio, waits.is_reached) == (PATIENT, True)
    assert "100,000 revoked certificates (4.9 MB)" in waits.what
    assert (told.ratio, told.at_most) == (0.6, None)
    assert "the next one 60 ms (CPU 50)" in told.figures
