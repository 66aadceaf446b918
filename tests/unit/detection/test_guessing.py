from __future__ import annotations

from ipaddress import ip_network

import pytest

from voltward.detection.guessing import GuessingLimits, GuessingThrottle, Rate
from voltward.detection.sources import Carrier, Source

HOME = Source("192.0.2.1")
CARRIER = Source("100.64.0.0/10", Carrier(ip_network("100.64.0.0/10"), half_open=1000))


def _throttle(limits: GuessingLimits | None = None) -> GuessingThrottle:
    return GuessingThrottle(limits or GuessingLimits(), now=0.0)


def _address(number: int) -> Source:
    return Source(f"198.51.{number // 256}.{number % 256}")


def test_the_first_failures_are_answered_after_the_same_half_second() -> None:
    throttle = _throttle()
    delays = []
    for _ in range(5):
        throttle.failed(HOME, "CP-7", now=0.0)
        delays.append(throttle.answer_delay(HOME, "CP-7", now=0.0))

    assert delays == [0.5] * 5


def test_the_delay_doubles_up_to_its_cap() -> None:
    throttle = _throttle()
    delays = []
    for _ in range(12):
        throttle.failed(HOME, "CP-7", now=0.0)
        delays.append(throttle.answer_delay(HOME, "CP-7", now=0.0))

    assert delays[5:] == [1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0]


def test_a_million_failures_do_not_overflow() -> None:
    throttle = _throttle(GuessingLimits(failures=Rate(0, 0)))
    for _ in range(3000):
        throttle.failed(HOME, "CP-7", now=0.0)

    assert throttle.answer_delay(HOME, "CP-7", now=0.0) == 8.0


def test_failures_are_forgiven_with_time() -> None:
    throttle = _throttle()
    for _ in range(9):
        throttle.failed(HOME, "CP-7", now=0.0)

    assert throttle.answer_delay(HOME, "CP-7", now=0.0) == 8.0
    assert throttle.answer_delay(HOME, "CP-7", now=40.0) == 0.5


def test_changing_the_identity_or_the_address_does_not_help() -> None:
    for sources, identities in (([HOME] * 9, range(9)), (map(_address, range(9)), [7] * 9)):
        throttle = _throttle()
        for source, identity in zip(sources, identities, strict=True):
            throttle.failed(source, f"CP-{identity}", now=0.0)

        assert throttle.answer_delay(HOME, "CP-7", now=0.0) == 8.0


def test_others_are_answered_as_ever() -> None:
    throttle = _throttle()
    for _ in range(9):
        throttle.failed(HOME, "CP-7", now=0.0)

    assert throttle.answer_delay(_address(1), "CP-8", now=0.0) == 0.5


def test_a_carriers_network_stands_for_many() -> None:
    throttle = _throttle()
    for number in range(9):
        throttle.failed(CARRIER, f"CP-{number}", now=0.0)

    assert throttle.answer_delay(CARRIER, "CP-100", now=0.0) == 0.5


def test_costly_comparisons_are_limited_per_source_per_identity_and_in_all() -> None:
    per_source = _throttle()
    assert sum(per_source.may_verify_costly(HOME, f"CP-{n}", now=0.0) for n in range(100)) == 10

    per_identity = _throttle()
    assert sum(per_identity.may_verify_costly(_address(n), "CP-7", now=0.0) for n in range(100)) == 10

    in_all = _throttle()
    assert sum(in_all.may_verify_costly(_address(n), f"CP-{n}", now=0.0) for n in range(200)) == 60


def test_a_refused_comparison_uses_up_nothing() -> None:
    throttle = _throttle()
    for n in range(100):
        throttle.may_verify_costly(HOME, f"CP-{n}", now=0.0)

    # 90 were refused for the source's sake: the common measure lost ten only.
    assert sum(throttle.may_verify_costly(_address(n), f"CP-{n}", now=0.0) for n in range(200)) == 50


def test_ten_thousand_guesses_a_minute_do_not_shut_out_the_real_station() -> None:
    throttle = _throttle()
    throttle.succeeded(HOME, "CP-7", now=0.0)
    verified = 0
    for n in range(10_000):
        now = n * 60 / 10_000
        verified += throttle.may_verify_costly(_address(n), "CP-7", now)
        throttle.failed(_address(n), "CP-7", now)

    assert verified <= 10 + 20  # the guesser's share of our processor
    assert throttle.may_verify_costly(HOME, "CP-7", now=60.0)


def test_invented_identities_do_not_make_it_forget_the_one_that_is_guessed_at() -> None:
    throttle = _throttle()
    while throttle.may_verify_costly(HOME, "CP-7", now=0.0):
        pass
    for n in range(40_000):
        throttle.failed(_address(n), f"invented-{n}", now=0.0)

    assert not throttle.may_verify_costly(_address(1), "CP-7", now=0.0)


def test_the_reserved_lane_has_a_measure_of_its_own() -> None:
    throttle = _throttle(GuessingLimits(costly_in_all=Rate(0, 0), costly_per_pair=Rate(3, 0)))
    throttle.succeeded(HOME, "CP-7", now=0.0)

    assert throttle.has_lane(HOME, "CP-7", now=0.0)
    assert [throttle.may_verify_costly(HOME, "CP-7", now=0.0) for _ in range(4)] == [True, True, True, False]
    assert not throttle.has_lane(HOME, "CP-7", now=0.0)
    throttle.succeeded(HOME, "CP-7", now=1.0)  # a success fills it up again
    assert throttle.may_verify_costly(HOME, "CP-7", now=1.0)


@pytest.mark.parametrize(("source", "identity"), [(_address(1), "CP-7"), (HOME, "CP-8")])
def test_the_reserved_lane_is_of_the_pair(source: Source, identity: str) -> None:
    throttle = _throttle(GuessingLimits(costly_in_all=Rate(0, 0)))
    throttle.succeeded(HOME, "CP-7", now=0.0)

    assert not throttle.has_lane(source, identity, now=0.0)
    assert not throttle.may_verify_costly(source, identity, now=0.0)


def test_a_success_does_not_forgive_the_failures_of_its_source() -> None:
    throttle = _throttle()
    for n in range(9):
        throttle.failed(HOME, f"CP-{n}", now=0.0)
        throttle.succeeded(HOME, "CP-100", now=0.0)

    assert throttle.answer_delay(HOME, "CP-200", now=0.0) == 8.0
