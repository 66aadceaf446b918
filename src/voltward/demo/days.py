"""Honest stations: each lives a whole day end to end, and all sides have to agree on what happened.

Proof is taken from three of them: what the station got, what the CSMS received, what the gateway said.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from voltward.demo.business import Faults, live_a_day
from voltward.demo.cast import CAST, V16, Manner, Part, Proof
from voltward.demo.gateway_log import LogEvent, Search
from voltward.demo.outcome import Seen
from voltward.demo.players import Player
from voltward.demo.stage import Scene, Stage, Thread
from voltward.simulator.csms.csms import StationLog
from voltward.simulator.dial import TlsVersion
from voltward.simulator.frames import CALL, SEND, read_frame
from voltward.simulator.link import Connected, words

_LOG_SECONDS: Final = 5.0
_CREDENTIALS: Final = {
    Proof.OCTETS: "password (octets)",
    Proof.TEXT: "password (text)",
    Proof.HUMAN: "password (text)",
    Proof.ECDSA: "certificate",
    Proof.RSA: "certificate",
}
_AT_WORK: Final = frozenset({Manner.STAYS, Manner.RESTS, Manner.FORGETS, Manner.REFUSES})
_BY_ALL: Final = (
    "BootNotification", "StatusNotification", "SecurityEventNotification", "Heartbeat", "Authorize",
    "DataTransfer",
)  # fmt: skip
_A_CHARGE: Final = {V16: ("StartTransaction", "MeterValues", "MeterValues", "StopTransaction")}
_A_CHARGE_SINCE: Final = ("TransactionEvent",) * 4


def day_threads() -> tuple[Thread, ...]:
    """A scene for each honest part; they all come at once, as after a power cut."""
    honest = (part for part in CAST if part.manner in _AT_WORK)
    return tuple((_day(part),) for part in honest)


def _day(part: Part) -> Scene:
    async def play(stage: Stage) -> Seen:
        seen = await a_day(stage, stage.players[part.identity])
        if part.manner is Manner.RESTS:
            await stage.players[part.identity].leave()
        return seen

    return Scene(
        f"{part.identity}: a day (OCPP {part.version}, profile {int(part.profile)}, {part.proof})",
        "admitted; a whole day with two charges at the CSMS; every call answered, both ways",
        play,
    )


async def a_day(stage: Stage, player: Player) -> Seen:
    """Come in, live a day, and hold the three sides against each other."""
    part = player.part
    look_at = f"voltward station explain {part.identity}; the gateway's log"
    outcome = await player.enter()
    if not isinstance(outcome, Connected):
        return Seen(words(outcome), ok=False, look_at=look_at)
    faults = await live_a_day(stage.csms, player)
    search = Search({"station_admitted"}, subject=part.identity)
    admitted = await stage.gateway.log.wait_for(search, _LOG_SECONDS)
    log = stage.csms.stations.get(part.identity)
    if admitted is None or log is None:
        return Seen("in, but not in the gateway's log or not at the CSMS", ok=False, look_at=look_at)
    faults += station_faults(player) + csms_faults(part, log, player.model.tally.said)
    faults += gateway_faults(part, admitted)
    if faults:
        return Seen("; ".join(faults), ok=False, look_at=look_at)
    transport = f"{admitted.text('tls')} {admitted.text('suite')}" if admitted.text("tls") else "no TLS"
    counted = f"{player.model.tally.said} messages to the CSMS, {player.model.tally.asked} calls back"
    return Seen(f"admitted, {transport}; {counted}", ok=True)


def station_faults(player: Player) -> Faults:
    """What the station met and should not have met."""
    tally = player.model.tally
    met = {
        "calls refused": tally.refused,
        "calls without an answer": tally.timed_out,
        "unreadable messages": tally.unreadable,
        "answers to nothing": tally.unasked,
    }
    return [f"{count} {what}" for what, count in met.items() if count]


def csms_faults(part: Part, log: StationLog, said: int) -> Faults:
    """What the CSMS lacks: a message, or a word of who the station is."""
    frames = [frame for entry in log.received if (frame := read_frame(entry.frame)) is not None]
    actions = Counter(frame.action for frame in frames if frame.kind in {CALL, SEND})
    expected = Counter((*_BY_ALL, *_A_CHARGE.get(part.dialect, _A_CHARGE_SINCE)))
    faults = [f"{action} is missing at the CSMS" for action in expected - actions]
    if actions.total() != said:
        faults.append(f"the station said {said} messages, the CSMS got {actions.total()}")
    attested = {
        "X-Voltward-Station": part.identity,
        "X-Voltward-Profile": str(int(part.profile)),
        "X-Voltward-Credential": _CREDENTIALS[part.proof],
    }
    faults += [
        f"{name} says {log.header(name)!r} at the CSMS"
        for name, value in attested.items()
        if log.header(name) != value
    ]
    return faults


def gateway_faults(part: Part, admitted: LogEvent) -> Faults:
    """Where the gateway saw another station than the one that came."""
    expected = {"profile": str(int(part.profile)), "credential": _CREDENTIALS[part.proof]}
    if part.taste.suites is not None:
        expected["suite"] = part.taste.suites
    if part.taste.newest is TlsVersion.TLS_1_2:
        expected["tls"] = part.taste.newest.value
    return [
        f"the gateway saw {name} {admitted.text(name)!r}"
        for name, value in expected.items()
        if admitted.text(name) != value
    ]
