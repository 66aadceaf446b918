from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.clock import NOON, FakeClock
from tests.fakes.mortal_signer import SignerProcess
from tests.fakes.renewals import CP001, HEARING, RenewalWorld, one_authority, station_csr
from tests.fakes.signers import SignerSite
from tests.fakes.stores import journalled, lease_errands, opened_store
from voltward.adapters.sql.store import SqlStore
from voltward.crypto.reading.certificates import fingerprint
from voltward.domain.authority import DeniedCertificate
from voltward.domain.credential import CredentialState
from voltward.domain.errors import OutsideFault
from voltward.lifecycles.effects import IssueCertificate
from voltward.lifecycles.renewal_state import RenewalPhase
from voltward.ports.authority import Issued, Pending
from voltward.ports.lifecycles import Errand, IssuedCertificate
from voltward.usecases.lifecycles.start_renewal import cancel_lifecycle
from voltward.usecases.rounds.begin_errands import LEASE
from voltward.usecases.rounds.hear_facts import hear_facts
from voltward.usecases.rounds.perform_effect import (
    LONGEST_PAUSE,
    delayed,
    pause,
    save_outcomes,
)

AWAY = OutsideFault("the authority is away.")


@pytest.fixture
async def world(store: SqlStore) -> RenewalWorld:
    world = RenewalWorld(store)
    await world.register()
    await world.submit()
    return world


async def test_an_authority_that_is_away_is_asked_again_later_under_the_same_id(world: RenewalWorld) -> None:
    world.authority.instead = [AWAY, AWAY]
    await world.work()
    assert len(world.authority.asked) == 1
    await world.work()
    assert len(world.authority.asked) == 1, "not before its time"

    world.clock.leap(3)
    await world.work()
    world.clock.leap(6)
    await world.work()

    assert len(world.authority.asked) == 3
    assert len(set(world.authority.asked)) == 1
    _, state = await world.renewal()
    assert state.phase is RenewalPhase.INSTALLING


async def test_an_authority_that_wants_time_says_when_it_is_asked_again(world: RenewalWorld) -> None:
    world.authority.instead = [Pending(NOON + timedelta(hours=5), "a person has to look")]
    await world.work()
    world.clock.leap(5 * 3600 - 1)
    await world.work()
    assert len(world.authority.asked) == 1

    world.clock.leap(1)
    await world.work()
    assert len(world.authority.asked) == 2


async def test_an_authority_that_wants_weeks_is_asked_every_day(world: RenewalWorld) -> None:
    """A time that lies further ahead would be taken for one of a clock that was wrong."""
    world.authority.instead = [Pending(NOON + timedelta(days=30), "after the holidays")]
    await world.work()
    world.clock.leap(86399)
    await world.work()
    assert len(world.authority.asked) == 1

    world.clock.leap(1)
    await world.work()
    assert len(world.authority.asked) == 2


async def test_who_waits_long_is_told_of_and_not_each_time(world: RenewalWorld) -> None:
    world.authority.instead = [AWAY] * 10
    for _ in range(10):
        await world.work()
        world.clock.leap(3600)

    told = [e for e in await journalled(world.store) if e.kind == "attention_needed"]
    assert len(told) == 2
    assert "the authority is away" in str(told[0].facts["what"])


async def test_what_is_no_answer_to_the_request_is_recorded_by_nobody(world: RenewalWorld) -> None:
    world.authority.instead = [Issued((b"no certificate",))]
    await world.work()
    world.clock.leap(3)
    await world.work()

    _, state = await world.renewal()
    assert state.phase is RenewalPhase.INSTALLING
    assert len(world.authority.signed) == 1


async def test_an_order_that_nobody_wants_any_more_is_not_placed(world: RenewalWorld) -> None:
    await hear_facts(world.store, HEARING, world.moment)
    lifecycle, _ = await world.renewal()
    await cancel_lifecycle(world.store, lifecycle.id, "ann", world.moment)
    await world.work()

    assert world.authority.asked == []


async def test_an_errand_is_leased_to_one_and_taken_over_when_the_lease_is_over(world: RenewalWorld) -> None:
    await hear_facts(world.store, HEARING, world.moment)
    (errand,) = await lease_errands(world.store, "killed", NOON, limit=8)
    assert await lease_errands(world.store, "another", NOON, limit=8) == []

    (again,) = await lease_errands(world.store, "another", NOON + LEASE, limit=8)
    await world.perform(again)
    await world.perform(errand)

    assert len(world.authority.signed) == 1
    kinds = [event.kind for event in await journalled(world.store)]
    assert kinds.count("certificate_issued") == 1


async def test_an_errand_that_was_broken_off_comes_again(world: RenewalWorld) -> None:
    await hear_facts(world.store, HEARING, world.moment)
    (errand,) = await lease_errands(world.store, "worker", NOON, limit=8)
    broken_off = delayed(errand, OutsideFault("too slow"), world.moment)
    assert not await save_outcomes(world.store, [(errand, broken_off)], world.moment)

    assert await lease_errands(world.store, "worker", NOON, limit=8) == []
    (again,) = await lease_errands(world.store, "worker", NOON + timedelta(seconds=3), limit=8)
    assert again.attempts == 1


def test_pauses_grow_up_to_a_bound(store: SqlStore) -> None:
    moment = RenewalWorld(store).moment
    waits = [pause(Errand("e", "l", IssueCertificate(b"", 1), NOON, n), moment) for n in range(40)]

    assert timedelta(seconds=2) <= waits[0] < timedelta(seconds=2.5)
    assert LONGEST_PAUSE <= waits[-1] < 1.25 * LONGEST_PAUSE


async def test_who_wakes_up_late_takes_nothing_back_that_the_station_uses_by_now(world: RenewalWorld) -> None:
    """A worker stands still between the authority's word and its record, for longer than its lease."""

    async def another_does_it() -> None:
        world.clock.leap(LEASE.total_seconds())
        issued = await world.until_installing()
        await world.answer()
        await world.comes_with(issued)
        await world.work()

    world.authority.meanwhile = another_does_it
    await world.work()

    _, state = await world.renewal()
    assert (state.phase, state.attempt) == (RenewalPhase.DONE, 1)
    async with world.store.read() as reading:
        (record,) = await reading.issued.of(CP001)
        (credential,) = await reading.credentials.of(CP001)
        assert await reading.denials.get(record.fingerprint) is None
    assert (record.revoked_at, credential.state) == (None, CredentialState.ACTIVE)


async def test_what_was_revoked_before_the_store_was_restored_is_handed_to_nobody(
    world: RenewalWorld,
) -> None:
    """The authority answers the same order with the same certificate; the deny-list came back before it."""
    await hear_facts(world.store, HEARING, world.moment)
    (errand,) = await lease_errands(world.store, "worker", NOON, limit=8)
    assert isinstance(errand.effect, IssueCertificate)
    lost = world.authority.sign(errand.id, errand.effect.csr_der)
    async with world.store.begin() as work:
        await work.denials.add(DeniedCertificate(fingerprint(lost.chain[0]), "stolen", NOON, "CP001"))
        await work.commit()
    await world.perform(errand)

    _, state = await world.renewal()
    assert (state.phase, state.issued) == (RenewalPhase.STUCK, None)
    assert "is revoked" in state.problem
    assert await world.asked() == []
    async with world.store.read() as reading:
        (record,) = await reading.issued.of(CP001)
        assert await reading.credentials.of(CP001) == []
    assert record.revoked_at == NOON


async def test_a_restored_store_gets_what_was_signed_for_a_key_and_a_new_one_for_another(
    tmp_path: Path,
) -> None:
    """Its life-cycles have the names and count the attempts that the signer's ledger has met already."""
    (tmp_path / "signer").mkdir()
    clock, lost, other = FakeClock(), station_csr(), station_csr()
    signer = SignerProcess(SignerSite(tmp_path / "signer", clock).make())
    orders = list[IssuedCertificate]()
    for name, csr in (("lost", lost), ("restored", lost), ("restored again", other)):
        async with opened_store(tmp_path / name, clock) as store:
            world = RenewalWorld(store, clock)
            world.authorities = one_authority(signer)
            await world.register()
            await world.submit(csr)
            await world.work()
            _, state = await world.renewal()
            assert state.phase is RenewalPhase.INSTALLING
            async with store.read() as reading:
                orders += await reading.issued.of(CP001)
    signer.end()

    first, again, another = orders
    assert (again.order, again.fingerprint) == (first.order, first.fingerprint)
    assert another.order.startswith(first.order[:34])
    assert another.fingerprint != first.fingerprint
