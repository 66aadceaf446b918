"""The demo from its first port to its last: all is opened, the acts are played, all is closed."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final, Protocol, TypeVar

from voltward.demo.cast import BY_IDENTITY, CAST
from voltward.demo.commands import CommandLine
from voltward.demo.deployment import OVERRIDES, Site, register, temporary_site
from voltward.demo.encore import go_on
from voltward.demo.gateway_process import GatewayProcess, gateway_process
from voltward.demo.outcome import Outcome, Step
from voltward.demo.papers import make_papers
from voltward.demo.phases import follow_phases
from voltward.demo.players import Player
from voltward.demo.stage import Act, Stage, play_act
from voltward.demo.story import ACTS, CURTAIN, ENCORE
from voltward.domain.errors import VoltwardError
from voltward.simulator.csms.csms import SmallCsms, small_csms

T = TypeVar("T")
ENDINGS: Final = (signal.SIGTERM, signal.SIGHUP)
_FEED_SECONDS: Final = 1.0  # an order bites within a second (ruling 9)


class Audience(Protocol):
    """Whoever watches: a pipe, a terminal, or nobody."""

    def prepares(self, what: str) -> None:
        """Something takes a moment."""
        ...

    def opens(self, stage: Stage) -> None:
        """Everything stands."""
        ...

    def begins(self, act: Act) -> None:
        """An act begins."""
        ...

    def ends(self, step: Step) -> None:
        """A scene has ended."""
        ...

    def sees(self, phases: Mapping[str, str]) -> None:
        """Where the life-cycles of stations stand, by identity; told while the story goes on for ever."""
        ...


async def play_once(audience: Audience) -> Outcome:
    """Play the story to its end. `GatewayDied` when the gateway ends before it."""
    clock = asyncio.get_running_loop().time
    started = clock()
    steps: list[Step] = []
    async with open_stage(audience) as stage:
        for act in (*ACTS, CURTAIN):
            audience.begins(act)
            steps += await play_act(act, stage, audience.ends)
    return Outcome(tuple(steps), clock() - started)


async def play_for_ever(audience: Audience) -> None:
    """Play the story, and go on with it until somebody cancels this."""
    async with open_stage(audience) as stage, asyncio.TaskGroup() as group:
        group.create_task(follow_phases(stage.site.deployment.store, audience.sees))
        for act in ACTS:
            audience.begins(act)
            await play_act(act, stage, audience.ends)
        audience.begins(ENCORE)
        await go_on(stage, audience.ends)


async def until_told(story: Coroutine[Any, Any, T]) -> T:
    """SIGTERM, or a terminal that is closed, ends a story as Ctrl-C does: all is closed and removed first."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None, "called from a coroutine"
    for number in ENDINGS:
        loop.add_signal_handler(number, task.cancel)
    try:
        return await story
    finally:
        for number in ENDINGS:
            loop.remove_signal_handler(number)


@asynccontextmanager
async def open_stage(audience: Audience) -> AsyncIterator[Stage]:
    """Open everything, register the cast on the running gateway, and close everything at the end."""
    fault: VoltwardError | None = None
    try:
        audience.prepares("a deployment: authorities, server certificates, keys")
        async with temporary_site() as site, small_csms(site.deployment.clock) as csms:
            audience.prepares("the gateway, as `voltward serve`")
            async with (
                gateway_process(site.settings, (*OVERRIDES, f"csms.url={csms.url}")) as gateway,
                asyncio.TaskGroup() as troupe,
            ):
                troupe.create_task(gateway.listen())
                stage = await _set(site, csms, gateway, troupe)
                audience.opens(stage)
                yield stage
                await gateway.stop()  # its end is the end of every link, and so of the troupe
    except* VoltwardError as faults:
        fault = _first(faults)
    if fault is not None:
        raise fault


async def _set(site: Site, csms: SmallCsms, gateway: GatewayProcess, troupe: asyncio.TaskGroup) -> Stage:
    """Set the stage: the gateway listens, the cast is registered, and the gateway knows."""
    clock = site.deployment.clock
    ports = await gateway.ready()
    papers = await asyncio.to_thread(make_papers, CAST, clock.now())
    logins = await register(site, CAST, papers)
    stage = Stage(site, papers, gateway, ports, csms, {}, CommandLine(site.settings))
    players = {
        identity: Player(part, stage.dial_of(part, logins.get(identity)), clock, troupe)
        for identity, part in BY_IDENTITY.items()
    }
    await asyncio.sleep(_FEED_SECONDS)
    return replace(stage, players=players)


def _first(faults: BaseExceptionGroup[VoltwardError]) -> VoltwardError:
    """One fault tells enough; the others came of it."""
    first = faults.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
