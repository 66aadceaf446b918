"""Where a station stands on its way from one root to the next, and what moves it (`trust_rollover`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from voltward.domain.intents import CertificateHash

KIND = "trust rollover"


class RolloverPhase(StrEnum):
    """Each but the first waits for somebody."""

    NEW = "new"
    LISTING = "asking what it holds"
    LEARNING = "asking by which rules it takes roots"
    INSTALLING = "being given the new root"
    CONFIRMING = "asking whether it holds the new root"
    READY = "holds the new root"
    REMOVING = "letting go of the old root"
    CHECKING = "asking whether it let go of the old root"
    HELD_BACK = "held back"
    DONE = "done"
    CANCELLED = "cancelled"


_P = RolloverPhase
FINAL: Final = frozenset({_P.DONE, _P.CANCELLED})
OPEN: Final = tuple(phase for phase in _P if phase not in FINAL and phase is not _P.NEW)
ASKING: Final = (_P.LISTING, _P.LEARNING, _P.INSTALLING, _P.CONFIRMING, _P.REMOVING, _P.CHECKING)


@dataclass(frozen=True, slots=True)
class NamedRoot:
    """A root as stations are given it, and as they may name it: once for each algorithm of hashes."""

    pem: str
    names: tuple[CertificateHash, ...]

    def is_named(self, told: CertificateHash) -> bool:
        """Whether a station means this one; digits in either case, with or without leading zeros."""
        return any(_plain(name) == _plain(told) for name in self.names)


def _plain(named: CertificateHash) -> tuple[str, ...]:
    texts = (named.issuer_name, named.issuer_key, named.serial.lstrip("0"))
    return (named.algorithm.value, *(text.strip().lower() for text in texts))


@dataclass(frozen=True, slots=True)
class Roots:
    """From which root to which. `crossed`: the new one's key, signed by the old one, where there is such."""

    old: NamedRoot
    new: NamedRoot
    crossed: NamedRoot | None = None

    def holds_new(self, told: CertificateHash) -> bool:
        """In either form."""
        return self.new.is_named(told) or (self.crossed is not None and self.crossed.is_named(told))


@dataclass(frozen=True, slots=True)
class Rollover:
    """The state."""

    since: datetime  # in this phase
    roots: Roots
    patience: timedelta
    phase: RolloverPhase = RolloverPhase.NEW
    tries: int = 0  # in this phase
    held: int = 0  # certificates that it listed
    old_named: CertificateHash | None = None  # the old root, as it names it; None: it does not hold it
    wants_crossed: bool = False  # it takes a root only from the one that it has (M05.FR.10)
    refuses_us: bool = False  # it lists the new root, and reported that our certificate is not valid for it
    is_paused: bool = False
    problem: str = ""  # why it is held back, or what it waits for
    mend: str = ""


@dataclass(frozen=True, slots=True)
class RolloverWanted:
    """It is to hold the new root."""


@dataclass(frozen=True, slots=True)
class RemovalWanted:
    """The new root has carried a link of this station: the old one may go."""


@dataclass(frozen=True, slots=True)
class PauseWanted:
    """Nothing more is asked until further notice."""


@dataclass(frozen=True, slots=True)
class ResumeWanted:
    """It goes on where it stood."""
