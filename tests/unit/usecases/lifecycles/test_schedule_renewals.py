from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.fakes.builders import certificate_credential, issued_certificate, station
from tests.fakes.clock import NOON
from tests.fakes.renewals import HEARING, RenewalWorld
from tests.fakes.stores import put
from voltward.adapters.sql.store import SqlStore
from voltward.domain.credential import CredentialState
from voltward.domain.intents import IntentAnswer, Outcome
from voltward.domain.station import Standing, StationId
from voltward.domain.station_fact import AskAnswered
from voltward.lifecycles.renewal_state import Renewal, RenewalOrigin
from voltward.lifecycles.renewal_time import ScheduleTerms
from voltward.usecases.lifecycles.schedule_renewals import schedule_renewals

EXACT = ScheduleTerms(share=0.7, jitter=0.0, at_once=2)
DUE = NOON + timedelta(days=63)  # of ninety


@pytest.fixture
def world(store: SqlStore) -> RenewalWorld:
    return RenewalWorld(store)


async def holding(world: RenewalWorld, *identities: str, group: str = "default") -> None:
    for identity in identities:
        await put(
            world.store, station(identity, group=group), certificate_credential(identity, proven_at=NOON)
        )
        async with world.store.begin() as work:
            await work.issued.save(issued_certificate(identity))
            await work.commit()


async def begun(world: RenewalWorld, now: datetime, terms: ScheduleTerms = EXACT) -> int:
    world.clock.set(now)
    return await schedule_renewals(world.store, terms, HEARING.plan, world.moment)


async def open_ones(world: RenewalWorld) -> list[str]:
    async with world.store.read() as reading:
        return [str(each.station) for each in await reading.lifecycles.open("renewal")]


async def test_a_renewal_begins_at_its_share_of_the_lifetime(world: RenewalWorld) -> None:
    await holding(world, "CP001")

    assert await begun(world, DUE - timedelta(seconds=1)) == 0
    assert await begun(world, DUE) == 1
    assert await begun(world, DUE) == 0
    async with world.store.read() as reading:
        (lifecycle,) = await reading.lifecycles.open_of(StationId("CP001"))
    assert isinstance(lifecycle.state, Renewal)
    assert (lifecycle.state.origin, lifecycle.started_by) == (RenewalOrigin.SCHEDULE, "schedule")


async def test_jitter_brings_some_of_them_forward(world: RenewalWorld) -> None:
    await holding(world, *(f"CP{n}" for n in range(12)))
    terms = ScheduleTerms(share=0.7, jitter=0.1, at_once=99)

    early = await begun(world, DUE - timedelta(days=4.5), terms)
    assert 0 < early < 12
    assert early + await begun(world, DUE, terms) == 12


async def test_so_many_at_a_time_for_each_group_and_missed_ones_catch_up(world: RenewalWorld) -> None:
    await holding(world, "CP001", "CP002", "CP003")
    await holding(world, "CP004", group="north")
    late = DUE + timedelta(days=20)

    assert await begun(world, late) == 3
    assert await begun(world, late) == 0
    async with world.store.begin() as work:
        (one, *_) = await work.lifecycles.open("renewal")
        await work.lifecycles.save(replace(one, ended_at=late))
        await work.commit()
    # Its station has renewed nothing, and comes again with the others.
    assert await begun(world, late) == 1


async def test_one_that_is_stuck_keeps_no_place(world: RenewalWorld) -> None:
    await holding(world, "CP001", "CP002")
    terms = ScheduleTerms(share=0.7, jitter=0.0, at_once=1)
    assert await begun(world, DUE, terms) == 1
    for outcome in (Outcome.REJECTED, Outcome.REJECTED, Outcome.UNSUPPORTED):
        who = StationId((await open_ones(world))[0])
        await _answer(world, who, outcome)

    assert await begun(world, DUE, terms) == 1


async def test_what_is_not_used_is_not_renewed(world: RenewalWorld) -> None:
    await holding(world, "CP001", "CP002")
    async with world.store.begin() as work:
        (held,) = await work.credentials.of(StationId("CP001"))
        await work.credentials.save(replace(held, state=CredentialState.SUPERSEDED))
        gone = await work.stations.get(StationId("CP002"))
        assert gone is not None
        await work.stations.save(replace(gone, standing=Standing.RETIRED))
        await work.issued.save(issued_certificate(None))
        await work.commit()

    assert await begun(world, DUE) == 0


async def _answer(world: RenewalWorld, who: StationId, outcome: Outcome) -> None:
    async with world.store.read() as reading:
        (ask,) = await reading.asks.of(who)
    await world.tell(AskAnswered(who, world.clock.now(), ask.id, IntentAnswer(outcome)))
    await world.work()
