"""The end: what the deployment knows of its stations, the gateway's leave, the journal."""

from __future__ import annotations

from typing import Final

from voltward.demo.cast import BY_IDENTITY, Manner
from voltward.demo.outcome import Seen
from voltward.demo.stage import Scene, Stage
from voltward.usecases.views.queries import list_stations

_GOING_AWAY: Final = 1001
_LINKS_SECONDS: Final = 5.0


async def _proven(stage: Stage) -> Seen:
    """A handshake with it, and an answered call (ruling 28); and no floor has sunk (ruling 13)."""
    honest = {name: part for name, part in BY_IDENTITY.items() if part.manner is not Manner.WAITS}
    entries = {str(entry.station.id): entry for entry in await list_stations(stage.site.deployment.store)}
    lacking = [f"{name} is not registered" for name in honest if name not in entries]
    for name in honest.keys() & entries.keys():
        if not entries[name].has_proven_credential:
            lacking.append(f"{name} is not proven")
        if entries[name].station.floor != honest[name].profile:
            lacking.append(f"the floor of {name} is {int(entries[name].station.floor)}")
    if lacking:
        return Seen("; ".join(sorted(lacking)), ok=False, look_at="voltward station list")
    return Seen(f"{len(honest)} of {len(honest)} proven, each floor where it was", ok=True)


async def _stopped(stage: Stage) -> Seen:
    clock = stage.site.deployment.clock
    connected = [player for player in stage.players.values() if player.is_connected]
    started = clock.monotonic()
    status = await stage.gateway.stop()
    took = clock.monotonic() - started
    if status is None:
        return Seen("it had to be killed", ok=False, look_at="the supervisor")
    told = 0
    for player in connected:
        await player.until(lambda player=player: player.departure is not None, seconds=_LINKS_SECONDS)
        closing = player.departure.closing if player.departure is not None else None
        told += closing is not None and closing.code == _GOING_AWAY
    said = (
        f"exit status {status} after {took:.1f} s; {told} of {len(connected)} links closed with {_GOING_AWAY}"
    )
    return Seen(said, status == 0 and told == len(connected), look_at="the gateway's log")


async def _verified(stage: Stage) -> Seen:
    told = await stage.command("journal", "verify", statuses=(0, 1))
    if not told["ok"]:
        problems = "; ".join(str(problem) for problem in told["problems"])
        return Seen(problems, ok=False, look_at="voltward journal verify")
    rows = await stage.site.deployment.journal.tail(1)
    last = f", the last of them about {rows[0].event.kind}" if rows else ", but there is none"
    return Seen(f"whole: every row is there, untouched and in order{last}", ok=bool(rows))


PROVEN: Final = Scene(
    "every honest station has proven its credential", "a handshake and an answered call for each", _proven
)
STOPPED: Final = Scene(
    "the gateway is asked to stop", f"exit status 0; every link closed with {_GOING_AWAY}", _stopped
)
VERIFIED: Final = Scene(
    "`voltward journal verify`", "the record of all this is whole: nothing cut, edited or moved", _verified
)
