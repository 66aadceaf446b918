"""`voltward ca rotate ...`: from one root to the next, without a station that goes dark."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from voltward.bootstrap.deployment import Deployment, open_deployment
from voltward.bootstrap.rotation.chains import (
    NEXT,
    chains_of_old_root,
    moment_of,
    put_chain_back,
    retire_authorities,
    switch_chain,
    undo_halfway_switches,
)
from voltward.bootstrap.rotation.next_authorities import waiting_requests
from voltward.bootstrap.rotation.preparing import prepare_rotation
from voltward.bootstrap.rotation.views import prospects_of, served_since
from voltward.bootstrap.worker import renewal_plan
from voltward.cli.ca.commands import READ_ON
from voltward.cli.ca.rotation_words import prospect_facts, rotation_facts, say_prospects
from voltward.cli.frame import FINDINGS, Options, actor, print_facts, print_json, print_line, run
from voltward.cli.reading import certificates_in
from voltward.crypto.issuing.hierarchy import Family
from voltward.domain.errors import OperatorFault
from voltward.lifecycles.root_rotation import RootRotation
from voltward.settings import load_settings
from voltward.usecases.lifecycles.rotate_root import (
    begin_retiring,
    check_nobody_is_lost,
    check_way_back,
    give_up_rotation,
    install_root,
    is_rotating,
    pause_rotation,
    resume_rotation,
    retire_root,
    rotation_under_way,
)
from voltward.usecases.lifecycles.rotation_plan import Prospect

app = App(
    name="rotate",
    help="From one root to the next: prepare, install, plan, switch, back, pause, resume, retire, give-up.",
    help_epilogue=f"As in: voltward ca rotate prepare ecdsa\n\n{READ_ON}",
)
HUP = "Send the gateway SIGHUP: newcomers are shown the change from then on, and no link is cut."
Named = Annotated[
    list[str] | None, Parameter(negative=(), help="A station that has another way to us; once for each.")
]


@app.command
def prepare(
    family: Literal["ecdsa", "rsa"],
    /,
    *,
    chain: Annotated[list[Path] | None, Parameter(negative=(), consume_multiple=True)] = None,
    options: Options = Options(),
) -> None:
    """Make the next root of a family, its issuing CAs, and the chains below it; nobody is shown them yet.

    Where somebody else has the root: first the requests for the next issuing CAs; then, with what came back
    for them and all above it, `--chain FILE ...`, the chains.
    """
    certificates = [der for file in chain or () for der in certificates_in(file)]

    async def story() -> RootRotation | list[Path]:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            return await prepare_rotation(deployment, Family(family), certificates, actor())

    prepared = run(story())
    if not isinstance(prepared, RootRotation):
        _say_waiting(prepared, options)
        return
    _say(prepared, None, options)
    if not options.json:
        for name in prepared.chains:
            print_line(f'Canary: [gateway.host_chains] "canary.example" = ["{name}{NEXT}"], then SIGHUP.')
        print_line("Next: `voltward ca rotate install` gives the new root to stations.")


@app.command
def install(*, options: Options = Options()) -> None:
    """Have the new root installed on every station that takes it; again for those that were held back."""

    async def story() -> int:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            rotation = await _rotation(deployment)
            prospects = await prospects_of(deployment, rotation)
            patience = renewal_plan(deployment.settings).terms.ask_patience
            return await install_root(deployment.store, prospects, patience, moment_of(deployment, actor()))

    begun = run(story())
    if options.json:
        print_json({"begun": begun})
    else:
        print_line(f"{begun} stations begin; each is asked as soon as it is there.")


@app.command
def plan(
    chain: Annotated[list[str] | None, Parameter(negative=())] = None, /, *, options: Options = Options()
) -> int:
    """Who breaks if we switch now? All chains, or those named; status 1 where somebody would."""

    async def story() -> int:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            rotation = await _rotation(deployment)
            prospects = await prospects_of(deployment, rotation, chain or ())
        if options.json:
            print_json([prospect_facts(one) for one in prospects])
        else:
            say_prospects(prospects)
        return FINDINGS if any(one.is_lost for one in prospects) else 0

    return run(story())


@app.command
def switch(
    chain: Annotated[list[str] | None, Parameter(negative=())] = None,
    /,
    *,
    leave_behind: Named = None,
    options: Options = Options(),
) -> None:
    """Show the new chain in the place of the old one: those named, or all that are left."""
    _turn(_ONWARD, chain or (), leave_behind or (), options)


@app.command
def back(
    chain: Annotated[list[str] | None, Parameter(negative=())] = None,
    /,
    *,
    leave_behind: Named = None,
    options: Options = Options(),
) -> None:
    """Show the old chain again: those named, or all that were switched."""
    _turn(_BACK, chain or (), leave_behind or (), options)


@app.command
def pause(*, options: Options = Options()) -> None:
    """Ask no station anything more; what is served stays as it is."""
    _ordered(lambda deployment: pause_rotation(deployment.store, moment_of(deployment, actor())), options)


@app.command
def resume(*, options: Options = Options()) -> None:
    """Go on after a pause."""
    _ordered(lambda deployment: resume_rotation(deployment.store, moment_of(deployment, actor())), options)


@app.command(name="give-up")
def give_up(*, options: Options = Options()) -> None:
    """Stay with the old root; possible as long as no chain is switched."""

    async def story(deployment: Deployment) -> RootRotation:
        rotation = await give_up_rotation(deployment.store, moment_of(deployment, actor()))
        undo_halfway_switches(deployment, rotation)
        return rotation

    _ordered(story, options)


@app.command
def retire(*, leave_behind: Named = None, options: Options = Options()) -> None:
    """End the old root: its CAs sign no more, stations that came by the new one forget it. No way back."""

    async def story() -> int:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            rotation = await _rotation(deployment)
            left = dict.fromkeys((*rotation.left, *chains_of_old_root(deployment, rotation)))
            if left:
                raise OperatorFault(
                    f"{', '.join(left)} still leads to the old root.",
                    mend=f"`voltward ca rotate switch {' '.join(left)}` comes first.",
                )
            if await served_since(deployment, rotation) is None:
                raise OperatorFault("the gateway does not show the new chains yet.", mend=HUP)
            prospects = await prospects_of(deployment, rotation)
            named = leave_behind or ()
            check_nobody_is_lost(prospects, named, deployment.settings.certificates.most_left_behind)
            moment = moment_of(deployment, actor())
            rotation = await begin_retiring(deployment.store, named, moment)
            await retire_authorities(deployment, rotation)
            return await retire_root(deployment.store, prospects, moment)

    asked = run(story())
    if options.json:
        print_json({"asked_to_forget": asked})
    else:
        print_line(f"The old root is retired; {asked} stations are asked to forget it.")


@app.command
def status(*, options: Options = Options()) -> None:
    """Where the rotation stands."""

    async def story() -> bool:
        async with (
            open_deployment(load_settings(options.config, options.set)) as deployment,
            deployment.store.read() as reading,
        ):
            return await is_rotating(reading)

    waiting = waiting_requests(load_settings(options.config, options.set))
    if waiting and not run(story()):
        _say_waiting(waiting, options)
    else:
        _ordered(_rotation, options)


@dataclass(frozen=True, slots=True)
class _Way:
    """Which chains go this way, who must not be lost by it, and how one goes; `nothing` in words."""

    chains: Callable[[RootRotation], Sequence[str]]
    check: Callable[[Sequence[Prospect], Collection[str], int], None]
    go: Callable[[Deployment, RootRotation, str, str], Awaitable[RootRotation]]
    nothing: str


_ONWARD = _Way(lambda rotation: rotation.left, check_nobody_is_lost, switch_chain, "all chains are switched.")
_BACK = _Way(
    lambda rotation: [one.chain for one in rotation.switched],
    check_way_back,
    put_chain_back,
    "no chain is switched.",
)


def _turn(way: _Way, chains: Sequence[str], leave_behind: Collection[str], options: Options) -> None:
    """These chains, or all that there are, go this way, unless somebody would be lost by it."""

    async def story(deployment: Deployment) -> RootRotation:
        rotation = await _rotation(deployment)
        chosen = chains or way.chains(rotation)
        if not chosen:
            raise OperatorFault(way.nothing, mend="`voltward ca rotate status` tells where it stands.")
        prospects = await prospects_of(deployment, rotation, chosen)
        way.check(prospects, leave_behind, deployment.settings.certificates.most_left_behind)
        for name in chosen:
            rotation = await way.go(deployment, rotation, name, actor())
        return rotation

    _ordered(story, options)
    if not options.json:
        print_line(HUP)


async def _rotation(deployment: Deployment) -> RootRotation:
    async with deployment.store.read() as reading:
        return (await rotation_under_way(reading))[1]


def _ordered(order: Callable[[Deployment], Awaitable[RootRotation]], options: Options) -> RootRotation:
    """Give the order, and tell where the rotation stands."""

    async def story() -> tuple[RootRotation, datetime | None]:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            rotation = await order(deployment)
            return rotation, await served_since(deployment, rotation)

    rotation, since = run(story())
    _say(rotation, since, options)
    return rotation


def _say(rotation: RootRotation, since: datetime | None, options: Options) -> None:
    facts = {**rotation_facts(rotation), "new_chains_shown_since": since}
    if options.json:
        print_json(facts)
    else:
        print_facts(facts)


def _say_waiting(requests: Sequence[Path], options: Options) -> None:
    """Others have the root: they have to sign first, and nothing has begun yet."""
    if options.json:
        print_json({"phase": "waiting for certificates", "requests": [str(path) for path in requests]})
        return
    for path in requests:
        print_line(f"{path}: have it signed as a CA below the next root")
    print_line("Then, with all above them: `voltward ca rotate prepare FAMILY --chain FILE ...`")
