"""When a certificate is to be renewed: at a share of its lifetime, spread by chance that stays the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ScheduleTerms:
    """`share` of the lifetime at which it begins, `jitter` (a share, too) by which it comes forward."""

    share: float = 0.7
    jitter: float = 0.1
    at_once: int = 50  # for each authority and group
    at_once_per_site: int = 2


def renewal_time(
    not_before: datetime, not_after: datetime, fingerprint: bytes, *, share: float, jitter: float
) -> datetime:
    """The moment; `share` and `jitter` are parts of the lifetime.

    The jitter only brings it forward. It comes from the fingerprint (SHA-256), so that those which were
    issued together are not renewed together, and whoever asks again gets the same answer.
    """
    lifetime = not_after - not_before
    chance = int.from_bytes(fingerprint[:6], "big") / 2**48
    return not_before + lifetime * max(0.0, share - jitter * chance)
