from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from tests.fakes.builders import slow_credential, station
from tests.fakes.clock import FakeClock
from tests.fakes.deployments import Site
from voltward.bootstrap.gateway.door_parts import guessing_limits, own_hosts, remember_sources
from voltward.detection.guessing import GuessingLimits, GuessingThrottle, Rate
from voltward.detection.half_open import HalfOpen
from voltward.detection.sources import Carrier, Source, SourceMap
from voltward.usecases.admission.admission_registry import AdmissionRegistry, StationEntry


@pytest.fixture
def plain(tmp_path: Path) -> Site:
    (tmp_path / "voltward.toml").write_text('[csms]\nurl = "ws://127.0.0.1:9000/ocpp"\n')
    return Site(tmp_path)


def test_guessing_is_slowed_as_the_settings_say(plain: Site) -> None:
    limits = guessing_limits(
        plain.settings("gateway.limits.refusal_delay=1 s", "gateway.limits.argon2_per_minute=100")
    )

    assert (limits.delay, limits.costly_in_all) == (1.0, Rate(10, 100))
    assert guessing_limits(plain.settings("gateway.limits.argon2_per_minute=1")).costly_in_all == Rate(1, 1)


def test_our_own_names_are_those_that_the_settings_say(plain: Site) -> None:
    assert own_hosts(plain.settings()) == ()

    settings = plain.settings(
        "certificates.endpoint=wss://csms.example:8443/ocpp",
        'gateway.host_chains={"canary.example"=["server-ecdsa"]}',
        'route.north.host=["north.example"]',
    )

    assert own_hosts(settings) == ("canary.example", "north.example", "csms.example")


def test_stations_keep_their_reserved_lane_through_a_restart() -> None:
    clock = FakeClock()
    guessing = GuessingThrottle(GuessingLimits(), clock.monotonic())
    registry = AdmissionRegistry()
    known = station(known_sources=("192.0.2.7", "2001:db8::/64"))
    registry.put_station(StationEntry(known, (slow_credential(),)))

    half_open = HalfOpen(most_in_all=4, most_per_source=4)

    remember_sources(registry, guessing, half_open, SourceMap(), clock.monotonic())

    assert [half_open.enter(Source(f"198.51.100.{number}")) for number in range(4)] == [True] * 3 + [False]
    assert half_open.enter(Source("192.0.2.7"))
    for number in range(200):
        guessing.may_verify_costly(Source(f"198.51.100.{number}"), "CP001", clock.monotonic())
    for prefix in ("192.0.2.7", "2001:db8::/64"):
        assert guessing.may_verify_costly(Source(prefix), "CP001", clock.monotonic())
    assert not guessing.may_verify_costly(Source("192.0.2.8"), "CP001", clock.monotonic())


def test_stations_behind_a_carrier_keep_theirs_too() -> None:
    clock = FakeClock()
    guessing = GuessingThrottle(GuessingLimits(), clock.monotonic())
    sources = SourceMap([Carrier(ip_network("100.64.0.0/10"), 1000)])
    carrier = sources.source_of("100.64.3.4")
    registry = AdmissionRegistry()
    registry.put_station(StationEntry(station(known_sources=(carrier.prefix,)), (slow_credential(),)))

    remember_sources(registry, guessing, HalfOpen(4, 4), sources, clock.monotonic())

    for number in range(200):
        guessing.may_verify_costly(Source(f"198.51.100.{number}"), "CP001", clock.monotonic())
    assert guessing.may_verify_costly(sources.source_of("100.99.0.1"), "CP001", clock.monotonic())
