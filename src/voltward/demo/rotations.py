"""A root changes hands: the fleet is given the next one, two stations will not have it, nobody is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from voltward.bootstrap.authority.renewal_orders import renewal_plan
from voltward.bootstrap.rotation.chains import (
    moment_of,
    put_chain_back,
    switch_chain,
)
from voltward.bootstrap.rotation.preparing import prepare_rotation
from voltward.bootstrap.rotation.views import prospects_of
from voltward.crypto.issuing.hierarchy import Family
from voltward.demo.cast import BILLING, Manner
from voltward.demo.deployment import ACTOR
from voltward.demo.outcome import Seen
from voltward.demo.players import Player
from voltward.demo.stage import Scene, Stage, Thread
from voltward.domain.errors import OperatorFault
from voltward.domain.security_profile import SecurityProfile
from voltward.lifecycles.root_rotation import RootRotation
from voltward.simulator.link import Connected, Outcome, ServerDistrusted, words
from voltward.usecases.lifecycles.rotate_root import check_nobody_is_lost, install_root, rotation_under_way
from voltward.usecases.lifecycles.rotation_plan import Prospect, Trusting

_STUBBORN: Final = frozenset({Manner.FORGETS, Manner.REFUSES})
_QUARANTINED: Final = frozenset({Manner.WAITS, Manner.REPAIRS})  # asked nothing until they are free
_PATIENCE: Final = 60.0  # for a fleet's answers, on a slow machine
_LOOK: Final = 0.2
_LOOK_AT: Final = "voltward ca rotate plan"


def rotation_threads() -> tuple[Thread, ...]:
    """One after the other: each needs what was before it."""
    return (
        (
            Scene(
                "root: the next one is made, and the fleet is given it",
                "each station lists it when it is asked, or is held back by name and with its reason",
                _given,
            ),
            Scene(
                "root: `switch` is refused as long as somebody would go dark",
                "it names the two that are held back",
                _refused,
            ),
            Scene(
                "root: the chain is switched, with those left behind by name",
                "the others come in by the new root; the two that were named do not trust it",
                _switched,
            ),
            Scene("root: and put back", "those who were left behind are in again: nobody is lost", _put_back),
        ),
    )


async def _given(stage: Stage) -> Seen:
    deployment = stage.site.deployment
    async with asyncio.TaskGroup() as group:
        for player in _fleet(stage):
            if not player.is_connected:
                group.create_task(player.enter())
    rotation = await prepare_rotation(deployment, Family.ECDSA, (), ACTOR)
    assert isinstance(rotation, RootRotation), "the demo's roots are its own"
    moment = moment_of(deployment, ACTOR)
    patience = renewal_plan(deployment.settings).terms.ask_patience
    await install_root(deployment.store, await prospects_of(deployment, rotation), patience, moment)
    ends = deployment.clock.monotonic() + _PATIENCE
    while not _is_settled(plan := await _plan(stage), stage):
        if deployment.clock.monotonic() >= ends:
            return Seen(f"not settled within {_PATIENCE:g} s", ok=False, look_at=_LOOK_AT)
        await asyncio.sleep(_LOOK)
    ready = sum(one.trusting is Trusting.READY for one in plan)
    aside = sum(one.trusting is Trusting.UNTOUCHED for one in plan)
    held = [one for one in plan if one.trusting is Trusting.BREAKS]
    reasons = "; ".join(f"{one.station}: {one.reason}" for one in held)
    said = f"{ready} hold it, {aside} are never shown it. Held back are {reasons}"
    return Seen(said, ok={str(one.station) for one in held} == _stubborn(stage), look_at=_LOOK_AT)


async def _refused(stage: Stage) -> Seen:
    try:
        check_nobody_is_lost(await _plan(stage), (), 0)
    except OperatorFault as fault:
        return Seen(fault.what, ok=all(name in fault.what for name in _stubborn(stage)), look_at=_LOOK_AT)
    return Seen("it would have been done", ok=False, look_at=_LOOK_AT)


async def _switched(stage: Stage) -> Seen:
    rotation = await _rotation(stage)
    plan = await _plan(stage)
    check_nobody_is_lost(plan, [str(one.station) for one in plan if one.is_lost], 0)
    for chain in rotation.left:
        rotation = await switch_chain(stage.site.deployment, rotation, chain, ACTOR)
    if not await stage.gateway.reload():
        return Seen("the gateway did not take it up", ok=False, look_at="the gateway's log")
    outcomes = await _come_again(_fleet(stage))
    ready = {str(one.station) for one in plan if one.trusting is Trusting.READY}
    new = rotation.roots.new.pem
    by_new = {name for name in ready if stage.players[name].model.anchors.is_by(new)}
    dark = {name for name in _stubborn(stage) if isinstance(outcomes[name], ServerDistrusted)}
    faults = [f"{name}: {words(outcomes[name])}" for name in sorted(ready - by_new)]
    faults += [f"{name} came in by a root that it does not hold" for name in _stubborn(stage) - dark]
    said = f"{len(by_new)} are in by the new root; {' and '.join(sorted(dark))} do not trust it, as foretold"
    return Seen("; ".join((said, *faults)), ok=not faults, look_at=_LOOK_AT)


async def _put_back(stage: Stage) -> Seen:
    rotation = await _rotation(stage)
    for one in rotation.switched:
        rotation = await put_chain_back(stage.site.deployment, rotation, one.chain, ACTOR)
    if not await stage.gateway.reload():
        return Seen("the gateway did not take it up", ok=False, look_at="the gateway's log")
    fleet = _fleet(stage)
    outcomes = await _come_again(fleet)
    out = [f"{name}: {words(one)}" for name, one in outcomes.items() if not isinstance(one, Connected)]
    for player in fleet:
        if player.part.manner is Manner.RESTS:
            await player.leave()
    return Seen("; ".join(out) or f"all {len(fleet)} came in", ok=not out, look_at="the gateway's log")


async def _plan(stage: Stage) -> list[Prospect]:
    return await prospects_of(stage.site.deployment, await _rotation(stage))


async def _rotation(stage: Stage) -> RootRotation:
    async with stage.site.deployment.store.read() as reading:
        return (await rotation_under_way(reading))[1]


def _fleet(stage: Stage) -> list[Player]:
    """Whoever comes over TLS, and is let in."""
    return [
        player
        for name, player in stage.players.items()
        if player.part.profile is not SecurityProfile.UNSECURED_BASIC
        and player.part.manner not in _QUARANTINED
        and name not in (BILLING.revoked, BILLING.withdrawn)
    ]


def _stubborn(stage: Stage) -> set[str]:
    return {name for name, player in stage.players.items() if player.part.manner in _STUBBORN}


def _is_settled(plan: Sequence[Prospect], stage: Stage) -> bool:
    """Each of the fleet has taken it, or will not, and everybody knows."""
    there = {player.part.identity for player in _fleet(stage)}
    stubborn = _stubborn(stage)
    return all(
        "does not" in one.reason if str(one.station) in stubborn else not one.is_lost
        for one in plan
        if str(one.station) in there
    )


async def _come_again(fleet: Sequence[Player]) -> dict[str, Outcome]:
    """All links end, and all dial again; how each fared."""
    outcomes: dict[str, Outcome] = {}

    async def again(player: Player) -> None:
        if player.is_connected:
            await player.leave()
        outcomes[player.part.identity] = await player.enter()

    async with asyncio.TaskGroup() as group:
        for player in fleet:
            group.create_task(again(player))
    return outcomes
