from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.fakes.arrivals import trusted
from tests.fakes.builders import station
from tests.fakes.certificates import Authority as MadeAuthority
from tests.fakes.deployments import Site
from tests.fakes.stores import put
from voltward.bootstrap.deployment import Deployment, open_deployment
from voltward.bootstrap.gateway.assembly import Assembly, SettingsSource, assemble
from voltward.bootstrap.gateway.grounds import grounds_on
from voltward.domain.events import Event
from voltward.gateway.channel.sockets import open_socket


@pytest.fixture
async def deployment(site: Site) -> AsyncIterator[Deployment]:
    async with open_deployment(site.settings()) as opened:
        yield opened


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
