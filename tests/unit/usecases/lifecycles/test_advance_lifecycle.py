from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.clock import NOON
from tests.fakes.renewals import CP001, CutStore, Killed, RenewalWorld, names
from tests.fakes.stores import journalled
from voltward.adapters.sql.store import SqlStore
from voltward.crypto.issuing.chain_forms import ChainForm, chain_text
from voltward.domain.credential import ClientCertificate, CredentialState
from voltward.domain.intents import InstallCertificate, IntentAnswer, Outcome, RequestCsr
from voltward.lifecycles.answers import NotThere
from voltward.lifecycles.effects import TimeCame
from voltward.lifecycles.renewal_state import Begun, OfferedForm, Renewal, RenewalOrigin, RenewalPhase
from voltward.ports.lifecycles import LONGEST_SLEEP
from voltward.usecases.lifecycles.advance_lifecycle import advance_lifecycle


@pytest.fixture
async def world(store: SqlStore) -> RenewalWorld:
    world = RenewalWorld(store)
    await world.register()
    return world


async def test_a_renewal_goes_from_the_order_to_the_proof(world: RenewalWorld) -> None:
    await world.begin()
    fingerprint = await world.until_installing()
    assert isinstance(await world.answer(), InstallCertificate)
    await world.work()
    await world.comes_with(fingerprint)
    await world.work()

    lifecycle, state = await world.renewal()
    assert (state.phase, lifecycle.ended_at) == (RenewalPhase.DONE, NOON)
    async with world.store.read() as reading:
        (credential,) = await reading.credentials.of(CP001)
        assert await reading.asks.of(CP001) == []
        assert await reading.lifecycles.open_of(CP001) == []
    assert isinstance(credential.proof, ClientCertificate)
    assert (credential.proof.fingerprint, credential.state) == (fingerprint, CredentialState.ACTIVE)
    kinds = [event.kind for event in await journalled(world.store)]
    assert kinds.count("certificate_issued") == kinds.count("certificate_renewed") == 1
    assert "lifecycle_fact_refused" not in kinds


async def test_a_step_is_journalled_with_where_it_came_from(world: RenewalWorld) -> None:
    await world.begin()

    (event,) = [e for e in await journalled(world.store) if e.kind == "lifecycle_advanced"]
    assert (event.subject, event.facts["to"], event.facts["fact"]) == (
        "CP001",
        "reading its settings",
        "Begun",
    )


async def test_a_story_that_cannot_be_is_journalled_and_changes_nothing(world: RenewalWorld) -> None:
    before = await world.begin()
    async with world.store.begin() as work:
        after = await advance_lifecycle(work, before, Begun(), world.moment)
        await work.commit()

    assert after == before
    event = (await journalled(world.store))[-1]
    assert (event.kind, event.facts["reason"]) == (
        "lifecycle_fact_refused",
        "renewal: Begun while reading its settings",
    )


async def test_asks_of_one_step_keep_their_order_and_an_answered_one_is_gone(world: RenewalWorld) -> None:
    await world.begin()
    assert names(await world.asked()) == ["ReadFacts"]
    await world.answer(Outcome.UNSUPPORTED)
    await world.work()

    assert names(await world.asked()) == ["SetOrganisation"]


async def test_a_wake_up_comes_once_and_in_time(world: RenewalWorld) -> None:
    await world.begin()
    for _ in range(2):
        await world.answer()
        await world.work()
    await world.answer(Outcome.REJECTED)
    await world.work()
    assert await world.asked() == []

    world.clock.leap(59)
    await world.work()
    assert await world.asked() == []
    world.clock.leap(1)
    await world.work()
    assert names(await world.asked()) == ["RequestCsr"]


async def test_a_clock_that_was_a_year_ahead_for_a_minute_puts_nothing_off(world: RenewalWorld) -> None:
    """Who waits since then is woken when the clock is right."""
    world.clock.leap(365 * 86400)
    await world.begin()
    for _ in range(3):
        await world.answer()
        await world.work()
    _, waits = await world.renewal()
    assert waits.phase is RenewalPhase.AWAITING_CSR

    world.clock.set(NOON)
    await world.work()
    assert names(await world.asked()) == ["RequestCsr"]


async def test_a_time_that_is_reckoned_from_one_of_a_wrong_clock_is_not_slept_for_years(
    world: RenewalWorld,
) -> None:
    lifecycle = await world.begin()
    state = Renewal(
        NOON + timedelta(days=365), RenewalOrigin.COMMISSIONING, RenewalPhase.UNPROVEN, fetches=True
    )
    async with world.store.begin() as work:
        waits = await work.lifecycles.save(replace(lifecycle, state=state))
        led = await advance_lifecycle(work, waits, TimeCame(), world.moment)

    assert led.wake_at == NOON + LONGEST_SLEEP


MOST_COMMITS = 60


async def _whole_story(world: RenewalWorld, cut: CutStore) -> None:
    """Every step goes on from what the store says: whoever is killed in it may begin it again."""
    while True:
        await world.work(cut)
        lifecycle, state = await world.renewal()
        if lifecycle.ended_at is not None:
            return
        asked = await world.asked()
        if not asked:
            assert state.phase is RenewalPhase.UNPROVEN, state
            assert state.issued is not None
            await world.comes_with(state.issued, proves=state.came_with_new)
            continue
        if isinstance(asked[0], RequestCsr):
            await world.submit()
        else:
            await world.answer()


@pytest.mark.parametrize("behind", [False, True], ids=["before the commit", "behind it"])
async def test_a_worker_that_is_killed_at_any_commit_loses_nothing_and_issues_once(
    world: RenewalWorld, behind: bool
) -> None:
    """At the first of its commits in the first story, at the second in the second, and so on."""
    kills = 0
    for at in range(1, MOST_COMMITS):
        await world.begin()
        cut = CutStore(world.store, at, behind=behind)
        try:
            await _whole_story(world, cut)
        except Killed:
            kills += 1
            world.clock.leap(121)  # its lease runs out
            await _whole_story(world, CutStore(world.store, MOST_COMMITS, behind=behind))
        _, state = await world.renewal()
        assert state.phase is RenewalPhase.DONE
        if cut.is_spared:
            break
    else:
        pytest.fail("the story has no end")

    assert kills >= 8
    async with world.store.read() as reading:
        issued = await reading.issued.of(CP001)
        live = [c for c in await reading.credentials.of(CP001) if c.state is CredentialState.ACTIVE]
        assert await reading.inbox.next(limit=9) == []
    assert len({each.order for each in issued}) == len(issued) == len(world.authority.signed) == kills + 1
    assert len(live) == 1
    kinds = [event.kind for event in await journalled(world.store)]
    assert "lifecycle_fact_refused" not in kinds
    assert kinds.count("certificate_renewed") == kills + 1


async def test_each_form_of_a_chain_is_made_of_its_record_when_it_is_sent(world: RenewalWorld) -> None:
    await world.begin()
    fingerprint = await world.until_installing()
    await world.answer(Outcome.REJECTED)
    await world.work()

    _, state = await world.renewal()
    async with world.store.read() as reading:
        issued = await reading.issued.by_fingerprint(fingerprint)
    assert issued is not None
    (install,) = await world.asked()
    assert isinstance(install, InstallCertificate)
    assert install.chain_pem == chain_text(issued.chain, ChainForm(state.forms[1].name))
    assert not any(form.pem for form in state.forms)


async def test_a_state_of_an_earlier_version_has_the_text_in_it_and_goes_on(world: RenewalWorld) -> None:
    await world.begin()
    await world.until_installing()
    lifecycle, state = await world.renewal()
    (before,) = await world.asked()
    with_text = tuple(OfferedForm(form.name, "-----BEGIN") for form in state.forms)
    async with world.store.begin() as work:
        await work.lifecycles.save(replace(lifecycle, state=replace(state, forms=with_text)))
        await work.commit()
    lifecycle, _ = await world.renewal()
    async with world.store.begin() as work:
        await advance_lifecycle(work, lifecycle, NotThere(IntentAnswer(Outcome.EXPIRED)), world.moment)
        await work.commit()

    assert (await world.asked())[-1] == before
