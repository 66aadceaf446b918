"""The gateway process on its event loop, until a signal ends it."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass
from functools import partial

import uvloop

from voltward.adapters.heap import give_back_memory, spare_the_collector
from voltward.bootstrap.deployment import open_premises
from voltward.bootstrap.environment import environment
from voltward.bootstrap.gateway.assembly import SettingsSource, assemble
from voltward.bootstrap.gateway.grounds import open_grounds
from voltward.gateway.channel.sockets import SocketsAtHand
from voltward.gateway.handover.predecessor import Inheritance, meet
from voltward.gateway.handover.supervised import ToSupervisor
from voltward.gateway.notices import Notices
from voltward.gateway.server import Gateway
from voltward.settings import Settings


@dataclass(frozen=True, slots=True)
class Ends:
    """Descriptors that the process was started with, and the process that did so; None: nobody's."""

    supervisor: int | None = None
    predecessor: int | None = None
    parent: int | None = None


ALONE = Ends()


def serve_gateway(settings: Settings, source: SettingsSource, ends: Ends = ALONE) -> None:
    """The gateway process on its event loop, until a signal ends it."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # a reload that comes too early finds what it wants anyway
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)  # meant for the supervisor, whoever else hears it
    uvloop.run(run_gateway(settings, source, ends))


async def run_gateway(settings: Settings, source: SettingsSource, ends: Ends = ALONE) -> None:
    """The gateway process: open, listen, serve. SIGHUP reloads (ruling 31), SIGTERM and SIGINT end it."""
    supervisor = ToSupervisor(ends.supervisor)
    inheritance = await inherit(ends)
    premises = open_premises(settings)
    async with open_grounds(premises) as grounds:
        assembly = assemble(premises, grounds, inheritance)
        spare_the_collector()
        loop = asyncio.get_running_loop()
        for ending in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(ending, partial(stop_or_hurry, assembly.gateway, ending, set()))
        notices = Notices.told_by(environment())

        def ready() -> None:
            notices.ready()
            supervisor.ready()
            supervisor.listen(assembly.gateway.hand_over)

        def reload() -> None:
            notices.reloading(premises.clock.monotonic())
            assembly.reload(source)
            notices.ready()  # a reload that was refused has ended, too: all is as it was

        assembly.gateway.on_ready, assembly.gateway.on_calm = ready, give_back_memory
        loop.add_signal_handler(signal.SIGHUP, reload)
        notices.start_beating()
        try:
            await assembly.gateway.run()
        finally:
            notices.stop_beating()
            supervisor.close()


async def inherit(ends: Ends) -> Inheritance:
    """The sockets of the gateway before this one, else those that came from systemd."""
    if ends.predecessor is None:
        return Inheritance(SocketsAtHand.told_by(environment(), ends.parent))
    before = await meet(ends.predecessor)
    return Inheritance(before.at_hand, before)


def stop_or_hurry(gateway: Gateway, number: signal.Signals, heard: set[signal.Signals]) -> None:
    """The first signal of its kind ends the gateway in order, the second at once."""
    if number in heard:
        gateway.hurry()
    heard.add(number)
    gateway.stop()
