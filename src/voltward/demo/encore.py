"""What goes on for ever: honest days, an attacker who never learns, a revoked station that keeps knocking."""

from __future__ import annotations

import asyncio
from itertools import cycle
from typing import Final

from voltward.demo.business import live_a_day
from voltward.demo.cast import BILLING, Manner
from voltward.demo.players import Player
from voltward.demo.raids import raid_threads
from voltward.demo.stage import Stage, Told, play_scene
from voltward.simulator.csms.csms import StationAway

_DAY_EVERY: Final = 12.0  # seconds between two days of a station
_APART: Final = 0.7  # seconds between two stations
_BACK_AFTER: Final = 10.0  # seconds before a station that lost its link comes back
_KNOCK_EVERY: Final = 20.0
_ATTACK_EVERY: Final = 2.0


async def go_on(stage: Stage, told: Told) -> None:
    """Until cancelled."""
    async with asyncio.TaskGroup() as group:
        for number, player in enumerate(stage.players.values()):
            if player.part.manner is Manner.STAYS and player.part.identity != BILLING.revoked:
                group.create_task(_live_on(stage, player, number * _APART))
        group.create_task(_keep_knocking(stage.players[BILLING.revoked]))
        group.create_task(_keep_attacking(stage, told))


async def _live_on(stage: Stage, player: Player, first_after: float) -> None:
    await asyncio.sleep(first_after)
    while True:
        if player.is_connected:
            try:
                await live_a_day(stage.csms, player)
            except StationAway:
                continue  # its link ended under way: it comes back
            await asyncio.sleep(_DAY_EVERY)
        else:
            await asyncio.sleep(_BACK_AFTER)
            await player.enter()


async def _keep_knocking(player: Player) -> None:
    while True:
        await asyncio.sleep(_KNOCK_EVERY)
        if not player.is_connected:
            await player.enter()


async def _keep_attacking(stage: Stage, told: Told) -> None:
    scenes = [scene for thread in raid_threads() for scene in thread]
    for scene in cycle(scenes):
        await asyncio.sleep(_ATTACK_EVERY)
        told(await play_scene(scene, stage))
