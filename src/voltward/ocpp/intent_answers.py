"""How intents are said and their answers read: a dialect's table, and what all versions share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from voltward.domain.intents import Intent, IntentAnswer, Outcome
from voltward.ocpp.frames import CallError

LONGEST_WORDS: Final = 200  # of a station's own, in events

#: The words of all versions for how a call went; one that nobody knows is an error.
_OUTCOMES: Final = {
    "Accepted": Outcome.ACCEPTED,
    "Scheduled": Outcome.SCHEDULED,
    "Rejected": Outcome.REJECTED,
    "Failed": Outcome.FAILED,
    "NotFound": Outcome.NOT_FOUND,
    "RebootRequired": Outcome.NEEDS_RESTART,
    "NotImplemented": Outcome.UNSUPPORTED,
    "NotSupported": Outcome.UNSUPPORTED,
    "NotSupportedAttributeType": Outcome.UNSUPPORTED,
    "UnknownComponent": Outcome.UNSUPPORTED,
    "UnknownVariable": Outcome.UNSUPPORTED,
}
_UNKNOWN_CALLS: Final = frozenset({"NotImplemented", "NotSupported"})

UNREADABLE: Final = IntentAnswer(Outcome.ERROR, "the answer cannot be read")


@dataclass(frozen=True, slots=True)
class SaidCall:
    """One call on the wire."""

    action: str
    payload: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Saying:
    """How a kind of intent is said: its calls in their order, empty where this one cannot be said.

    `read` takes one of these calls and the payload of its CALLRESULT.
    """

    say: Callable[[Any], tuple[SaidCall, ...]]
    read: Callable[[SaidCall, Mapping[str, Any]], IntentAnswer]


Sayings = Mapping[type[Intent], Saying]
Entry = TypeVar("Entry")


def read_status(_call: SaidCall, payload: Mapping[str, Any]) -> IntentAnswer:
    """An answer that is a status and no more."""
    return status_of(payload.get("status"), payload.get("statusInfo"))


def status_of(status: object, info: object) -> IntentAnswer:
    """What a status says, with its reason."""
    known = _OUTCOMES.get(status) if isinstance(status, str) else None
    return UNREADABLE if known is None else IntentAnswer(known, _reason(info))


def refused(error: CallError) -> IntentAnswer:
    """What a CALLERROR says."""
    outcome = Outcome.UNSUPPORTED if error.code in _UNKNOWN_CALLS else Outcome.ERROR
    return IntentAnswer(outcome, printable(f"{error.code}: {error.description}".rstrip(": ")))


def merged(answers: Sequence[IntentAnswer]) -> IntentAnswer:
    """The answers to several calls as one: what they list together, and the first outcome that is no yes.

    The first call asks for what matters most: what a station does not know of the others takes nothing away.
    """
    graver = (a for a in answers if a.outcome not in (Outcome.ACCEPTED, Outcome.UNSUPPORTED))
    decisive = next(graver, answers[0])
    return IntentAnswer(
        decisive.outcome,
        decisive.words,
        tuple(entry for a in answers for entry in a.installed),
        tuple(reading for a in answers for reading in a.readings),
    )


def printable(text: str) -> str:
    """A station's words, as far as they may stand in a log."""
    return "".join(c if c.isprintable() else "?" for c in text[:LONGEST_WORDS])


def _reason(info: object) -> str:
    if not isinstance(info, Mapping):
        return ""
    parts = [info.get("reasonCode"), info.get("additionalInfo")]
    return printable(": ".join(part for part in parts if isinstance(part, str) and part))
