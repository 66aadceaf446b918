from __future__ import annotations

from voltward.detection.shares import Shares


def test_each_asker_has_its_burst_and_then_its_rate() -> None:
    shares: Shares[str] = Shares(per_second=0.5, burst=2, counted=10)

    assert [shares.take("a", 0.0) for _ in range(3)] == [True, True, False]
    assert shares.take("b", 0.0)  # what another used up is not missed
    assert [shares.take("a", 2.0), shares.take("a", 2.0)] == [True, False]


def test_whoever_asked_longest_ago_is_forgotten() -> None:
    shares: Shares[str] = Shares(per_second=0.001, burst=1, counted=2)
    assert all(shares.take(asker, 0.0) for asker in "abc")

    assert len(shares) == 2
    assert not shares.take("c", 0.0)
    assert shares.take("a", 0.0)  # it starts anew
