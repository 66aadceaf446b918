"""The two lanes of quarantine: a newcomer that has to wait, and a known station that is kept short."""

from __future__ import annotations

import asyncio
from typing import Final

from voltward.demo.business import ask, be_read
from voltward.demo.calls import PHRASEBOOKS, answer_words
from voltward.demo.cast import CAST, Manner, Part
from voltward.demo.days import a_day, station_faults
from voltward.demo.deployment import ACTOR
from voltward.demo.gateway_log import LogEvent, Search
from voltward.demo.outcome import Seen
from voltward.demo.players import Player
from voltward.demo.stage import Scene, Stage, Thread
from voltward.domain.station import Lane, StationId
from voltward.simulator.boot_clock import Registration
from voltward.simulator.frames import CALL_ERROR
from voltward.simulator.link import Connected, words
from voltward.simulator.messages.tables import DAY
from voltward.usecases.fleet.change_station import quarantine_station

_LOG_SECONDS: Final = 5.0
_BITES_SECONDS: Final = 1.0  # until the gateway knows of an order (ruling 9)


def quarantine_threads() -> tuple[Thread, ...]:
    """A scene for each part that is let in, but not for good."""
    waiting = tuple((_waits(part),) for part in CAST if part.manner is Manner.WAITS)
    return waiting + tuple((_repairs(part),) for part in CAST if part.manner is Manner.REPAIRS)


def _waits(part: Part) -> Scene:
    async def play(stage: Stage) -> Seen:
        player = stage.players[part.identity]
        look_at = f"voltward station explain {part.identity}"
        outcome = await player.enter()
        if not isinstance(outcome, Connected):
            return Seen(words(outcome), ok=False, look_at=look_at)
        # Its heartbeat before the boot gets an error, which the model counts as an answer to nothing.
        waits = await player.until(
            lambda: player.model.registration is Registration.PENDING and player.model.tally.unasked == 1,
            seconds=10,
        )
        event = await _quarantined(stage, part.identity)
        if not waits or event is None or event.text("lane") != Lane.UNPROVEN:
            return Seen(f"it is {player.model.registration}, not kept waiting", ok=False, look_at=look_at)
        if part.identity in stage.csms.stations:
            return Seen("its traffic reached the CSMS", ok=False, look_at=look_at)
        return Seen(
            f"Boot answered Pending, its heartbeat refused, nothing at the CSMS ({event.why})", ok=True
        )

    return Scene(
        f"{part.identity}: a newcomer waits (OCPP {part.version}, {part.proof})",
        "unproven lane: Boot answered Pending, nothing forwarded",
        play,
    )


def _repairs(part: Part) -> Scene:
    async def play(stage: Stage) -> Seen:
        # Only who has proven himself may be kept to this lane: others wait, as newcomers do (ruling 12).
        player, deployment = stage.players[part.identity], stage.site.deployment
        day = await a_day(stage, player)
        if not day.ok:
            return day
        await player.leave()
        reason = "its meter is looked at"
        station = StationId(part.identity)
        await quarantine_station(deployment.store, station, Lane.REPAIR, reason, ACTOR, deployment.clock)
        await asyncio.sleep(_BITES_SECONDS)
        return await _kept_short(stage, player)

    return Scene(
        f"{part.identity}: quarantined by order (OCPP {part.version}, profile {int(part.profile)})",
        "repair lane: its own charge reaches the CSMS, an order of the CSMS does not reach it",
        play,
    )


async def _kept_short(stage: Stage, player: Player) -> Seen:
    """It comes back: what it says passes, what it is told does not, but for reading."""
    identity, said_before = player.part.identity, player.model.tally.said
    look_at = f"voltward station explain {identity}"
    outcome = await player.enter()
    if not isinstance(outcome, Connected):
        return Seen(words(outcome), ok=False, look_at=look_at)
    faults = [] if await player.say(DAY) else ["not all that it said was answered"]
    faults += station_faults(player) + await be_read(stage.csms, player)
    start = PHRASEBOOKS[player.part.dialect].start
    answer = await ask(stage.csms, player, start)
    if answer.kind != CALL_ERROR or player.model.charge is not None:
        faults.append(f"{start.action} reached it: {answer_words(answer)}")
    event = await _quarantined(stage, identity)
    if event is None or event.text("lane") != Lane.REPAIR:
        faults.append("the gateway did not put it into the repair lane")
    if faults:
        return Seen("; ".join(faults), ok=False, look_at=look_at)
    said = player.model.tally.said - said_before
    return Seen(f"{said} of its messages at the CSMS; {start.action} refused: {answer.error}", ok=True)


async def _quarantined(stage: Stage, identity: str) -> LogEvent | None:
    search = Search({"station_quarantined"}, subject=identity)
    return await stage.gateway.log.wait_for(search, _LOG_SECONDS)
