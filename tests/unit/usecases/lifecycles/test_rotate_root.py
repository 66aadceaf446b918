from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.fakes.builders import station
from tests.fakes.clock import NOON
from tests.fakes.renewals import CP001, CutStore, Killed, RenewalWorld, names
from tests.fakes.rotations import CHAIN, NEW, OLD, WEEK, listed, rotation
from tests.fakes.stores import journalled, put
from voltward.adapters.sql.store import SqlStore
from voltward.domain.errors import OperatorFault
from voltward.domain.intents import IntentAnswer, ListTrustAnchors, Outcome, RemoveTrustAnchor
from voltward.domain.station import StationId
from voltward.domain.station_fact import AskAnswered
from voltward.lifecycles.effects import Cancelled
from voltward.lifecycles.rollover_state import KIND as ROLLOVER
from voltward.lifecycles.rollover_state import Rollover, RolloverPhase
from voltward.lifecycles.root_rotation import ChainPutBack, ChainSwitched, RotationPhase
from voltward.ports.storage import Store
from voltward.usecases.lifecycles.advance_lifecycle import advance_lifecycle
from voltward.usecases.lifecycles.rotate_root import (
    begin_retiring,
    begin_rotation,
    check_nobody_is_lost,
    check_way_back,
    give_up_rotation,
    install_root,
    pause_rotation,
    resume_rotation,
    retire_root,
    rotation_under_way,
    tell_rotation,
)
from voltward.usecases.lifecycles.rotation_plan import Prospect, Trusting

CP002 = StationId("CP002")
HERE = Prospect(CP001, Trusting.BREAKS, "it holds the old root alone")
PLAIN = Prospect(CP002, Trusting.UNTOUCHED, "it comes without TLS")


@pytest.fixture
async def world(store: SqlStore) -> RenewalWorld:
    world = RenewalWorld(store, known=(OLD.der, NEW.der))
    await world.register()
    await put(store, station("CP002"))
    await begin_rotation(store, rotation(), world.moment)
    return world


async def answers(world: RenewalWorld, *given: IntentAnswer) -> None:
    for answer in given:
        async with world.store.read() as reading:
            ask = (await reading.asks.of(CP001))[0]
        await world.tell(AskAnswered(CP001, world.clock.now(), ask.id, answer))
        await world.work()


def lists(*roots: object) -> IntentAnswer:
    return IntentAnswer(Outcome.ACCEPTED, "", listed(*roots))  # type: ignore[arg-type]


YES = IntentAnswer(Outcome.ACCEPTED)


async def phases(world: RenewalWorld) -> list[RolloverPhase]:
    async with world.store.read() as reading:
        latest = [await reading.lifecycles.latest_of(one, ROLLOVER) for one in (CP001, CP002)]
    return [one.state.phase for one in latest if one is not None and isinstance(one.state, Rollover)]


async def install(world: RenewalWorld, prospects: Sequence[Prospect] = (HERE, PLAIN)) -> int:
    return await install_root(world.store, prospects, WEEK, world.moment)


async def test_the_root_goes_to_whom_the_chains_concern(world: RenewalWorld) -> None:
    assert await install(world) == 1
    assert await world.asked() == [ListTrustAnchors()]

    await answers(world, lists(OLD), YES, YES, lists(OLD, NEW))

    assert await phases(world) == [RolloverPhase.READY]
    async with world.store.read() as reading:
        assert await reading.anchors.holders(rotation().new) == [CP001]


async def test_given_again_the_order_takes_up_who_was_held_back(world: RenewalWorld) -> None:
    await install(world)
    assert await install(world) == 0

    await answers(world, IntentAnswer(Outcome.UNSUPPORTED))
    assert await phases(world) == [RolloverPhase.HELD_BACK]
    assert await install(world) == 1


async def test_the_old_root_goes_only_from_who_came_by_the_new_one(world: RenewalWorld) -> None:
    await put(world.store, station("CP003"))
    unproven = Prospect(StationId("CP003"), Trusting.READY, "it holds the new root")
    await install(world, (HERE, unproven))
    await answers(world, lists(OLD, NEW))
    await tell_rotation(world.store, ChainSwitched(CHAIN), world.moment)

    proven = Prospect(CP001, Trusting.READY, "it holds the new root", NOON)
    assert (await begin_retiring(world.store, ("CP009",), world.moment)).phase is RotationPhase.RETIRING
    assert await retire_root(world.store, (proven, unproven), world.moment) == 1

    (forget,) = await world.asked()
    assert isinstance(forget, RemoveTrustAnchor)
    async with world.store.read() as reading:
        assert await reading.lifecycles.open_of(unproven.station) == []
        assert await reading.asks.of(unproven.station) == []
    await answers(world, YES, lists(NEW))
    assert await phases(world) == [RolloverPhase.DONE]


async def test_a_pause_takes_the_questions_back(world: RenewalWorld) -> None:
    await install(world)

    assert (await pause_rotation(world.store, world.moment)).is_paused
    assert await world.asked() == []
    with pytest.raises(OperatorFault, match="paused"):
        await install(world)
    await resume_rotation(world.store, world.moment)
    assert names(await world.asked()) == ["ListTrustAnchors"]


async def test_given_up_nothing_is_asked_and_another_may_begin(world: RenewalWorld) -> None:
    await install(world)

    assert (await give_up_rotation(world.store, world.moment)).phase is RotationPhase.CANCELLED
    assert await world.asked() == []
    async with world.store.read() as reading:
        with pytest.raises(OperatorFault, match="no root is being rotated"):
            await rotation_under_way(reading)
    await begin_rotation(world.store, rotation(), world.moment)


async def test_an_order_that_does_not_fit_is_refused_in_words(world: RenewalWorld) -> None:
    with pytest.raises(OperatorFault, match="not possible now: prepared"):
        await retire_root(world.store, (), world.moment)
    with pytest.raises(OperatorFault, match="not possible now: prepared"):
        await begin_retiring(world.store, (), world.moment)
    with pytest.raises(OperatorFault, match="already"):
        await begin_rotation(world.store, rotation(), world.moment)
    kinds = [event.kind for event in await journalled(world.store)]
    assert "root_rotation_prepared" in kinds


def test_more_than_the_limit_may_not_be_lost_unless_they_are_named() -> None:
    lost = [Prospect(StationId(f"CP{n:03}"), Trusting.UNKNOWN, "") for n in range(12)]

    with pytest.raises(OperatorFault, match=r"12 stations.*CP000, .* and 2 more"):
        check_nobody_is_lost(lost, (), 0)
    with pytest.raises(OperatorFault, match="1 stations"):
        check_nobody_is_lost(lost[:2], ("CP000",), 0)
    check_nobody_is_lost(lost[:2], ("CP000", "CP001"), 0)
    check_nobody_is_lost(lost, (), 12)
    check_nobody_is_lost([PLAIN], (), 0)


def test_the_way_back_stops_at_who_has_lost_the_old_root() -> None:
    one_way = Prospect(CP001, Trusting.READY, "", NOON, "it does not list the old root any more")

    with pytest.raises(OperatorFault, match=r"1 stations.*CP001.*does not list the old root"):
        check_way_back([one_way, PLAIN], (), 0)
    check_way_back([one_way], ("CP001",), 0)
    check_way_back([one_way], (), 1)
    check_way_back([HERE, PLAIN], (), 0)


async def ready(world: RenewalWorld) -> Prospect:
    """CP001 holds both roots, and has come by the new one."""
    await install(world)
    await answers(world, lists(OLD, NEW))
    await tell_rotation(world.store, ChainSwitched(CHAIN), world.moment)
    return Prospect(CP001, Trusting.READY, "it holds the new root", NOON)


async def retire(store: Store, proven: Prospect, world: RenewalWorld) -> None:
    await begin_retiring(store, (), world.moment)
    await retire_root(store, (proven,), world.moment)


@pytest.mark.parametrize("commit", [1, 2])
async def test_an_order_to_retire_that_is_cut_off_is_given_again(world: RenewalWorld, commit: int) -> None:
    proven = await ready(world)
    with pytest.raises(Killed):
        await retire(CutStore(world.store, commit, behind=True), proven, world)

    with pytest.raises(OperatorFault, match="not possible now: old root being retired"):
        await tell_rotation(world.store, ChainPutBack(CHAIN), world.moment)
    await retire(world.store, proven, world)

    (forget,) = await world.asked()
    assert isinstance(forget, RemoveTrustAnchor)
    await answers(world, YES, lists(NEW))
    assert await phases(world) == [RolloverPhase.DONE]
    await begin_rotation(world.store, rotation(), world.moment)


async def test_a_rotation_that_is_given_up_halfway_is_given_up_again(world: RenewalWorld) -> None:
    await install(world)
    with pytest.raises(Killed):
        await give_up_rotation(CutStore(world.store, 1, behind=True), world.moment)

    assert (await give_up_rotation(world.store, world.moment)).phase is RotationPhase.CANCELLED
    assert await world.asked() == []


async def test_while_it_is_paused_the_old_root_is_not_retired(world: RenewalWorld) -> None:
    """The stations would be told, and asked nothing, and nobody could resume it any more."""
    await ready(world)
    await pause_rotation(world.store, world.moment)

    with pytest.raises(OperatorFault, match="paused"):
        await begin_retiring(world.store, (), world.moment)
    await resume_rotation(world.store, world.moment)
    await begin_retiring(world.store, (), world.moment)


async def test_a_station_that_has_lost_the_new_root_is_given_it_again(world: RenewalWorld) -> None:
    """It went back to its factory settings after it was ready."""
    await ready(world)
    assert await install(world, (Prospect(CP001, Trusting.READY, ""),)) == 0
    assert await phases(world) == [RolloverPhase.READY]

    assert await install(world) == 1
    await answers(world, lists(OLD), YES)
    assert names(await world.asked()) == ["InstallTrustAnchor"]


async def test_what_an_earlier_rotation_left_behind_does_not_keep_the_next_root_away(
    world: RenewalWorld,
) -> None:
    await install(world)
    async with (
        world.store.begin() as work
    ):  # as it stood after an order that was cut off, before it was mended
        lifecycle, _ = await rotation_under_way(work)
        await advance_lifecycle(work, lifecycle, Cancelled("ann"), world.moment)
        await work.commit()
    another = rotation()
    another = replace(another, roots=replace(another.roots, new=another.roots.old))
    await begin_rotation(world.store, another, world.moment)

    assert await install(world) == 1
    async with world.store.read() as reading:
        (state,) = [one.state for one in await reading.lifecycles.open_of(CP001)]
    assert isinstance(state, Rollover)
    assert state.roots == another.roots
