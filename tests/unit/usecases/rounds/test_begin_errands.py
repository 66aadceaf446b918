from __future__ import annotations

from datetime import timedelta

import pytest

from tests.fakes.clock import NOON
from tests.fakes.renewals import (
    CP001,
    HEARING,
    CutStore,
    Killed,
    PlainAuthority,
    RenewalWorld,
    SomeAuthorities,
)
from tests.fakes.stores import journalled
from voltward.adapters.sql.store import SqlStore
from voltward.domain.authority import DeniedCertificate
from voltward.lifecycles.renewal_state import RenewalPhase
from voltward.ports.authority import Pending
from voltward.usecases.lifecycles.start_renewal import cancel_lifecycle
from voltward.usecases.rounds.hear_facts import hear_facts


@pytest.fixture
async def world(store: SqlStore) -> RenewalWorld:
    """Its request waits to be heard; `other` signs as well, but for nobody yet."""
    world = RenewalWorld(store)
    world.authorities = SomeAuthorities({"corporate": world.authority, "other": PlainAuthority()})
    await world.register()
    await world.submit()
    return world


def other(world: RenewalWorld) -> PlainAuthority:
    authority = world.authorities.known["other"]
    assert isinstance(authority, PlainAuthority)
    return authority


async def attention(world: RenewalWorld) -> list[dict[str, object]]:
    return [dict(event.facts) for event in await journalled(world.store) if event.kind == "attention_needed"]


async def test_who_may_have_signed_is_asked_again_whatever_the_settings_say_by_then(
    world: RenewalWorld,
) -> None:
    world.authority.lost = 1
    await world.work()
    world.authorities.chosen = "other"
    world.clock.leap(3)
    await world.work()

    assert (len(world.authority.asked), other(world).asked) == (2, [])
    async with world.store.read() as reading:
        (issued,) = await reading.issued.of(CP001)
    assert issued.authority == "corporate"


async def test_who_wants_time_keeps_its_order_when_the_settings_change(world: RenewalWorld) -> None:
    world.authority.instead = [Pending(NOON + timedelta(hours=1), "a person has to look")]
    await world.work()
    world.authorities.chosen = "other"
    world.clock.leap(3600)
    await world.work()

    assert (len(world.authority.signed), other(world).asked) == (1, [])


async def test_an_order_that_nobody_was_asked_for_goes_to_whom_the_settings_name(world: RenewalWorld) -> None:
    await hear_facts(world.store, HEARING, world.moment)
    world.authorities.chosen = "other"
    await world.work()

    assert (world.authority.asked, len(other(world).signed)) == ([], 1)


@pytest.mark.parametrize("behind", [False, True], ids=["before the lease is saved", "behind it"])
async def test_a_worker_that_is_killed_before_it_asks_leaves_no_doubt_or_no_change(
    world: RenewalWorld, behind: bool
) -> None:
    """Whether it was killed before or behind its asking cannot be seen from the store."""
    await hear_facts(world.store, HEARING, world.moment)
    with pytest.raises(Killed):
        await world.run_errands(CutStore(world.store, 1, behind=behind))
    world.authorities.chosen = "other"
    world.clock.leap(121)
    await world.work()

    assert (len(world.authority.signed), len(other(world).signed)) == ((1, 0) if behind else (0, 1))


async def test_an_authority_that_is_gone_from_the_settings_is_told_at_once_and_not_each_time(
    world: RenewalWorld,
) -> None:
    world.authority.lost = 1
    await world.work()
    both = world.authorities.known
    world.authorities = SomeAuthorities({"other": both["other"]}, "other")
    for _ in range(2):
        world.clock.leap(121)
        await world.work()

    (told,) = await attention(world)
    assert "'corporate' may have signed already" in str(told["what"])
    assert "[authority.corporate]" in str(told["mend"])
    assert other(world).asked == []

    world.authorities = SomeAuthorities(both, "other")
    world.clock.leap(121)
    await world.work()
    _, state = await world.renewal()
    assert (state.phase, len(world.authority.signed)) == (RenewalPhase.INSTALLING, 1)


async def test_where_it_is_gone_for_good_another_signs_when_the_renewal_is_ordered_anew(
    world: RenewalWorld,
) -> None:
    """As the mend says."""
    world.authority.lost = 1
    await world.work()
    world.authorities = SomeAuthorities({"other": other(world)}, "other")
    lifecycle, _ = await world.renewal()
    await cancel_lifecycle(world.store, lifecycle.id[:8], "ann", world.moment)
    world.clock.leap(121)
    await world.begin()
    await world.until_installing()

    assert (len(world.authority.asked), len(other(world).signed)) == (1, 1)
    async with world.store.read() as reading:
        (issued,) = await reading.issued.of(CP001)
    assert issued.authority == "other"


async def test_what_the_old_one_answers_to_a_renewal_that_was_called_off_is_denied(
    world: RenewalWorld,
) -> None:
    async def called_off() -> None:
        lifecycle, _ = await world.renewal()
        await cancel_lifecycle(world.store, lifecycle.id, "ann", world.moment)
        world.authorities.chosen = "other"

    world.authority.meanwhile = called_off
    await world.work()

    async with world.store.read() as reading:
        (issued,) = await reading.issued.of(CP001)
        denied = await reading.denials.get(issued.fingerprint)
    assert isinstance(denied, DeniedCertificate)
    assert (issued.authority, issued.revoked_at) == ("corporate", NOON)


async def test_a_name_that_nobody_bears_binds_nobody(world: RenewalWorld) -> None:
    world.authorities.chosen = "misspelt"
    await world.work()
    (told,) = await attention(world)
    assert "there is no authority 'misspelt'" in str(told["what"])

    world.authorities.chosen = "other"
    world.clock.leap(121)
    await world.work()
    assert len(other(world).signed) == 1
