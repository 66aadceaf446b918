"""The breaker against mass refusals (ruling 15): a wrong bundle of authorities puts no fleet out of work."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes.certificates import Authority
from tests.journeys.deployment import (
    BITES_SECONDS,
    OPERATOR,
    Part,
    Template,
    Wanted,
    World,
    certificate_login,
    eventually,
    world_of,
)
from tests.journeys.gateway_child import gateway_child
from tests.journeys.player import Player, playing
from voltward.crypto.reading.certificates import fingerprint
from voltward.domain.authority import Binding, TrustedFor
from voltward.simulator.frames import CALL_RESULT
from voltward.simulator.link import Connected, HttpRefused
from voltward.usecases.trust.trust_authority import TrustOrder, distrust_authority, trust_authority

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]

FLEET = 40
NEVER_IN = Wanted("NEVER-IN", 3, "SN-NEVER-IN")
LEAST = 10  # the default of gateway.breaker.least


@asynccontextmanager
async def proven_fleet(
    template: Template, folder: Path, size: int
) -> AsyncIterator[tuple[World, list[Part]]]:
    """Stations whose certificates are proven; none of them is connected. Alarms go to a file."""
    settings = f'[gateway.limits]\nrefusal_delay = "100 ms"\n[alerts]\ncommand = ["/bin/sh", "-c", "cat >> {folder}/called.jsonl"]'
    async with world_of(template, folder, settings, wanted=[NEVER_IN]) as world:
        parts = [world.take(3) for _ in range(size)]
        await asyncio.gather(*(prove(world, part) for part in parts))
        await world.gateway.several(size, "credential_proven")
        await asyncio.sleep(BITES_SECONDS)
        yield world, parts


async def prove(world: World, part: Part) -> None:
    async with playing(world.dial(part)) as player:
        assert (await player.boot(part.serial)).kind == CALL_RESULT


async def trust_wrongly(world: World) -> None:
    """The anchors of the fleet are replaced by another operator's."""
    store, clock = world.deployment.store, world.deployment.clock
    for root in (world.authorities.root, world.authorities.root_rsa):
        await distrust_authority(store, fingerprint(root.der).hex(), "journeys", clock)
    await trust(world, Authority.create("Another operator"))


async def trust(world: World, root: Authority) -> None:
    order = TrustOrder(root.der, TrustedFor.STATIONS, Binding())
    await trust_authority(world.deployment.store, order, "journeys", world.deployment.clock)
    await asyncio.sleep(BITES_SECONDS)


async def comes_in(world: World, part: Part) -> bool:
    outcome = await world.knock(part)
    if isinstance(outcome, Connected):
        await outcome.link.close()
        return True
    assert isinstance(outcome, HttpRefused)
    return False


async def nobody_else_comes_in(world: World, part: Part) -> None:
    """Not with another certificate of the old authority, nor as another station, nor under a name alone."""
    assert part.issued is not None
    forged = world.authorities.stations.issue(part.serial, OPERATOR)
    await world.is_refused(part, "CERT-02", login=certificate_login(forged))
    other = world.certified(world.parts[NEVER_IN.identity])
    await world.is_refused(other, "CERT-02")  # registered, and never in before
    await world.is_refused(other, "CERT-02", login=certificate_login(part.issued))
    await world.is_refused(replace(part, identity="NOBODY"), "ID-02")
    await world.is_refused(part, "AUTH-01", login=None)


async def called(folder: Path, kind: str) -> dict[str, object]:
    """What the operator's command was told."""

    async def look() -> dict[str, object] | None:
        file = folder / "called.jsonl"
        lines = file.read_text().splitlines() if file.exists() else []
        return next((told for told in map(json.loads, lines) if told["event"] == kind), None)

    return await eventually(look)


async def test_a_wrong_bundle_keeps_a_proven_fleet_in_and_attackers_out(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("breaker")
    async with proven_fleet(template, folder, FLEET) as (world, parts):
        await trust_wrongly(world)

        came = [await comes_in(world, part) for part in parts]

        assert came == [False] * (LEAST - 1) + [True] * (FLEET - LEAST + 1)
        assert all([await comes_in(world, part) for part in parts[: LEAST - 1]])
        tripped = await world.gateway.event("breaker_tripped", control="CERT-02")
        assert (tripped["refused"], tripped["level"]) == (LEAST, "critical")
        admitted = await world.gateway.event("station_admitted", subject=parts[0].identity, kept=True)
        assert (admitted["control"], bool(admitted["reason"])) == ("CERT-02", True)
        assert (await called(folder, "breaker_tripped"))["control"] == "CERT-02"
        await nobody_else_comes_in(world, parts[0])

        # It is kept over a restart, and an order about one certificate bites all the same.
        assert await world.gateway.stop() == 0
        async with gateway_child(world.settings, world.overrides) as world.gateway:
            (held,) = await world.command("breaker", "status", status=1)
            assert (held["control"], held["holds"]) == ("CERT-02", True)
            assert all([await comes_in(world, part) for part in parts[:LEAST]])
            assert b'voltward_breaker_tripped{control="CERT-02"} 1.0' in await world.gateway.metrics()
            await world.command("cert", "revoke", "--station", parts[1].identity, "--reason", "stolen")
            await asyncio.sleep(BITES_SECONDS)
            await world.is_refused(parts[1], "CERT-04")

            async with playing(world.dial(parts[0])) as player:
                mark = world.gateway.mark
                await world.command("breaker", "release", "--reason", "they are to go")
                await world.gateway.event("link_revoked", since=mark, subject=parts[0].identity)
                assert await player.closed() is not None
            await world.command("breaker", "status")
            assert not any([await comes_in(world, part) for part in parts[2:5]])
            assert not list(world.gateway.seen("breaker_tripped"))


async def test_live_links_outlive_a_wrong_bundle_and_its_mending(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("breaker-live")
    async with proven_fleet(template, folder, LEAST + 2) as (world, parts), AsyncExitStack() as stack:
        players: list[Player] = [await stack.enter_async_context(playing(world.dial(p))) for p in parts]

        await trust_wrongly(world)
        await world.gateway.event("breaker_tripped", control="CERT-02")
        outcome = await world.knock(parts[0])  # comes anew while the bundle is wrong
        assert isinstance(outcome, Connected)
        await trust(world, world.authorities.root)

        # The breaker is still on, and nobody needs it: whoever comes is let in by right again.
        mark = world.gateway.mark
        assert await comes_in(world, parts[1])
        again = await world.gateway.event("station_admitted", since=mark, subject=parts[1].identity)
        assert "kept" not in again.facts
        await outcome.link.close()
        for player in players[2:]:
            assert (await player.call("Heartbeat")).kind == CALL_RESULT
