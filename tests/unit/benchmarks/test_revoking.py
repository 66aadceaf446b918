from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.errors import PeerFault
from benchmarks.fleet import Mix, make_fleet, with_passwords
from benchmarks.revoking import Cuts, finding_of, victims_of


def test_those_who_are_revoked_are_spread_over_the_fleet(tmp_path: Path) -> None:
    fleet = with_passwords(make_fleet(tmp_path, 7), Mix(3, 0, 0))

    victims = victims_of(fleet.stations, 3)

    assert list(victims) == ["BENCH-00001", "BENCH-00003", "BENCH-00005"]
    assert {len(fingerprint) for fingerprint in victims.values()} == {32}
    assert len(set(victims.values())) == 3
    with pytest.raises(PeerFault, match="8 cannot be revoked of 7"):
        victims_of(fleet.stations, 8)


def test_one_of_a_hundred_may_be_late_and_no_more() -> None:
    in_time = finding_of(5000, "in one order", Cuts((0.2,) * 299 + (1.5,), 0.1))
    late = finding_of(5000, "in one order", Cuts((0.2,) * 290 + (1.5,) * 10, 0.1))

    assert (in_time.is_reached, late.is_reached) == (True, False)
    assert "last 1500 ms" in in_time.figures
