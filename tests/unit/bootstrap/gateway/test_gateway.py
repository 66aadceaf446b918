from __future__ import annotations

from collections.abc import AsyncIterator
from ipaddress import ip_network
from pathlib import Path

import pytest

from tests.fakes.arrivals import trusted
from tests.fakes.builders import slow_credential, station
from tests.fakes.certificates import Authority as MadeAuthority
from tests.fakes.clock import FakeClock
from tests.fakes.deployments import Site
from tests.fakes.stores import put
from voltward.bootstrap.deployment import Deployment, open_deployment
from voltward.bootstrap.gateway.gateway import (
    Assembly,
    SettingsSource,
    assemble,
    guessing_limits,
    remember_sources,
)
from voltward.bootstrap.gateway.grounds import grounds_on
from voltward.detection.guessing import GuessingLimits, GuessingThrottle, Rate
from voltward.detection.half_open import HalfOpen
from voltward.detection.sources import Carrier, Source, SourceMap
from voltward.domain.events import Event
from voltward.domain.security_profile import SecurityProfile
from voltward.gateway.channel.sockets import open_socket
from voltward.rulebook.catalogue import load_rulebook
from voltward.usecases.admission.admission_registry import AdmissionRegistry, StationEntry

BOOK = load_rulebook()
P1, P2, P3 = SecurityProfile


@pytest.fixture
def plain(tmp_path: Path) -> Site:
    (tmp_path / "voltward.toml").write_text('[csms]\nurl = "ws://127.0.0.1:9000/ocpp"\n')
    return Site(tmp_path)


@pytest.fixture
async def deployment(site: Site) -> AsyncIterator[Deployment]:
    async with open_deployment(site.settings()) as opened:
        yield opened


# -- what is made of settings


def test_guessing_is_slowed_as_the_settings_say(plain: Site) -> None:
    limits = guessing_limits(
        plain.settings("gateway.limits.refusal_delay=1 s", "gateway.limits.argon2_per_minute=100")
    )

    assert (limits.delay, limits.costly_in_all) == (1.0, Rate(10, 100))
    assert guessing_limits(plain.settings("gateway.limits.argon2_per_minute=1")).costly_in_all == Rate(1, 1)


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


# -- the whole


async def assembled(deployment: Deployment) -> Assembly:
    return assemble(deployment, await grounds_on(deployment.store, deployment))


def journalled(assembly: Assembly) -> list[Event]:
    """What is on its way to the journal."""
    waiting = [queued.entry for queued in assembly.gateway._parts.keeping.outbox._queue]
    return [entry for entry in waiting if isinstance(entry, Event)]


async def test_all_parts_are_put_together_without_a_socket(deployment: Deployment) -> None:
    await put(deployment.store, station(), trusted(MadeAuthority.create("Station CA")))

    assembly = await assembled(deployment)

    assert assembly.gateway.missing() == []


async def test_a_reload_replaces_what_may_change_and_tells(site: Site, deployment: Deployment) -> None:
    assembly = await assembled(deployment)
    before = assembly.trust.tls.context

    assembly.reload(SettingsSource(site.file, ("gateway.listen=127.0.0.1:0",)))

    assert assembly.trust.tls.context is not before
    assert [event.kind for event in journalled(assembly)] == ["settings_reloaded"]
    await assembly.gateway._close()


async def test_a_reload_whose_address_is_taken_changes_nothing(site: Site, deployment: Deployment) -> None:
    assembly = await assembled(deployment)
    before = assembly.trust.tls.context

    with open_socket(("127.0.0.1", 0)) as taken:
        assembly.reload(SettingsSource(site.file, (f"gateway.listen=127.0.0.1:{taken.getsockname()[1]}",)))

    assert assembly.trust.tls.context is before
    (event,) = journalled(assembly)
    assert (event.kind, "cannot listen" in str(event.facts["reason"])) == ("reload_refused", True)


@pytest.mark.parametrize(
    "override", ["gateway.nothing=1", 'group.a.actions={"NO-99"="record"}', 'gateway.chains=["gone"]']
)
async def test_a_reload_that_cannot_be_is_told_and_changes_nothing(
    site: Site, deployment: Deployment, override: str
) -> None:
    assembly = await assembled(deployment)
    before = assembly.trust.tls.context

    assembly.reload(SettingsSource(site.file, (override,)))

    assert assembly.trust.tls.context is before
    (event,) = journalled(assembly)
    assert (event.kind, bool(event.facts["reason"])) == ("reload_refused", True)


async def test_other_authorities_mean_another_context(deployment: Deployment) -> None:
    assembly = await assembled(deployment)
    before = assembly.trust.tls.context

    assembly.trust_changed()

    assert assembly.trust.tls.context is not before


async def test_a_chain_that_cannot_be_read_leaves_the_context_that_stands(
    site: Site, deployment: Deployment
) -> None:
    assembly = await assembled(deployment)
    before = assembly.trust.tls.context
    (chain,) = (site.file.parent).rglob("server-ecdsa*.pem")
    kept = chain.read_bytes()
    chain.unlink()

    assembly.trust_changed()

    assert assembly.trust.tls.context is before
    (event,) = journalled(assembly)
    assert (event.kind, bool(event.facts["reason"])) == ("trust_not_renewed", True)
    chain.write_bytes(kept)
    assembly.trust_changed()
    assert assembly.trust.tls.context is not before
