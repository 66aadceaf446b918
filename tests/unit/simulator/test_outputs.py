from __future__ import annotations

from voltward.simulator.outputs import Tally


def test_tallies_add_up() -> None:
    total = Tally(said=1)
    total.add(Tally(said=2, asked=3))

    assert total == Tally(said=3, asked=3)
