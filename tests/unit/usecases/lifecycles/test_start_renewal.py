from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.builders import certificate_credential, issued_certificate, station
from tests.fakes.clock import NOON
from tests.fakes.renewals import CP001, HEARING, RenewalWorld, names
from tests.fakes.stores import put
from voltward.adapters.sql.store import SqlStore
from voltward.domain.credential import CredentialState
from voltward.domain.errors import OperatorFault
from voltward.domain.station import Standing, StationId
from voltward.lifecycles.renewal_state import RenewalOrigin, RenewalPhase
from voltward.usecases.lifecycles.start_renewal import RenewalOrder, cancel_lifecycle, order_renewal


@pytest.fixture
async def world(store: SqlStore) -> RenewalWorld:
    world = RenewalWorld(store)
    await world.register()
    return world


async def test_it_begins_with_what_the_station_comes_in_with_now(world: RenewalWorld) -> None:
    old = certificate_credential(generation=1, last_in=NOON - timedelta(days=9))
    used = replace(certificate_credential(generation=2), id="used", last_in=NOON - timedelta(hours=1))
    used = replace(used, proof=replace(used.proof, fingerprint=b"\x02" * 32))
    over = replace(certificate_credential(generation=3), id="over", state=CredentialState.SUPERSEDED)
    await put(world.store, old, used, replace(over, proof=replace(over.proof, fingerprint=b"\x03" * 32)))
    async with world.store.begin() as work:
        await work.issued.save(issued_certificate(fingerprint=b"\x02" * 32))
        await work.commit()

    await world.begin()

    lifecycle, state = await world.renewal()
    assert (state.predecessor, state.predecessor_until) == (b"\x02" * 32, NOON + timedelta(days=90))
    assert (lifecycle.started_by, state.origin) == ("ann", RenewalOrigin.OPERATOR)
    assert names(await world.asked()) == ["ReadFacts"]


async def test_one_that_is_under_way_goes_on_at_once(world: RenewalWorld) -> None:
    first = await world.begin()
    again = await world.begin()

    assert again.id == first.id
    assert names(await world.asked()) == ["ReadFacts"]


@pytest.mark.parametrize("identity", ["CP404", "CP002"])
async def test_a_station_that_is_not_in_service_has_none(world: RenewalWorld, identity: str) -> None:
    await put(world.store, station("CP002", standing=Standing.RETIRED))
    order = RenewalOrder(StationId(identity), RenewalOrigin.OPERATOR, "ann")

    with pytest.raises(OperatorFault):
        await order_renewal(world.store, order, HEARING.plan, world.moment)


async def test_an_operator_ends_it_by_a_part_of_its_name(world: RenewalWorld) -> None:
    begun = await world.begin()
    ended = await cancel_lifecycle(world.store, begun.id[:8].upper(), "ann", world.moment)

    assert (ended.state.phase, ended.ended_at) == (RenewalPhase.CANCELLED, NOON)
    assert await world.asked() == []
    async with world.store.read() as reading:
        assert await reading.lifecycles.open_of(CP001) == []
    with pytest.raises(OperatorFault, match="names 0 life-cycles"):
        await cancel_lifecycle(world.store, begun.id, "ann", world.moment)


async def test_a_part_that_is_too_short_ends_nothing(world: RenewalWorld) -> None:
    begun = await world.begin()

    with pytest.raises(OperatorFault, match="8 digits"):
        await cancel_lifecycle(world.store, begun.id[:7], "ann", world.moment)
