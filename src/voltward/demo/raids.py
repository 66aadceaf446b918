"""The attacker: who is attacked with what, from where, and the door's own word on each attempt.

A raid is a row of attacks on the same victims, one after the other; raids run side by side. Each attack comes
from addresses of its own, so that what the gateway logged about them is about this attack and no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from voltward.demo.business import ask
from voltward.demo.calls import PHRASEBOOKS
from voltward.demo.cast import BILLING, BY_IDENTITY
from voltward.demo.gateway_log import TURNED_AWAY, LogEvent
from voltward.demo.outcome import Seen
from voltward.demo.stage import Scene, Stage, Thread
from voltward.simulator.attack_target import Attack, AttackResult, Target, Victim
from voltward.simulator.attacks import ATTACKS, carry_out
from voltward.simulator.csms import StationAway
from voltward.simulator.frames import CALL_RESULT

_ADDRESSES: Final = range(2, 42)


@dataclass(frozen=True, slots=True)
class Raid:
    """`attacks` by name; `resting` is the station that is knocked at while it is away.

    `is_on_record`: the gateway has to have said something about each of them.
    """

    attacks: tuple[str, ...]
    resting: str = BILLING.resting
    insider: str = BILLING.insiders[0]
    is_on_record: bool = True


RAIDS: Final = (
    Raid(("identifier-only", "wrong-password", "another-stations-password", "two-authorizations")),
    Raid(("guessing",), resting=BILLING.guessed_at),
    Raid(("name-or-password",), resting=BILLING.named),
    Raid((
        "another-stations-certificate", "expired-certificate", "self-signed-certificate", "revoked-certificate",
        "unknown-authority", "forged-certificate-headers", "lower-profile",
    )),
    Raid(("plain-listener", "no-tls", "tls-1.1", "weak-suites", "oversize-head")),
    Raid(("renegotiation",), is_on_record=False),
    Raid(("second-connection", "second-connection-wrong-password")),
    # Frames out of shape come over a good link, so there is an address in the log of its beginning alone.
    Raid(("oversize-frame", "unmasked-frame", "reserved-bits", "reserved-opcode"), is_on_record=False),
    Raid(
        ("invalid-utf-8", "broken-json", "duplicate-keys", "deep-json"),
        insider=BILLING.insiders[1],
        is_on_record=False,
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
        result = await carry_out(attack, target_of(stage, raid, attack))
        word = stage.gateway.log.last(*TURNED_AWAY, source=_NETWORKS[attack.name])
        return judged(raid, result, word)

    return Scene(f"attack: {attack.tries}", attack.expected, play)


def judged(raid: Raid, result: AttackResult, word: LogEvent | None) -> Seen:
    """Held from outside, and, where that can be told, on the gateway's record with its reason."""
    look_at = "the gateway's log: nothing may get past the door unseen"
    if word is None and raid.is_on_record:
        return Seen(f"{result.seen}; the gateway said nothing about it", ok=False, look_at=look_at)
    said = f" ({word.why or word.kind})" if word is not None else ""
    return Seen(result.seen + said, result.held, look_at=f"simulator attack {result.name}")


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
