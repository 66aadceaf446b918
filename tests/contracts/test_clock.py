from __future__ import annotations

from datetime import UTC, timedelta

import pytest

from tests.fakes.clock import NOON, FakeClock, SeededEntropy
from voltward.adapters.system_clock import SystemClock, SystemEntropy
from voltward.ports.clock import Clock, Entropy


@pytest.fixture(params=[SystemClock, FakeClock])
def clock(request: pytest.FixtureRequest) -> Clock:
    return request.param()


@pytest.fixture(params=[SystemEntropy, SeededEntropy])
def entropy(request: pytest.FixtureRequest) -> Entropy:
    return request.param()


def test_wall_time_is_aware_and_in_utc(clock: Clock) -> None:
    assert clock.now().tzinfo is UTC


def test_monotonic_seconds_never_go_back(clock: Clock) -> None:
    readings = [clock.monotonic() for _ in range(100)]

    assert readings == sorted(readings)


def test_a_token_has_the_length_that_was_asked_for(entropy: Entropy) -> None:
    assert [len(entropy.token(octets)) for octets in (1, 16, 32)] == [1, 16, 32]


def test_an_identifier_is_32_small_hexadecimal_digits_and_new_each_time(entropy: Entropy) -> None:
    identifiers = {entropy.identifier() for _ in range(1000)}

    assert len(identifiers) == 1000
    assert all(len(name) == 32 and set(name) <= set("0123456789abcdef") for name in identifiers)


def test_the_fake_clock_leaps_with_both_times() -> None:
    clock = FakeClock()
    before = clock.monotonic()

    clock.leap(90)

    assert (clock.now(), clock.monotonic()) == (NOON + timedelta(seconds=90), before + 90)


def test_the_fake_clock_does_not_leap_back() -> None:
    with pytest.raises(ValueError, match="back"):
        FakeClock().leap(-1)


def test_the_same_seed_gives_the_same_chance() -> None:
    assert SeededEntropy(7).token(16) == SeededEntropy(7).token(16) != SeededEntropy(8).token(16)
