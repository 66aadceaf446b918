from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.certificates import new_key
from tests.fakes.renewals import CP001, HEARING, RULES, RenewalWorld, station_csr
from tests.fakes.stores import journalled, opened_store
from voltward.adapters.sql.store import SqlStore
from voltward.crypto.reading.certificates import read_certificate
from voltward.gateway.enrolment.desk import (
    BURST,
    UNDER_WAY,
    DeskParts,
    DeskTerms,
    EnrolmentDesk,
    Later,
    Ready,
)
from voltward.lifecycles.renewal_state import RenewalPhase
from voltward.ports.authority import Declined
from voltward.ports.change_feed import FeedSlice
from voltward.usecases.issuance.request_certificate import Unfit
from voltward.usecases.rounds.hear_facts import hear_facts


@dataclass
class WorkedFeed:
    """The change feed of a store on which something works meanwhile."""

    store: SqlStore
    work: Callable[[], Any]

    async def latest(self) -> int:
        return await self.store.feed.latest()

    async def since(self, revision: int, limit: int = 1000) -> FeedSlice:
        return await self.store.feed.since(revision, limit)

    async def moved(self, seconds: float) -> None:
        await self.work()
        await self.store.feed.moved(min(seconds, 0.01))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[RenewalWorld]:
    async with opened_store(tmp_path) as store:
        world = RenewalWorld(store)
        await world.register()
        yield world


def desk_of(world: RenewalWorld, work: Callable[[], Any] | None = None) -> EnrolmentDesk:
    """Where the worker runs, unless `work` is something else."""
    feed = WorkedFeed(world.store, work or world.work)
    terms = DeskTerms(patience=5.0 if work is None else 0.05)
    return EnrolmentDesk(DeskParts(world.store, feed, RULES, world.clock, world.entropy, terms))


async def nobody() -> None:
    """The worker is away."""


def body(common_name: str = "SN-CP001") -> bytes:
    return b64encode(station_csr(new_key("ec"), common_name))


async def kinds(world: RenewalWorld) -> list[str]:
    return [event.kind for event in await journalled(world.store)]


async def test_a_request_is_answered_with_its_certificate_on_the_same_visit(world: RenewalWorld) -> None:
    desk = desk_of(world)
    ready = await desk.enrol(CP001, body())

    assert isinstance(ready, Ready)
    assert await desk.hand_out(ready) == ready.der
    assert read_certificate(ready.der).common_names == ("SN-CP001",)
    _, state = await world.renewal()
    assert (state.phase, state.fetches) == (RenewalPhase.UNPROVEN, True)
    assert await world.asked() == []
    told = await kinds(world)
    assert [each for each in told if each.startswith("certificate_")] == [
        "certificate_requested", "certificate_issued", "certificate_fetched",
    ]  # fmt: skip


async def test_the_same_request_brings_the_same_certificate_until_that_is_seen(world: RenewalWorld) -> None:
    request = body()
    first = await desk_of(world).enrol(CP001, request)
    second = await desk_of(world).enrol(CP001, request)

    assert first == second
    assert len(world.authority.signed) == 1
    assert isinstance(first, Ready)
    await world.comes_with(read_certificate(first.der).fingerprint)
    await world.work()
    assert (await world.renewal())[1].phase is RenewalPhase.DONE


async def test_who_is_told_later_asks_again_and_is_not_put_to_the_worker_twice(world: RenewalWorld) -> None:
    desk, request = desk_of(world, nobody), body()

    assert await desk.enrol(CP001, request) == Later(DeskTerms().come_again)
    assert await desk.enrol(CP001, request) == Later(DeskTerms().come_again)
    async with world.store.read() as reading:
        assert len(await reading.inbox.next(limit=10)) == 1
    await world.work()
    assert isinstance(await desk.enrol(CP001, request), Ready)


async def test_what_nobody_heard_for_long_is_put_to_the_worker_again(world: RenewalWorld) -> None:
    desk, request = desk_of(world, nobody), body()
    await desk.enrol(CP001, request)
    world.clock.leap(UNDER_WAY)
    await desk.enrol(CP001, request)
    await world.work()

    assert isinstance(await desk.enrol(CP001, request), Ready)
    assert len(world.authority.signed) == 1


async def test_a_request_in_anothers_name_is_refused_in_words_and_journalled(world: RenewalWorld) -> None:
    refused = await desk_of(world).enrol(CP001, body("SN-CP002"))

    assert isinstance(refused, Unfit)
    assert "which is not this station" in refused.words
    assert await kinds(world) == ["certificate_request_refused"]


@pytest.mark.parametrize("sent", [b"", b"\xff\xfe", b"AAAA", b"MII" + b"A" * 5000])
async def test_what_cannot_be_read_is_refused(world: RenewalWorld, sent: bytes) -> None:
    assert isinstance(await desk_of(world).enrol(CP001, sent), Unfit)


async def test_the_key_of_another_station_is_refused(world: RenewalWorld) -> None:
    request = body()
    await desk_of(world).enrol(CP001, request)
    await world.register(identity="CP002", serial="SN-CP001")

    refused = await desk_of(world).enrol(type(CP001)("CP002"), request)

    assert isinstance(refused, Unfit)
    assert "has the same key" in refused.words


async def test_what_the_authority_declines_is_refused_and_may_be_asked_again(world: RenewalWorld) -> None:
    desk, request = desk_of(world), body()
    world.authority.instead.append(Declined("not this one"))

    refused = await desk.enrol(CP001, request)

    assert isinstance(refused, Unfit)
    assert "not this one" in refused.words
    assert isinstance(await desk.enrol(CP001, request), Ready)


async def test_a_station_that_asks_all_the_time_waits(world: RenewalWorld) -> None:
    desk = desk_of(world)
    for _ in range(BURST):
        await desk.enrol(CP001, body("SN-CP002"))

    assert await desk.enrol(CP001, body()) == Later(60)
    world.clock.leap(60)
    assert isinstance(await desk.enrol(CP001, body()), Ready)


async def test_a_station_that_is_gone_gets_nothing(world: RenewalWorld) -> None:
    assert await desk_of(world).enrol(type(CP001)("CP404"), body()) == Unfit("it is not in service")


async def test_the_fact_can_be_heard_alone(world: RenewalWorld) -> None:
    await desk_of(world, nobody).enrol(CP001, body())
    assert await hear_facts(world.store, HEARING, world.moment)

    _, state = await world.renewal()
    assert (state.phase, state.fetches) == (RenewalPhase.ISSUING, True)
