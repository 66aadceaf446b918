"""Quirks: named tolerances of a station, group, tenant or model, each with an end, an owner and a reason.

What a quirk is and what it costs is data (`rulebook/quirks.toml`); here is the grant, and the names that the
code knows. A quirk never loosens a default: without a grant, or past its end, nothing is tolerated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

QuirkValue = str | int | float


class Quirk(StrEnum):
    """Every quirk that there is; the rulebook's data describes each of them."""

    TRAILING_SLASH = "trailing-slash"
    EXTRA_SLASH = "extra-slash"
    GLUED_IDENTITY = "glued-identity"
    NESTED_PATH = "nested-path"
    ENCODED_TWICE = "encoded-twice"
    LETTER_CASE = "letter-case"
    NO_SUBPROTOCOL = "no-subprotocol"
    NO_CONNECTION_UPGRADE = "no-connection-upgrade"
    SHORT_PASSWORD = "short-password"
    SHIPPED_PASSWORD = "shipped-password"
    SHARED_PASSWORD = "shared-password"
    USER_ALIAS = "user-alias"
    KEEPALIVE_PACE = "keepalive-pace"
    KEEP_NEW_CONNECTION = "keep-new-connection"
    SMALL_FRAMES = "small-frames"
    SMALL_RECORDS = "small-records"
    SMALL_CALLS = "small-calls"
    CONFORMANCE = "conformance"


@dataclass(frozen=True, slots=True)
class QuirkGrant:
    """One quirk for somebody, until a date. `granted_by`: `station`, or `group`, `tenant`, `recipe` and NAME.

    Parameters are those that the quirk's definition names; durations are seconds.
    """

    quirk: Quirk
    until: datetime
    owner: str
    reason: str
    parameters: Mapping[str, QuirkValue]
    granted_by: str = "station"

    def text(self, name: str) -> str:
        """A parameter as text; empty where it was not given."""
        return str(self.parameters.get(name, ""))

    def number(self, name: str, default: float) -> float:
        """A parameter as a number, else the default."""
        value = self.parameters.get(name, default)
        return value if isinstance(value, (int, float)) else default

    def octets(self) -> int:
        """The one parameter of quirks about sizes; 0 where it was not given."""
        return int(self.number("octets", 0))


Grants = Mapping[Quirk, QuirkGrant]
NO_GRANTS: Grants = MappingProxyType({})


def in_force(grants: Iterable[QuirkGrant], now: datetime) -> Grants:
    """Those whose end lies ahead, by quirk; of two for one quirk the first."""
    found: dict[Quirk, QuirkGrant] = {}
    for grant in grants:
        if now < grant.until:
            found.setdefault(grant.quirk, grant)
    return found or NO_GRANTS
