"""Orders in a root rotation: a unit of work each, or one for each station. Cut off, they are given again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from voltward.domain.errors import OperatorFault
from voltward.domain.station import Standing, StationId
from voltward.lifecycles.effects import Cancelled
from voltward.lifecycles.rollover_state import KIND as ROLLOVER
from voltward.lifecycles.rollover_state import (
    PauseWanted,
    RemovalWanted,
    ResumeWanted,
    Rollover,
    RolloverPhase,
    RolloverWanted,
)
from voltward.lifecycles.root_rotation import (
    KIND,
    AllTold,
    InstallWanted,
    Prepared,
    RetireWanted,
    RootRotation,
)
from voltward.ports.lifecycles import Lifecycle
from voltward.ports.storage import Reading, Store, UnitOfWork
from voltward.usecases.lifecycles.advance_lifecycle import Moment, advance_lifecycle, takes
from voltward.usecases.lifecycles.rotation_plan import Prospect, Trusting, open_rollovers

NAMED_IN_WORDS = 10
_REMOVING = (RolloverPhase.REMOVING, RolloverPhase.CHECKING)


async def rotation_under_way(reading: Reading) -> tuple[Lifecycle, RootRotation]:
    """The one that is open; OperatorFault where none is."""
    for lifecycle in await reading.lifecycles.open(KIND, limit=1):
        if isinstance(lifecycle.state, RootRotation):
            return lifecycle, lifecycle.state
    raise OperatorFault("no root is being rotated.", mend="`voltward ca rotate prepare` begins.")


async def is_rotating(reading: Reading) -> bool:
    """Whether one is under way."""
    return bool(await reading.lifecycles.open(KIND, limit=1))


async def check_none_is_under_way(reading: Reading) -> None:
    """OperatorFault where one is: stations are asked for one root at a time."""
    if await is_rotating(reading):
        raise OperatorFault(
            "a root is being rotated already.", mend="Finish it, or give it up: `voltward ca rotate status`."
        )


async def begin_rotation(store: Store, rotation: RootRotation, moment: Moment) -> RootRotation:
    """Write down that one is prepared; OperatorFault where one is under way."""
    async with store.begin() as work:
        await check_none_is_under_way(work)
        name = moment.entropy.identifier()
        begun = await work.lifecycles.save(Lifecycle(name, KIND, None, rotation, moment.now, moment.actor))
        begun = await advance_lifecycle(work, begun, Prepared(), moment)
        await work.commit()
    assert isinstance(begun.state, RootRotation)
    return begun.state


async def tell_rotation(store: Store, fact: object, moment: Moment) -> RootRotation:
    """Move it; OperatorFault where this order does not fit the phase."""
    async with store.begin() as work:
        after = await advance_lifecycle(work, await _fitting(work, type(fact)), fact, moment)
        await work.commit()
    assert isinstance(after.state, RootRotation)
    return after.state


async def _fitting(reading: Reading, fact: type) -> Lifecycle:
    lifecycle, state = await rotation_under_way(reading)
    if not takes(lifecycle, fact):
        raise OperatorFault(
            f"that is not possible now: {state.phase.value}.",
            mend="`voltward ca rotate status` tells what is.",
        )
    return lifecycle


async def install_root(
    store: Store, prospects: Sequence[Prospect], patience: timedelta, moment: Moment
) -> int:
    """Give the new root to all whom the rotation concerns; those under way go on. Returns how many begin."""
    rotation = await tell_rotation(store, InstallWanted(), moment)
    _refuse_paused(rotation)
    begun = 0
    for prospect in prospects:
        if prospect.trusting is Trusting.UNTOUCHED:
            continue
        async with store.begin() as work:
            begun += await _begin(work, prospect, Rollover(moment.now, rotation.roots, patience), moment)
            await work.commit()
    return begun


async def pause_rotation(store: Store, moment: Moment) -> RootRotation:
    """Nobody is asked anything from now on."""
    rotation = await tell_rotation(store, PauseWanted(), moment)
    await _tell_stations(store, PauseWanted(), moment)
    return rotation


async def resume_rotation(store: Store, moment: Moment) -> RootRotation:
    """All goes on where it stood."""
    rotation = await tell_rotation(store, ResumeWanted(), moment)
    await _tell_stations(store, ResumeWanted(), moment)
    return rotation


async def give_up_rotation(store: Store, moment: Moment) -> RootRotation:
    """The old root stays; what stations hold of the new one harms nobody.

    Stations first: cut off in between, the rotation is still there to be given up.
    """
    cancelled = Cancelled(moment.actor)
    async with store.read() as reading:
        await _fitting(reading, Cancelled)
    await _tell_stations(store, cancelled, moment)
    return await tell_rotation(store, cancelled, moment)


async def begin_retiring(store: Store, left_behind: Collection[str], moment: Moment) -> RootRotation:
    """There is no way back from here; given again after it was cut off, it goes on.

    OperatorFault while it is paused: nobody could be asked to forget the old root.
    """
    async with store.read() as reading:
        _refuse_paused((await rotation_under_way(reading))[1])
    return await tell_rotation(store, RetireWanted(tuple(sorted(left_behind))), moment)


async def retire_root(store: Store, prospects: Sequence[Prospect], moment: Moment) -> int:
    """The old root goes from stations that came by the new one; returns how many are asked to forget it.

    A station that has not come since keeps both: it is never asked for what nobody has seen work.
    """
    proven = {one.station for one in prospects if one.proven_at is not None}
    async with store.read() as reading:
        await _fitting(reading, AllTold)
        rollovers = await open_rollovers(reading)
    asked = 0
    for rollover in rollovers:
        state = rollover.state
        assert isinstance(state, Rollover)
        if state.phase in _REMOVING:
            continue  # told already, before this order was cut off
        goes = _may_go(state) and rollover.station in proven
        await _tell(store, rollover.id, RemovalWanted() if goes else Cancelled(moment.actor), moment)
        asked += goes
    await tell_rotation(store, AllTold(), moment)
    return asked


def _may_go(state: Rollover) -> bool:
    """Of a station that came by the new root: one that complained may have been shown the old one then."""
    is_held_back = state.phase is RolloverPhase.HELD_BACK and state.refuses_us
    return is_held_back or state.phase is RolloverPhase.READY


def check_nobody_is_lost(prospects: Sequence[Prospect], left_behind: Collection[str], most: int) -> None:
    """OperatorFault where more than `most` would break, not counting those who are named."""
    lost = [one.station for one in prospects if one.is_lost]
    words = (
        "`voltward ca rotate plan` tells why. Name them (--leave-behind ID) once each has another way to us"
    )
    _check(lost, left_behind, most, f"{words}, or raise certificates.most_left_behind.")


def check_way_back(prospects: Sequence[Prospect], left_behind: Collection[str], most: int) -> None:
    """OperatorFault where more than `most` may have lost the old root, not counting those who are named."""
    lost = {one.station: one.no_way_back for one in prospects if one.no_way_back}
    words = "; ".join(dict.fromkeys(lost.values()))
    _check(list(lost), left_behind, most, f"Of each: {words}. Go on, or name them (--leave-behind ID).")


def _check(lost: Sequence[StationId], left_behind: Collection[str], most: int, mend: str) -> None:
    others = [one for one in lost if not _is_named(one, left_behind)]
    if len(others) <= most:
        return
    names = ", ".join(map(str, others[:NAMED_IN_WORDS]))
    more = f" and {len(others) - NAMED_IN_WORDS} more" if len(others) > NAMED_IN_WORDS else ""
    raise OperatorFault(f"{len(others)} stations would not reach us any more: {names}{more}.", mend=mend)


def _refuse_paused(rotation: RootRotation) -> None:
    if rotation.is_paused:
        raise OperatorFault("it is paused.", mend="`voltward ca rotate resume` goes on.")


def _is_named(station: StationId, names: Collection[str]) -> bool:
    return str(station) in names or station.identity in names


async def _begin(work: UnitOfWork, prospect: Prospect, state: Rollover, moment: Moment) -> bool:
    """Whether it begins, or begins again: it was held back, or tells that it lost the new root since."""
    station = prospect.station
    record = await work.stations.get(station)
    if record is None or record.standing is Standing.RETIRED:
        return False
    for lifecycle in await work.lifecycles.open_of(station):
        if not isinstance(lifecycle.state, Rollover):
            continue
        phase = lifecycle.state.phase
        if lifecycle.state.roots != state.roots:  # of a rotation that was cut off at its end
            await advance_lifecycle(work, lifecycle, Cancelled(moment.actor), moment)
            continue
        again = phase is RolloverPhase.HELD_BACK or (phase is RolloverPhase.READY and prospect.is_lost)
        if again:
            await advance_lifecycle(work, lifecycle, RolloverWanted(), moment)
        return again
    name = moment.entropy.identifier()
    begun = await work.lifecycles.save(Lifecycle(name, ROLLOVER, station, state, moment.now, moment.actor))
    await advance_lifecycle(work, begun, RolloverWanted(), moment)
    return True


async def _tell_stations(store: Store, fact: object, moment: Moment) -> None:
    async with store.read() as reading:
        rollovers = await open_rollovers(reading)
    for rollover in rollovers:
        await _tell(store, rollover.id, fact, moment)


async def _tell(store: Store, lifecycle_id: str, fact: object, moment: Moment) -> None:
    async with store.begin() as work:
        lifecycle = await work.lifecycles.get(lifecycle_id)
        if lifecycle is not None and lifecycle.ended_at is None:
            await advance_lifecycle(work, lifecycle, fact, moment)
            await work.commit()
