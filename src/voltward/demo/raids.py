"""The attacker: who is attacked with what, from where, and the door's own word on each attempt.

A raid is a row of attacks on the same victims, one after the other; raids run side by side. Each attack comes
from addresses of its own, so that what the gateway logged about them is about this attack and no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from voltward.demo.business import ask
from voltward.demo.calls import PHRASEBOOKS
from voltward.demo.cast import BILLING, BY_IDENTITY
from voltward.demo.gateway_log import GatewayLog, LogEvent, Search
from voltward.demo.outcome import Seen
from voltward.demo.stage import Scene, Stage, Thread
from voltward.simulator.attacks.table import ATTACKS, carry_out
from voltward.simulator.attacks.target import Attack, AttackResult, Target, Victim
from voltward.simulator.csms.csms import StationAway
from voltward.simulator.frames import CALL_RESULT

_ADDRESSES: Final = range(2, 42)
_LOG_SECONDS: Final = 3.0
_TURNED_AWAY: Final = frozenset({"station_refused", "tls_handshake_failed", "second_connection_refused"})
_BROKEN_OFF: Final = frozenset({"frame_refused", "link_closed"})


class Record(StrEnum):
    """Where the gateway's word on an attack is found; it has to be there, but for NONE."""

    AT_THE_DOOR = "at the door"  # about the attacker's address
    ON_A_LINK = "on a link"  # about the link that the attacker's own good credential opened
    NONE = "none"  # the handshake succeeded, and nothing came after it


@dataclass(frozen=True, slots=True)
class Raid:
    """`attacks` by name; `resting` is the station that is knocked at while it is away."""

    attacks: tuple[str, ...]
    resting: str = BILLING.resting
    insider: str = BILLING.insiders[0]
    record: Record = Record.AT_THE_DOOR


RAIDS: Final = (
    Raid(("identifier-only", "wrong-password", "another-stations-password", "two-authorizations")),
    Raid(("guessing",), resting=BILLING.guessed_at),
    Raid(("name-or-password",), resting=BILLING.named),
    Raid((
        "another-stations-certificate", "expired-certificate", "self-signed-certificate",
        "revoked-certificate", "unknown-authority", "forged-certificate-headers", "lower-profile",
    )),
    Raid(("plain-listener", "no-tls", "tls-1.1", "weak-suites", "oversize-head")),
    Raid(("renegotiation",), record=Record.NONE),
    Raid(("second-connection", "second-connection-wrong-password")),
    Raid(
        ("oversize-frame", "unmasked-frame", "reserved-bits", "reserved-opcode"), record=Record.ON_A_LINK
    ),
    Raid(
        ("invalid-utf-8", "broken-json", "duplicate-keys", "deep-json"),
        insider=BILLING.insiders[1],
        record=Record.ON_A_LINK,
    ),
)  # fmt: skip

_BY_NAME: Final[Mapping[str, Attack]] = {attack.name: attack for attack in ATTACKS}
_NETWORKS: Final[Mapping[str, str]] = {
    attack.name: f"127.0.{number}." for number, attack in enumerate(ATTACKS, start=1)
}


def raid_threads() -> tuple[Thread, ...]:
    """All attacks, as scenes."""
    return tuple(tuple(_scene(raid, _BY_NAME[name]) for name in raid.attacks) for raid in RAIDS)


def _scene(raid: Raid, attack: Attack) -> Scene:
    async def play(stage: Stage) -> Seen:
        after = stage.gateway.log.taken
        result = await carry_out(attack, target_of(stage, raid, attack))
        if raid.record is Record.NONE:
            return Seen(result.seen, result.held, look_at=_look_at(result))
        return judged(result, await _word_on(stage.gateway.log, raid, attack, after))

    return Scene(f"attack: {attack.tries}", attack.expected, play)


async def _word_on(log: GatewayLog, raid: Raid, attack: Attack, after: int) -> LogEvent | None:
    """What the gateway said first; its log comes a moment after its answer."""
    search = Search(_TURNED_AWAY, source=_NETWORKS[attack.name], after=after)
    if raid.record is Record.ON_A_LINK:
        admitted = await log.wait_for(replace(search, kinds={"station_admitted"}), _LOG_SECONDS)
        if admitted is None:
            return None
        search = Search(_BROKEN_OFF, connection=admitted.text("connection"), after=after)
    await log.wait_for(search, _LOG_SECONDS)
    return log.first(search)


def judged(result: AttackResult, word: LogEvent | None) -> Seen:
    """Held from outside, and on the gateway's record with its reason."""
    if word is None:
        return Seen(f"{result.seen}; the gateway said nothing about it", ok=False, look_at=_look_at(result))
    return Seen(f"{result.seen} ({word.why or word.kind})", result.held, look_at=_look_at(result))


def _look_at(result: AttackResult) -> str:
    return f"the gateway's log; voltward simulate URL --attack {result.name}"


def target_of(stage: Stage, raid: Raid, attack: Attack) -> Target:
    """The door as this attack finds it."""
    return Target(
        endpoint=stage.endpoint,
        plain=stage.plain,
        live=_victim(stage, BILLING.live, plays=True),
        resting=_victim(stage, raid.resting),
        certified=_victim(stage, BILLING.certified),
        insider=_victim(stage, raid.insider),
        loot=stage.papers.loot,
        sources=tuple(f"{_NETWORKS[attack.name]}{number}" for number in _ADDRESSES),
    )


def _victim(stage: Stage, identity: str, *, plays: bool = False) -> Victim:
    part, player = BY_IDENTITY[identity], stage.players[identity]

    async def still_answers() -> bool:
        try:
            answer = await ask(stage.csms, player, PHRASEBOOKS[part.dialect].read)
        except StationAway:
            return False
        return answer.kind == CALL_RESULT

    return Victim(identity, part.dialect, part.serial, player.dial.login, still_answers if plays else None)
