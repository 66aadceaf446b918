from __future__ import annotations

from datetime import timedelta

import pytest

from tests.fakes.builders import station
from tests.fakes.certificates import Authority
from tests.fakes.clock import NOON
from tests.fakes.renewals import CP001, RenewalWorld, names
from tests.fakes.stores import put
from voltward.adapters.sql.store import SqlStore
from voltward.crypto.reading.certificate_hash import certificate_hash
from voltward.crypto.reading.certificates import fingerprint
from voltward.domain.errors import OperatorFault
from voltward.domain.intents import AnchorUse, HashAlgorithm, InstalledCertificate, IntentAnswer, Outcome
from voltward.domain.station import Standing
from voltward.domain.station_fact import AnchorMoved, AskAnswered
from voltward.usecases.lifecycles.read_anchors import order_readings
from voltward.usecases.trust.anchor_inventory import read_inventory

WEEK = timedelta(days=7)
ROOT = Authority.create("Root")
LISTED = InstalledCertificate(AnchorUse.CSMS, certificate_hash(ROOT.der, ROOT.der, HashAlgorithm.SHA256))


@pytest.fixture
async def world(store: SqlStore) -> RenewalWorld:
    world = RenewalWorld(store, known=(ROOT.der,))
    await world.register()
    return world


async def tells(world: RenewalWorld, answer: IntentAnswer) -> None:
    async with world.store.read() as reading:
        ask = (await reading.asks.of(CP001))[0]
    await world.tell(AskAnswered(CP001, world.clock.now(), ask.id, answer))
    await world.work()


async def test_what_its_csms_moved_is_read_back(world: RenewalWorld) -> None:
    await world.tell(AnchorMoved(CP001, NOON, AnchorUse.CSMS))
    await world.work()
    assert names(await world.asked()) == ["ListTrustAnchors"]

    await tells(world, IntentAnswer(Outcome.ACCEPTED, "", (LISTED,)))

    (held,) = (await read_inventory(world.store, CP001)).held
    assert held.authority == fingerprint(ROOT.der).hex()
    assert await world.asked() == []


async def test_moved_twice_it_is_asked_once_and_after_the_second(world: RenewalWorld) -> None:
    await world.tell(AnchorMoved(CP001, NOON, AnchorUse.CSMS))
    await world.work()
    async with world.store.read() as reading:
        (first,) = await reading.asks.of(CP001)
    await world.tell(AnchorMoved(CP001, NOON, None))
    await world.work()

    async with world.store.read() as reading:
        (second,) = await reading.asks.of(CP001)
    assert second.id != first.id


async def test_a_station_that_cannot_tell_is_told_of_with_its_reason(world: RenewalWorld) -> None:
    assert await order_readings(world.store, [CP001], WEEK, world.moment) == 1
    await tells(world, IntentAnswer(Outcome.UNSUPPORTED))

    inventory = await read_inventory(world.store, CP001)
    assert (inventory.read_at, inventory.problem) == (None, "unsupported")


async def test_nobody_asks_a_retired_station(world: RenewalWorld) -> None:
    await put(world.store, station("CP009", standing=Standing.RETIRED))
    retired = station("CP009").id

    with pytest.raises(OperatorFault, match="retired"):
        await order_readings(world.store, [retired], WEEK, world.moment)
    await world.tell(AnchorMoved(retired, NOON, None))
    await world.work()
    async with world.store.read() as reading:
        assert await reading.lifecycles.open_of(retired) == []
