"""State diagrams of the machines in `lifecycles`, drawn by walking the machines themselves.

Nobody draws an arrow here: every state is entered, every event is told to the machine, and what comes of it
is the picture.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from voltward.domain.call_purpose import CallPurpose
from voltward.domain.credential import Purpose
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Lane, LatchStage, Station, StationId
from voltward.lifecycles.anchor_reading import READING
from voltward.lifecycles.certificate_renewal import RENEWAL
from voltward.lifecycles.floor import CallAnsweredOn, ConnectedOn, FloorFact, advance_floor
from voltward.lifecycles.profile_upgrade import UPGRADE
from voltward.lifecycles.root_rotation import ROTATION
from voltward.lifecycles.second_connection import Contender, Proof, ProofKind, Replace, conclude
from voltward.lifecycles.station_session import CloseCause, SessionEffect, StationSession
from voltward.lifecycles.step import Table
from voltward.lifecycles.trust_rollover import ROLLOVER

LOWER, UPPER = SecurityProfile.TLS_BASIC, SecurityProfile.TLS_CERTIFICATE


@dataclass(frozen=True, slots=True, order=True)
class Arrow:
    """One step: `effect` is what the machine says should happen; empty: nothing."""

    origin: str
    event: str
    effect: str
    target: str

    @property
    def label(self) -> str:
        return f"{self.event} / {self.effect}" if self.effect else self.event


# ---------------------------------------------------------------------------------------- one link

SESSION_EVENTS: Mapping[str, Callable[[StationSession], SessionEffect | None]] = {
    "boot": lambda session: session.called(CallPurpose.BOOT),
    "security event": lambda session: session.called(CallPurpose.SECURITY_EVENT),
    "other call": lambda session: session.called(CallPurpose.OTHER),
    "release": lambda session: session.released(),
    "trigger refused": lambda session: session.trigger_refused(),
    "CSMS dialled": lambda session: session.dialled(),
    "dial failed": lambda session: session.dial_failed(),
    "courteous end": lambda session: session.asked_to_close(CloseCause.REASSESSED),
    "any other end": lambda session: session.asked_to_close(CloseCause.REVOKED),
}


def session_arrows() -> tuple[Arrow, ...]:
    """Every step that a link's session can take, from both ways of coming in."""
    arrows: dict[Arrow, None] = {}
    seen: set[str] = set()
    waiting = [StationSession(Lane.UNPROVEN), StationSession(None)]
    while waiting:
        session = waiting.pop(0)
        if _whole_state(session) in seen:
            continue
        seen.add(_whole_state(session))
        for event, tell in SESSION_EVENTS.items():
            after = copy.copy(session)
            effect = tell(after)
            if effect is not None or after.phase is not session.phase:
                arrows[
                    Arrow(session.phase.value, event, effect.value if effect else "", after.phase.value)
                ] = None
                waiting.append(after)
    return tuple(arrows)


def _whole_state(session: StationSession) -> str:
    """All that the machine remembers, the hidden flags too."""
    return repr([(name, getattr(session, name)) for name in session.__slots__])


# ---------------------------------------------------------------------------------------- the floor

FLOOR_FACTS: Mapping[str, FloorFact] = {
    "connected on 3": ConnectedOn(UPPER),
    "call answered on 3": CallAnsweredOn(UPPER),
    "connected on 2": ConnectedOn(LOWER),
    "call answered on 2": CallAnsweredOn(LOWER),
}
_STAGES = {
    LatchStage.NONE: "nothing proven",
    LatchStage.CONNECTED: "seen on 3",
    LatchStage.ANSWERED: "answered on 3",
}


def floor_arrows() -> tuple[Arrow, ...]:
    """Every step of a station that was registered for profile 3 while its floor is 2."""
    arrows: dict[Arrow, None] = {}
    seen: set[str] = set()
    waiting = [Station(StationId("CP001"), profile=UPPER, floor=LOWER)]
    while waiting:
        station = waiting.pop(0)
        if _stage(station) in seen:
            continue
        seen.add(_stage(station))
        for event, fact in FLOOR_FACTS.items():
            after = advance_floor(station, fact)
            if after != station:
                arrows[Arrow(_stage(station), event, "", _stage(after))] = None
                waiting.append(after)
    return tuple(arrows)


def _stage(station: Station) -> str:
    if station.floor is UPPER:
        return "floor raised"
    return _STAGES[station.latch.stage if station.latch is not None else LatchStage.NONE]


# ---------------------------------------------------------------------------------------- two links

_PASSWORD = Proof(ProofKind.PASSWORD, Purpose.PRODUCTION, 1)
_CERTIFICATE = Proof(ProofKind.CERTIFICATE, Purpose.PRODUCTION, 1, b"one")
PROOFS: Mapping[str, Proof] = {
    "a password": _PASSWORD,
    "a newer password": Proof(ProofKind.PASSWORD, Purpose.PRODUCTION, 2),
    "a certificate": _CERTIFICATE,
    "a newer certificate": Proof(ProofKind.CERTIFICATE, Purpose.PRODUCTION, 2, b"two"),
    "what opens the unproven lane only": Proof(ProofKind.PASSWORD, Purpose.COMMISSIONING, 9),
}


def who_stays() -> Iterator[tuple[str, str, str, str]]:
    """(old link, newcomer, who stays by default, who stays with `keep-new`), the old link being alive."""
    for old_name, old in PROOFS.items():
        for new_name, new in PROOFS.items():
            comes_with = "the same certificate" if new is old and new.fingerprint else new_name
            yield old_name, comes_with, _stays(old, new, keep_new=False), _stays(old, new, keep_new=True)


def _stays(old: Proof, new: Proof, *, keep_new: bool) -> str:
    contenders = Contender(old, "192.0.2.1"), Contender(new, "192.0.2.2")
    answer = conclude(*contenders, is_alive=True, keep_new=keep_new)
    return "the newcomer" if isinstance(answer, Replace) else "the old link"


# ---------------------------------------------------------------------------------------- persisted ones


PERSISTED: tuple[tuple[str, Table[Any], Mapping[str, str]], ...] = (
    (
        "A certificate is renewed (`certificate_renewal.py`)",
        RENEWAL,
        {"new": "wanted by schedule, operator, station"},
    ),
    (
        "A station goes to a higher security profile (`profile_upgrade.py`)",
        UPGRADE,
        {"new": "it holds its first certificate, or an order"},
    ),
    ("A station tells what it holds (`anchor_reading.py`)", READING, {"new": "a root came or went"}),
    ("A station comes to trust the next root (`trust_rollover.py`)", ROLLOVER, {"new": "roots are rotated"}),
    ("The deployment goes to its next root (`root_rotation.py`)", ROTATION, {"new": "an order"}),
)


def table_arrows(table: Table[Any]) -> tuple[Arrow, ...]:
    """Every step of a table that leads elsewhere."""
    return tuple(Arrow(origin, _words(fact), "", to) for origin, fact, to, _ in table.lines() if origin != to)


def table_rows(table: Table[Any]) -> Iterator[tuple[str, str, str, str]]:
    """(phase, fact, why, phases that it may lead to), but for facts that only wait."""
    for edge in table.edges.values():
        if edge.why != "Nothing that matters here.":
            yield edge.phase, _words(edge.fact.__name__), edge.why, ", ".join(sorted(edge.to))


def _words(name: str) -> str:
    """`CertificateIssued` as `certificate issued`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


# ---------------------------------------------------------------------------------------- the page


def state_diagrams_page() -> str:
    """The whole page."""
    starts = {"gated": "quarantined, unproven", "serving": "admitted, or in repair"}
    return "\n".join(
        [
            "# State diagrams",
            "",
            (
                "Drawn by walking the machines of `src/voltward/lifecycles`: an arrow says what happened and, behind "
                "the stroke, what the machine answers."
            ),
            "",
            "## A link after the door has let it in (`station_session.py`)",
            "",
            (
                "*Courteous* ends (idle, its record changed) wait while a station is held: it must not be cut off "
                "while its boot is pending. Steps that stay in their phase are in the table only."
            ),
            "",
            *_mermaid(session_arrows(), starts),
            "",
            "| phase | what happens | what the machine answers | next phase |",
            "|---|---|---|---|",
            *(f"| {a.origin} | {a.event} | {a.effect or '-'} | {a.target} |" for a in session_arrows()),
            "",
            "## How a floor rises (`floor.py`)",
            "",
            (
                "A station was registered for profile 3 while its floor is 2. The floor rises after a handshake on 3, "
                "an answered call on it, and one further reconnect on it. Coming back on 2 starts the proof anew. It "
                "never sinks here."
            ),
            "",
            *_mermaid(floor_arrows(), {"nothing proven": "raised by an order"}),
            "",
            "## A second connection while the first is alive (`second_connection.py`)",
            "",
            (
                "An old link that has been silent beyond its ping time, or does not answer a ping, is replaced in any "
                "case. Where it answers:"
            ),
            "",
            "| the old link came with | the newcomer comes with | who stays | with `keep-new` |",
            "|---|---|---|---|",
            *(f"| {' | '.join(row)} |" for row in who_stays()),
            "",
            "## What is kept in the store",
            "",
            (
                "Drawn from the tables of rules. A rule may lead to several phases; what decides is in its words. "
                "Facts that change nothing are left out."
            ),
            "",
            *(line for title, table, starts in PERSISTED for line in _table_lines(title, table, starts)),
        ]
    )


def _table_lines(title: str, table: Table[Any], starts: Mapping[str, str]) -> Iterator[str]:
    yield from (f"### {title}", "")
    yield from _mermaid(table_arrows(table), starts)
    yield from ("", "| phase | what happens | what becomes of it | may lead to |", "|---|---|---|---|")
    yield from (f"| {' | '.join(row)} |" for row in table_rows(table))
    yield ""


def _mermaid(arrows: tuple[Arrow, ...], starts: Mapping[str, str]) -> Iterator[str]:
    """A diagram of the steps that lead elsewhere; those with the same ends and effect share an arrow."""
    shared: dict[tuple[str, str, str], list[str]] = {}
    for arrow in arrows:
        if arrow.origin != arrow.target:
            shared.setdefault((arrow.origin, arrow.target, arrow.effect), []).append(arrow.event)
    yield "```mermaid"
    yield "stateDiagram-v2"
    for name in dict.fromkeys(end for arrow in arrows for end in (arrow.origin, arrow.target)):
        yield f'    state "{name}" as {_id(name)}'
    for name, why in starts.items():
        yield f"    [*] --> {_id(name)}: {why}"
    for (origin, target, effect), events in shared.items():
        label = Arrow(origin, " or ".join(events), effect, target).label
        yield f"    {_id(origin)} --> {_id(target)}: {label}"
    yield "```"


def _id(name: str) -> str:
    return re.sub(r"\W+", "_", name)
