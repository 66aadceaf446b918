from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.builders import certificate_credential, issued_certificate, station
from tests.fakes.clock import NOON
from tests.fakes.renewals import HEARING, RenewalWorld
from tests.fakes.stores import opened_store, put
from voltward.adapters.sql.store import SqlStore
from voltward.domain.credential import CredentialState
from voltward.domain.intents import IntentAnswer, Outcome
from voltward.domain.station import Standing, Station, StationId
from voltward.domain.station_fact import AskAnswered
from voltward.lifecycles.renewal_state import Renewal, RenewalOrigin
from voltward.lifecycles.renewal_time import ScheduleTerms
from voltward.usecases.lifecycles.schedule_renewals import schedule_renewals

EXACT = ScheduleTerms(share=0.7, jitter=0.0, at_once=2)
DUE = NOON + timedelta(days=63)  # of ninety


@pytest.fixture
def world(store: SqlStore) -> RenewalWorld:
    return RenewalWorld(store)


async def holding(world: RenewalWorld, *identities: str, group: str = "default", site: str = "") -> None:
    fleet = [station(identity, group=group, site=site) for identity in identities]
    await bearing(world.store, [(one, "CN=Issuing") for one in fleet])


async def bearing(store: SqlStore, fleet: Iterable[tuple[Station, str]]) -> None:
    """Each comes in with a certificate that this authority signed at noon."""
    async with store.begin() as work:
        for one, issuer in fleet:
            await work.stations.save(one)
            await work.credentials.save(certificate_credential(one.id.identity, proven_at=NOON))
            await work.issued.save(issued_certificate(one.id.identity, issuer=issuer))
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


async def test_so_many_at_a_time_at_a_site_whatever_their_groups(world: RenewalWorld) -> None:
    await holding(world, "CP001", "CP002", site="Ulm 1")
    await holding(world, "CP003", site="Ulm 1", group="north")
    await holding(world, "CP004", site="Ulm 2", group="north")
    await holding(world, "CP005", group="south")

    assert await begun(world, DUE, ScheduleTerms(jitter=0.0, at_once_per_site=1)) == 3
    assert await begun(world, DUE, ScheduleTerms(jitter=0.0, at_once_per_site=2)) == 1


async def test_one_whose_certificate_is_of_others_takes_a_place_at_its_site(world: RenewalWorld) -> None:
    await holding(world, "CP002", site="Ulm 1")
    await put(world.store, station(site="Ulm 1"), certificate_credential(proven_at=NOON))
    await world.begin()
    terms = ScheduleTerms(jitter=0.0, at_once_per_site=1)

    assert await begun(world, DUE, terms) == 1  # the first one is away for months by now
    assert await begun(world, NOON, terms) == 0


async def test_a_station_that_does_not_come_stops_the_others_of_its_site_for_a_day_alone(
    world: RenewalWorld,
) -> None:
    await holding(world, "CP001", "CP002", "CP003", site="Ulm 1")
    terms = ScheduleTerms(jitter=0.0, at_once_per_site=1)

    begun_in = [await begun(world, DUE + timedelta(hours=12 * n), terms) for n in range(6)]

    assert begun_in == [1, 0, 1, 0, 1, 0]


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


_FLEETS = st.lists(
    st.tuples(
        st.sampled_from("ab"), st.sampled_from(["", "Ulm 1", "Ulm 2"]), st.sampled_from(["CA 1", "CA 2"])
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=12)
@given(
    fleet=_FLEETS,
    at_once=st.integers(1, 3),
    per_site=st.integers(1, 2),
    ends=st.lists(st.integers(0, 8), min_size=1),
)
def test_never_more_than_so_many_and_in_the_end_everybody(
    fleet: list[tuple[str, str, str]], at_once: int, per_site: int, ends: list[int]
) -> None:
    """Whoever is due begins, in whatever order the others end; and nobody twice."""
    terms = ScheduleTerms(jitter=0.0, at_once=at_once, at_once_per_site=per_site)
    stations = {StationId(f"CP{n:03}"): places for n, places in enumerate(fleet)}

    async def story(folder: Path) -> None:
        async with opened_store(folder) as store:
            world = RenewalWorld(store)
            await bearing(
                store,
                [
                    (station(one.identity, group=group, site=site), issuer)
                    for one, (group, site, issuer) in stations.items()
                ],
            )
            seen: list[StationId] = []
            while await begun(world, DUE, terms) or await open_ones(world):
                under_way = [StationId(name) for name in await open_ones(world)]
                seen += [one for one in under_way if one not in seen]
                groups = Counter((stations[one][2], stations[one][0]) for one in under_way)
                sites = Counter(stations[one][1] for one in under_way if stations[one][1])
                assert max(groups.values()) <= at_once
                assert max(sites.values(), default=0) <= per_site
                await _renewed(store, under_way[ends[len(seen) % len(ends)] % len(under_way)])
            assert sorted(seen) == sorted(stations)

    with tempfile.TemporaryDirectory(prefix="voltward-tests-") as folder:
        asyncio.run(story(Path(folder)))


async def _renewed(store: SqlStore, who: StationId) -> None:
    async with store.begin() as work:
        (lifecycle,) = await work.lifecycles.open_of(who)
        await work.lifecycles.save(replace(lifecycle, ended_at=DUE))
        (held,) = await work.credentials.of(who)
        await work.credentials.save(replace(held, state=CredentialState.SUPERSEDED))
        await work.commit()


async def _answer(world: RenewalWorld, who: StationId, outcome: Outcome) -> None:
    async with world.store.read() as reading:
        (ask,) = await reading.asks.of(who)
    await world.tell(AskAnswered(who, world.clock.now(), ask.id, IntentAnswer(outcome)))
    await world.work()
