"""When a certificate is to be renewed: at a share of its lifetime, spread by chance that stays the same."""

from __future__ import annotations

from datetime import datetime


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
