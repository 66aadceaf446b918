"""The end: what the deployment knows of its stations, the gateway's leave, the journal."""

from __future__ import annotations

from voltward.demo.cast import CAST, LATE, Manner
from voltward.demo.outcome import Seen
from voltward.demo.stage import Scene, Stage
from voltward.usecases.queries import list_stations

_SCENES_BEFORE_THE_STOP = "every honest station has proven its credential"


async def _proven(stage: Stage) -> Seen:
    """A handshake with it, and an answered call (ruling 28)."""
    honest = {part.identity for part in (*CAST, LATE) if part.manner is not Manner.WAITS}
    entries = {str(entry.station.id): entry for entry in await list_stations(stage.site.deployment.store)}
    lacking = sorted(
        name for name in honest if name not in entries or not entries[name].has_proven_credential
    )
    if lacking:
        return Seen(f"not proven: {', '.join(lacking)}", ok=False, look_at="voltward station list")
    return Seen(f"{len(honest)} of {len(honest)} proven; floors hold", ok=True)


async def _stopped(stage: Stage) -> Seen:
    clock = stage.site.deployment.clock
    started = clock.monotonic()
    status = await stage.gateway.stop()
    took = clock.monotonic() - started
    if status is None:
        return Seen("it had to be killed", ok=False, look_at="the supervisor")
    closed = [player for player in stage.players.values() if player.is_connected]
    said = f"exit status {status} after {took:.1f} s, {len(closed)} links left open"
    return Seen(said, status == 0 and not closed, look_at="the gateway's log")


async def _verified(stage: Stage) -> Seen:
    told = await stage.command("journal", "verify", statuses=(0, 1))
    problems = [str(problem) for problem in told["problems"]]
    if not told["ok"]:
        return Seen("; ".join(problems), ok=False, look_at="voltward journal verify")
    rows = await stage.site.deployment.journal.tail(1)
    count = f", the last of them about {rows[0].event.kind}" if rows else ""
    return Seen(f"whole: every row is there, untouched and in order{count}", ok=bool(rows))


PROVEN = Scene(_SCENES_BEFORE_THE_STOP, "a handshake and an answered call for each", _proven)
STOPPED = Scene("the gateway is asked to stop", "exit status 0; every link closed", _stopped)
VERIFIED = Scene(
    "`voltward journal verify`", "the record of all this is whole: nothing cut, edited or moved", _verified
)
