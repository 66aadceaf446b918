"""A second connection for an identity that has one: who stays (ruling 11; catalogue 10.3, CWE-613).

The newcomer has been authenticated before anything here is asked, and nothing has happened to the old link
yet. No edition says what should be done. State is keyed by connection, so whatever is decided here, a late
close of the old link never takes the new one down.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from voltward.domain.credential import Purpose

PROBE_SECONDS = 2.0
REPLACED = 4001  # close code for the old link
CONFLICT = 409  # HTTP status for the newcomer


class ProofKind(IntEnum):
    """The stronger kind is the greater: a certificate is never outranked by a password."""

    PASSWORD = 1
    CERTIFICATE = 2


@dataclass(frozen=True, slots=True)
class Proof:
    """What a link was authenticated with. `generation` counts per station and kind."""

    kind: ProofKind
    purpose: Purpose
    generation: int
    fingerprint: bytes | None = None  # of the certificate


@dataclass(frozen=True, slots=True)
class Contender:
    """One of the two links. `source` is the peer's address, `serial` what its certificate or boot said."""

    proof: Proof
    source: str
    serial: str | None = None


@dataclass(frozen=True, slots=True)
class Incumbent:
    """The link that is there. Times are monotonic seconds."""

    link: Contender
    last_heard: float
    silent_after: float  # seconds: its ping interval and pong timeout together; 0: pings are off
    is_probed: bool = False  # for an earlier newcomer, whose answer is still out


@dataclass(frozen=True, slots=True)
class Replace:
    """Close the old link with this code, and let the newcomer in."""

    close_code: int = REPLACED


@dataclass(frozen=True, slots=True)
class Probe:
    """Ping the old link, wait so many seconds for any sign of life, then `conclude`."""

    seconds: float = PROBE_SECONDS


@dataclass(frozen=True, slots=True)
class Refuse:
    """Turn the newcomer away with this status; the old link is untouched."""

    status: int = CONFLICT


def meet(incumbent: Incumbent, now: float, probe_seconds: float = PROBE_SECONDS) -> Replace | Probe | Refuse:
    """What to do once a newcomer is authenticated: a silent link goes at once, another is asked first."""
    if incumbent.silent_after > 0 and now - incumbent.last_heard > incumbent.silent_after:
        return Replace()
    if incumbent.is_probed:
        return Refuse()  # one newcomer at a time waits; the rest may come again
    return Probe(probe_seconds)


def conclude(
    incumbent: Contender, newcomer: Contender, *, is_alive: bool, keep_new: bool = False
) -> Replace | Refuse:
    """What to do after the probe. A live link yields only to the same certificate or a newer credential.

    `keep_new` is a group's quirk (stations that cannot close their old link): any right credential of the
    same purpose is then enough.
    """
    if not is_alive or outranks(newcomer.proof, incumbent.proof):
        return Replace()
    if keep_new and _is_no_lesser_purpose(newcomer.proof, incumbent.proof):
        return Replace()
    return Refuse()


def outranks(newcomer: Proof, incumbent: Proof) -> bool:
    """Production over commissioning; then a certificate over a password; then the newer of one kind.

    What waits outside the door never displaces what was let in. The same certificate may replace itself: it
    has one holder, and that one has come back.
    """
    if newcomer.purpose is not incumbent.purpose:
        return newcomer.purpose is Purpose.PRODUCTION
    if newcomer.kind is not incumbent.kind:
        return newcomer.kind > incumbent.kind
    if newcomer.fingerprint is not None and newcomer.fingerprint == incumbent.fingerprint:
        return True
    return newcomer.generation > incumbent.generation


def _is_no_lesser_purpose(newcomer: Proof, incumbent: Proof) -> bool:
    return newcomer.purpose is Purpose.PRODUCTION or incumbent.purpose is Purpose.COMMISSIONING
