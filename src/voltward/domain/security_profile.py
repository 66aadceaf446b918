"""The security profiles of OCPP and their order ((all editions, A00.FR.001..)).

The floor is the lowest profile that a station may still use. It follows the station's record or an
upgrade under way, never an accident (ruling 13); how it latches is told in `lifecycles.floor`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum


class SecurityProfile(IntEnum):
    """1: Basic without TLS. 2: Basic over TLS. 3: client certificate over TLS."""

    UNSECURED_BASIC = 1
    TLS_BASIC = 2
    TLS_CERTIFICATE = 3

    @property
    def uses_password(self) -> bool:
        """Profile 3 alone goes without."""
        return self is not SecurityProfile.TLS_CERTIFICATE


@dataclass(frozen=True, slots=True)
class Allowance:
    """A lower profile, permitted for a while, by somebody, for a reason (ruling 13)."""

    profile: SecurityProfile
    until: datetime
    owner: str
    reason: str

    def permits(self, profile: SecurityProfile, now: datetime) -> bool:
        """Whether it still holds, and for this profile."""
        return now < self.until and profile >= self.profile


def is_permitted(
    profile: SecurityProfile, floor: SecurityProfile, allowance: Allowance | None, now: datetime
) -> bool:
    """The door's permission: the floor, plus a temporary allowance with an end (ruling 13)."""
    return profile >= floor or (allowance is not None and allowance.permits(profile, now))
