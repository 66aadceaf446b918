"""Where the raise of a station's security profile stands, and the facts that move it (`profile_upgrade`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from voltward.domain.security_profile import SecurityProfile
from voltward.lifecycles.renewal_state import DEFAULT_TERMS, RenewalTerms

KIND = "profile upgrade"
LIKELY_SLOTS: Final = (1, 2, 3, 4, 0)  # which slots there are is told in no answer: these are tried
LONGEST_SLOT: Final = 2  # digits


class UpgradePhase(StrEnum):
    """Each but the first waits for somebody."""

    NEW = "new"
    TELLING = "told to change over"
    READING = "reading its networks"
    OFFERING = "being given a network"
    ORDERING = "putting the network first"
    RESTARTING = "being restarted"
    UNPROVEN = "changed over, not seen yet"
    PUTTING_BACK = "putting the old order back"
    STUCK = "stuck"
    DONE = "done"
    CANCELLED = "cancelled"


_P = UpgradePhase
FINAL: Final = frozenset({_P.DONE, _P.CANCELLED})
OPEN: Final = tuple(phase for phase in _P if phase not in FINAL and phase is not _P.NEW)
ASKING: Final = (_P.TELLING, _P.READING, _P.OFFERING, _P.ORDERING, _P.RESTARTING, _P.PUTTING_BACK)


@dataclass(frozen=True, slots=True)
class NetworkPlace:
    """What a station's network profile is made of; an empty `url`: nobody has set where we are reached."""

    url: str = ""  # without the station's identity
    interface: str = "Wired0"


NOWHERE: Final = NetworkPlace()


@dataclass(frozen=True, slots=True)
class Upgrade:
    """The state. `slots`: the order that the station had, best first; `spare`: those left to be tried."""

    since: datetime  # in this phase
    profile: SecurityProfile  # that it is to come in on
    phase: UpgradePhase = UpgradePhase.NEW
    terms: RenewalTerms = field(default=DEFAULT_TERMS)
    place: NetworkPlace = field(default=NOWHERE)
    slots: tuple[int, ...] = ()
    spare: tuple[int, ...] = ()
    has_moved: bool = False  # the order may be another one than `slots`
    was_put_back: bool = False  # and it may be `slots` again
    waits_for_idle: bool = False  # it restarts when nobody charges: until then it comes as before
    came_with_new: bool = False  # a link on the new profile came up, on which nothing was answered yet
    tries: int = 0  # in this phase
    rounds: int = 0  # times that it was stuck
    problem: str = ""
    mend: str = ""


@dataclass(frozen=True, slots=True)
class UpgradeWanted:
    """The first fact of an upgrade."""


@dataclass(frozen=True, slots=True)
class CameOn:
    """The station was let in on this profile."""

    profile: SecurityProfile


def slots_told(text: str) -> tuple[int, ...]:
    """The order of its networks as a station writes it; empty where that is no order."""
    numbers = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdecimal() and len(part) <= LONGEST_SLOT for part in numbers):
        return ()
    return tuple(dict.fromkeys(int(part) for part in numbers))
