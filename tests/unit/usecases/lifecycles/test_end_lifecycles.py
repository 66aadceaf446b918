"""Nothing that was under way outlives its station, nor the hardware that it was under way with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from tests.fakes.clock import NOON, SeededEntropy
from tests.fakes.renewals import CP001, RenewalWorld, pem_of, station_csr
from voltward.adapters.sql.store import SqlStore
from voltward.crypto.passwords.argon2id import FOR_TESTS
from voltward.crypto.passwords.passwords import PasswordKeys
from voltward.domain.intents import RequestCsr
from voltward.domain.secret import Secret
from voltward.domain.station_fact import CsrSubmitted
from voltward.lifecycles.renewal_state import RenewalPhase
from voltward.ports.authority import Issued
from voltward.usecases.fleet.change_station import retire_station
from voltward.usecases.fleet.recommission_station import Recommissioning, recommission_station

End = Callable[[RenewalWorld], Awaitable[None]]
KEYS = PasswordKeys(Secret(b"d" * 32), Secret(b"h" * 32), FOR_TESTS)


async def retired(world: RenewalWorld) -> None:
    await retire_station(world.store, CP001, "scrapped", "ann", world.clock)


async def recommissioned(world: RenewalWorld) -> None:
    order = Recommissioning(CP001, "ann", "board stolen", NOON + timedelta(days=14))
    await recommission_station(world.store, order, KEYS, world.clock, SeededEntropy(3))


ENDS = pytest.mark.parametrize("end", [retired, recommissioned], ids=lambda end: end.__name__)


@pytest.fixture
async def world(store: SqlStore) -> RenewalWorld:
    world = RenewalWorld(store)
    await world.register()
    return world


@ENDS
async def test_whoever_is_asked_something_is_asked_nothing_more(world: RenewalWorld, end: End) -> None:
    await world.begin()
    await end(world)

    assert await world.asked() == []
    lifecycle, state = await world.renewal()
    assert (state.phase, lifecycle.ended_at) == (RenewalPhase.CANCELLED, NOON)
    world.clock.leap(40 * 86400)
    await world.work()
    assert await world.asked() == []


@ENDS
async def test_what_its_authority_signs_afterwards_opens_nothing_and_is_revoked(
    world: RenewalWorld, end: End
) -> None:
    """The answer was on its way when the station ended: the old hardware has the key for it."""
    world.authority.meanwhile = lambda: end(world)
    await world.submit()
    await world.work()

    (answer,) = world.authority.signed.values()
    assert isinstance(answer, Issued)
    async with world.store.read() as reading:
        (record,) = await reading.issued.of(CP001)
        assert record.revoked_at == NOON
        assert await reading.denials.get(record.fingerprint) is not None
        assert await reading.credentials.by_fingerprint(record.fingerprint) == []


async def test_a_request_of_the_old_hardware_that_is_heard_late_is_dropped(world: RenewalWorld) -> None:
    asked_at = world.clock.now()
    world.clock.leap(60)
    await recommissioned(world)
    csr = pem_of(station_csr())
    await world.tell(CsrSubmitted(CP001, asked_at, "m1", csr, RequestCsr().use))
    await world.work()

    assert world.authority.asked == []
    async with world.store.read() as reading:
        assert await reading.lifecycles.open_of(CP001) == []
