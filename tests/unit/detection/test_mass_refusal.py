from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from voltward.detection.mass_refusal import MassLimits, MassRefusal, Surge
from voltward.domain.station import StationId

LIMITS = MassLimits(share=0.2, least=3, window=300.0)
REASONS = st.sampled_from(["CERT-02", "CERT-03"])


def name(number: int) -> StationId:
    return StationId(f"CP{number}")


def refused(mass: MassRefusal, count: int, *, live: int = 0, now: float = 0.0) -> Surge | None:
    surge = None
    for number in range(count):
        surge = mass.refused(name(number), "CERT-02", is_proven=True, live=live, now=now)
    return surge


def test_a_share_of_the_stations_and_a_least_number_make_a_mass() -> None:
    assert refused(MassRefusal(LIMITS), 2) is None
    assert refused(MassRefusal(LIMITS), 3) == Surge("CERT-02", 3, 3)
    assert refused(MassRefusal(LIMITS), 3, live=13) is None
    assert refused(MassRefusal(LIMITS), 3, live=12) == Surge("CERT-02", 3, 15)


def test_one_station_counts_once_however_often_it_comes() -> None:
    mass = MassRefusal(LIMITS)

    for _ in range(50):
        assert mass.refused(name(1), "CERT-02", is_proven=True, live=0, now=0.0) is None


def test_each_reason_counts_for_itself() -> None:
    mass = MassRefusal(LIMITS)
    refused(mass, 2)

    assert mass.refused(name(7), "CERT-03", is_proven=True, live=0, now=0.0) is None


def test_what_lies_before_the_window_is_forgotten() -> None:
    mass = MassRefusal(LIMITS)
    refused(mass, 3, now=0.0)

    assert mass.surge("CERT-02", live=0, now=299.0) is not None
    assert mass.surge("CERT-02", live=0, now=300.0) is None


def test_links_that_a_change_would_end_count_together() -> None:
    mass = MassRefusal(LIMITS)

    assert mass.refused_together([name(n) for n in range(4)], "CERT-02", live=4, now=0.0) is not None


def test_its_memory_is_bounded() -> None:
    mass = MassRefusal(LIMITS, remembered=5)

    assert refused(mass, 50) == Surge("CERT-02", 5, 5)


@given(st.lists(st.tuples(st.integers(0, 10_000), REASONS, st.floats(0, 1e6)), max_size=60))
def test_who_has_proven_nothing_never_makes_a_mass(attempts: list[tuple[int, str, float]]) -> None:
    mass = MassRefusal(LIMITS)

    for number, reason, now in attempts:
        assert mass.refused(name(number), reason, is_proven=False, live=0, now=now) is None
    assert mass.surge("CERT-02", live=0, now=0.0) is None


@given(
    holders=st.sets(st.integers(0, 9), max_size=2),
    attempts=st.lists(st.tuples(st.integers(0, 9), REASONS), max_size=80),
)
def test_who_holds_few_credentials_never_makes_a_mass_with_many_names(
    holders: set[int], attempts: list[tuple[int, str]]
) -> None:
    mass = MassRefusal(LIMITS)

    for number, reason in attempts:
        assert mass.refused(name(number), reason, is_proven=number in holders, live=0, now=0.0) is None
