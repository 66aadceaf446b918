"""All that a scene may look at and touch, and the form of a scene."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from voltward.demo.cast import Part
from voltward.demo.commands import CommandLine
from voltward.demo.deployment import Site
from voltward.demo.gateway_process import GatewayProcess, Ports
from voltward.demo.outcome import Seen, Step
from voltward.demo.papers import Papers
from voltward.demo.players import Player
from voltward.domain.errors import VoltwardError
from voltward.domain.security_profile import SecurityProfile
from voltward.simulator.csms.csms import SmallCsms
from voltward.simulator.dial import Dial, Endpoint, Login, TlsOptions

SCENE_SECONDS: Final = 90.0
HOST: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Stage:
    """The demo while it plays."""

    site: Site
    papers: Papers
    gateway: GatewayProcess
    ports: Ports
    csms: SmallCsms
    players: Mapping[str, Player]
    command: CommandLine

    @property
    def endpoint(self) -> Endpoint:
        """The TLS port, as a station that checks its CSMS sees it."""
        return Endpoint(HOST, self.ports.tls, tls=TlsOptions(ca_pem=self.site.roots_pem))

    @property
    def plain(self) -> Endpoint:
        """The listener of profile 1."""
        return Endpoint(HOST, self.ports.plain)

    def dial_of(self, part: Part, login: Login) -> Dial:
        """How a part connects: to its listener, with its library's taste, offering its one version."""
        endpoint = self.plain
        if part.profile is not SecurityProfile.UNSECURED_BASIC:
            tls = TlsOptions(ca_pem=self.site.roots_pem, maximum=part.taste.newest, ciphers=part.taste.suites)
            endpoint = Endpoint(HOST, self.ports.tls, tls=tls)
        return Dial(endpoint, part.identity, login, (part.dialect,), source=HOST)


@dataclass(frozen=True, slots=True)
class Scene:
    """One thing that happens; `expected` is what a sound gateway lets happen."""

    name: str
    expected: str
    play: Callable[[Stage], Awaitable[Seen]]


Thread = tuple[Scene, ...]  # played one after the other


@dataclass(frozen=True, slots=True)
class Act:
    """Threads of scenes that are played side by side."""

    title: str
    threads: tuple[Thread, ...]


Told = Callable[[Step], None]


async def play_act(act: Act, stage: Stage, told: Told) -> list[Step]:
    """Play an act to its end; `told` hears of each step as it ends."""
    steps: list[Step] = []

    async def play(thread: Thread) -> None:
        for scene in thread:
            step = await play_scene(scene, stage)
            steps.append(step)
            told(step)

    async with asyncio.TaskGroup() as group:
        for thread in act.threads:
            group.create_task(play(thread))
    return steps


async def play_scene(scene: Scene, stage: Stage) -> Step:
    """Play one scene; what goes wrong outside of us is a step that failed, a bug of ours crashes."""
    clock = asyncio.get_running_loop().time
    started = clock()
    try:
        async with asyncio.timeout(SCENE_SECONDS):
            seen = await scene.play(stage)
    except TimeoutError:
        seen = Seen(f"not done within {SCENE_SECONDS:g} s", ok=False, look_at="the gateway's log")
    except VoltwardError as fault:
        seen = Seen(str(fault), ok=False, look_at="the gateway's log")
    return Step(scene.name, scene.expected, seen, clock() - started)
