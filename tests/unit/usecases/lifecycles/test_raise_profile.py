from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes.builders import certificate_credential, station
from tests.fakes.renewals import CP001, HEARING, RenewalWorld
from tests.fakes.stores import journalled, put
from voltward.adapters.sql.store import SqlStore
from voltward.domain.credential import CredentialState
from voltward.domain.errors import OperatorFault
from voltward.domain.intents import Outcome, RaiseProfile, ReadFacts
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Standing
from voltward.lifecycles.renewal_state import Renewal, RenewalOrigin
from voltward.lifecycles.upgrade_state import NetworkPlace, Upgrade, UpgradePhase
from voltward.ports.lifecycles import Lifecycle
from voltward.usecases.lifecycles.advance_lifecycle import Moment
from voltward.usecases.lifecycles.raise_profile import Raising, raise_profile
from voltward.usecases.lifecycles.start_renewal import cancel_lifecycle

SECOND, THIRD = SecurityProfile.TLS_BASIC, SecurityProfile.TLS_CERTIFICATE
FIRST = SecurityProfile.UNSECURED_BASIC


@pytest.fixture
def world(store: SqlStore) -> RenewalWorld:
    return RenewalWorld(store)


async def raised(
    world: RenewalWorld, profile: SecurityProfile, place: NetworkPlace | None = None
) -> Lifecycle:
    moment = Moment(world.clock.now(), world.entropy, "anna", place_of=lambda _group: place or NetworkPlace())
    return await raise_profile(world.store, Raising(CP001, profile, "anna"), HEARING.plan, moment)


async def test_one_that_holds_a_certificate_is_led_to_profile_3_and_its_floor_stays(
    world: RenewalWorld,
) -> None:
    await put(world.store, station(profile=SECOND, floor=SECOND), certificate_credential())

    begun = await raised(world, THIRD)

    assert isinstance(begun.state, Upgrade)
    assert (begun.state.phase, begun.state.profile) == (UpgradePhase.TELLING, THIRD)
    assert [type(intent) for intent in await world.asked()] == [RaiseProfile]
    async with world.store.read() as reading:
        record = await reading.stations.get(CP001)
    assert record is not None
    assert (record.profile, record.floor) == (THIRD, SECOND)
    (row,) = [each for each in await journalled(world.store) if each.kind == "station_changed"]
    assert row.facts["profile"] == "2 -> 3"


async def test_one_without_a_certificate_gets_it_first(world: RenewalWorld) -> None:
    ended = replace(certificate_credential(), state=CredentialState.RETIRED)
    await put(world.store, station(profile=SECOND, floor=SECOND), ended)

    begun = await raised(world, THIRD)

    assert isinstance(begun.state, Renewal)
    assert begun.state.origin is RenewalOrigin.COMMISSIONING
    assert [type(intent) for intent in await world.asked()] == [ReadFacts]


async def test_profile_2_needs_no_certificate(world: RenewalWorld) -> None:
    await put(world.store, station(profile=FIRST, floor=FIRST))

    assert isinstance((await raised(world, SECOND)).state, Upgrade)


async def test_one_that_is_under_way_goes_on_with_what_was_set_since(world: RenewalWorld) -> None:
    await put(world.store, station(profile=SECOND, floor=SECOND), certificate_credential())
    first = await raised(world, THIRD)
    await world.answer(Outcome.UNSUPPORTED)
    await world.work()

    again = await raised(world, THIRD, NetworkPlace("wss://csms.example/ocpp"))

    assert (again.id, again.state.phase) == (first.id, UpgradePhase.TELLING)
    assert isinstance(again.state, Upgrade)
    assert again.state.place.url == "wss://csms.example/ocpp"


async def test_there_is_no_way_down_and_none_for_the_retired(world: RenewalWorld) -> None:
    await put(world.store, station(profile=THIRD, floor=SECOND))
    with pytest.raises(OperatorFault, match="comes in on profile 2 or higher already"):
        await raised(world, SECOND)


async def test_a_record_that_stands_higher_is_not_lowered(world: RenewalWorld) -> None:
    await put(world.store, station(profile=THIRD, floor=FIRST))
    with pytest.raises(OperatorFault, match="registered for profile 3"):
        await raised(world, SECOND)


async def test_a_retired_station_is_led_nowhere(world: RenewalWorld) -> None:
    await put(world.store, station(profile=SECOND, floor=SECOND, standing=Standing.RETIRED))
    with pytest.raises(OperatorFault, match="retired for good"):
        await raised(world, THIRD)


async def test_a_certificate_that_was_only_sent_to_it_does_not_count_before_it_took_it(
    world: RenewalWorld,
) -> None:
    """Its renewal has ended without an answer: it may hold nothing but one that was revoked."""
    await world.register(profile=SECOND, floor=SECOND)
    begun = await world.begin()
    await world.until_installing()
    await cancel_lifecycle(world.store, begun.id, "ann", world.moment)

    again = await raised(world, THIRD)

    assert isinstance(again.state, Renewal)
    assert again.state.origin is RenewalOrigin.COMMISSIONING
    assert [type(intent) for intent in await world.asked()] == [ReadFacts]


async def test_one_that_said_it_took_its_certificate_is_led_to_profile_3(world: RenewalWorld) -> None:
    await world.register(profile=SECOND, floor=SECOND)
    await world.begin()
    await world.until_installing()
    await world.answer()
    await world.work()

    assert isinstance((await raised(world, THIRD)).state, Upgrade)


async def test_one_that_got_its_certificate_by_hand_is_led_to_profile_3(world: RenewalWorld) -> None:
    by_hand = replace(certificate_credential(), state=CredentialState.PENDING)
    await put(world.store, station(profile=SECOND, floor=SECOND), by_hand)

    assert isinstance((await raised(world, THIRD)).state, Upgrade)
