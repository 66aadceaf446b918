"""Certificates at the gateway, in each version: requests outlive it, asks reach their station, roots stay."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio

from tests.fakes.builders import ask, renewal
from tests.fakes.signing_requests import request_pem
from tests.journeys.deployment import OPERATOR, Part, Template, World, eventually, world_of
from tests.journeys.gateway_child import gateway_child
from tests.journeys.player import ACCEPTED, playing
from voltward.crypto.reading.certificate_hash import certificate_hash
from voltward.crypto.reading.pem import read_pem_bundle
from voltward.domain.intents import HashAlgorithm, Outcome
from voltward.domain.station_fact import AskAnswered, CsrSubmitted, LifecycleFact
from voltward.ocpp import DIALECTS
from voltward.ocpp.certificate_words import hash_data
from voltward.simulator.frames import CALL_ERROR

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]

TRIGGERS = {"ocpp1.6": "ExtendedTriggerMessage", "ocpp2.0.1": "TriggerMessage", "ocpp2.1": "TriggerMessage"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with world_of(template, tmp_path_factory.mktemp("roots")) as world:
        yield world


async def test_what_was_promised_and_what_was_asked_outlives_the_gateway(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with world_of(template, tmp_path_factory.mktemp("asked")) as world:
        parts = {dialect: world.take(3) for dialect in DIALECTS}
        await put_asks(world, list(parts.values()))
        async with AsyncExitStack() as live, world.deployment.store.begin():  # the store takes nothing now
            for dialect, part in parts.items():
                await asks_and_is_asked(world, dialect, part, live)
            os.killpg(world.gateway.process.pid, signal.SIGKILL)
            await world.gateway.ended()

        async with gateway_child(world.settings, world.overrides) as world.gateway:
            for dialect, part in parts.items():
                await answers(world, dialect, part)
            told = await eventually(lambda: facts(world, of_each_kind=len(parts)))

    requests = {fact.station.identity for fact in told if isinstance(fact, CsrSubmitted)}
    answered = [fact for fact in told if isinstance(fact, AskAnswered)]
    assert requests == {part.identity for part in parts.values()}
    assert [fact.answer.outcome for fact in answered] == [Outcome.ACCEPTED] * len(parts)


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_csms_cannot_take_away_the_root_that_a_station_reaches_us_by(
    world: World, dialect: str
) -> None:
    part = world.take(3)
    async with playing(world.dial(part, dialect)) as player:
        await player.call("Heartbeat")
        for root in read_pem_bundle(world.roots_pem):
            named = hash_data(certificate_hash(root, root, HashAlgorithm.SHA512))
            answer = await world.csms.call(part.identity, "DeleteCertificate", {"certificateHashData": named})
            assert answer.payload is not None
            assert answer.payload["status"] == "Failed"

    event = await world.gateway.event("certificate_message_refused", subject=part.identity)
    assert event["control"] == "MSG-09"
    assert player.asked() == []


async def test_a_station_from_the_factory_gets_to_its_certificate_before_it_does_any_business(
    world: World,
) -> None:
    part = world.take(3)
    part = replace(part, issued=world.authorities.manufacturer.issue(part.serial, "Station Works"))
    await put_asks(world, [part])
    async with playing(world.dial(part, "ocpp2.0.1")) as player:
        player.answers["TriggerMessage"] = ACCEPTED
        early = await player.call("SignCertificate", {"csr": request_pem(part.serial, OPERATOR)})
        booted = await player.boot(part.serial)
        await player.heard_call("TriggerMessage")
        asked = await player.call("SignCertificate", {"csr": request_pem(part.serial, OPERATOR)})
        other = await player.call("SignCertificate", {"csr": request_pem("SN-OTHER", OPERATOR)})

    assert (early.kind, early.error) == (CALL_ERROR, "SecurityError")
    assert booted.payload is not None
    assert other.payload is not None
    assert (booted.payload["status"], asked.payload) == ("Pending", ACCEPTED)
    assert other.payload["statusInfo"]["reasonCode"] == "InvalidCSR"
    assert world.connections_of(part.identity) == 0  # its CSMS has heard nothing


async def put_asks(world: World, parts: Sequence[Part]) -> None:
    """The worker wants a request for a certificate of each."""
    now = world.deployment.clock.now()
    async with world.deployment.store.begin() as work:
        for part in parts:
            lifecycle = renewal(part.identity, started_at=now)
            await work.lifecycles.save(lifecycle)
            until = now + timedelta(days=1)
            await work.asks.add(ask(part.identity, lifecycle=lifecycle.id, created_at=now, expires_at=until))
        await work.commit()


async def asks_and_is_asked(world: World, dialect: str, part: Part, live: AsyncExitStack) -> None:
    """It hears what it is asked and says nothing to it; its own request is taken. Its link stays."""
    player = await live.enter_async_context(playing(world.dial(part, dialect)))
    player.answers[TRIGGERS[dialect]] = None
    await player.heard_call(TRIGGERS[dialect])
    answer = await player.call("SignCertificate", {"csr": request_pem(part.serial, OPERATOR)})
    assert answer.payload == ACCEPTED
    assert "SignCertificate" not in world.csms.stations[part.identity].actions()


async def answers(world: World, dialect: str, part: Part) -> None:
    """It is asked again, by the new gateway."""
    async with playing(world.dial(part, dialect)) as player:
        player.answers[TRIGGERS[dialect]] = ACCEPTED
        await player.heard_call(TRIGGERS[dialect])
        await world.gateway.event("ask_answered", subject=part.identity)


async def facts(world: World, of_each_kind: int) -> list[LifecycleFact]:
    """What waits for the worker; nothing until all are there."""
    async with world.deployment.store.read() as reading:
        waiting = [one.fact for one in await reading.inbox.next(limit=100)]
    found = [fact for fact in waiting if isinstance(fact, (CsrSubmitted, AskAnswered))]
    return list(found) if len(found) >= 2 * of_each_kind else []
