"""A station as the registry knows it: identity, record, standing.

Words: *identity* is what stands in the URL path; the key of a station is (tenant, identity). *Serial* is
what the certificate's common name carries (A00.FR.405) and what a boot reports.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from voltward.domain.errors import OperatorFault
from voltward.domain.quirk import QuirkGrant
from voltward.domain.security_profile import Allowance, SecurityProfile

DEFAULT_TENANT = "default"
DEFAULT_GROUP = "default"
LONGEST_SITE = 64  # characters, as many as a group's name has
_TENANT = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


@dataclass(frozen=True, slots=True, order=True)
class StationId:
    """The key of a station. Identities compare case-sensitively (ruling 32)."""

    identity: str
    tenant: str = DEFAULT_TENANT

    @classmethod
    def read(cls, text: str, tenant: str | None = None) -> StationId:
        """As people write it: `CP001`, `acme/CP001`, or the tenant apart. OperatorFault for no tenant's name.

        It reads what `str` wrote. Where the tenant is given apart, the text is the identity as it stands.
        """
        named, stroke, identity = text.partition("/")
        if tenant is None and stroke:
            return cls(identity, checked_tenant(named))
        return cls(text, checked_tenant(tenant) if tenant is not None else DEFAULT_TENANT)

    def __str__(self) -> str:
        if self.tenant == DEFAULT_TENANT and "/" not in self.identity:
            return self.identity
        return f"{self.tenant}/{self.identity}"

    def folded(self) -> tuple[str, str]:
        """Two stations with the same folded key cannot both be registered (ruling 32)."""
        return (self.tenant, self.identity.casefold())


def checked_tenant(name: str) -> str:
    """The name of a tenant, which never holds what separates it from an identity. OperatorFault."""
    if _TENANT.fullmatch(name) is None:
        raise OperatorFault(
            f"{name!r} is no name of a tenant.",
            mend="Use at most 63 lower-case letters, digits, dots, hyphens and underscores.",
        )
    return name


def checked_site(name: str) -> str:
    """What people call a site, in their own letters; empty: none. OperatorFault where it is no line."""
    if len(name) > LONGEST_SITE or not name.isprintable() or name != name.strip():
        raise OperatorFault(
            f"{name[:LONGEST_SITE]!r} is no name of a site.",
            mend=f"Use at most {LONGEST_SITE} characters on one line, without blanks around them.",
        )
    return name


class Standing(StrEnum):
    """Where a station stands with its operator."""

    COMMISSIONING = "commissioning"  # registered, never yet in with a production credential
    ACTIVE = "active"
    QUARANTINED = "quarantined"  # kept to security housekeeping by order
    RETIRED = "retired"


class Lane(StrEnum):
    """The two lanes of quarantine (ruling 12)."""

    UNPROVEN = "unproven"  # Boot is answered Pending, nothing is forwarded
    REPAIR = "repair"  # traffic towards the CSMS is relayed; what the CSMS may send is limited


class LatchStage(StrEnum):
    """How far a new, higher profile is proven (ruling 13)."""

    NONE = "none"
    CONNECTED = "connected"  # a handshake on the new profile
    ANSWERED = "answered"  # and an answered call on it; one further reconnect latches


@dataclass(frozen=True, slots=True)
class Latch:
    """The progress of a floor towards `profile`; survives restarts in the station's record."""

    profile: SecurityProfile
    stage: LatchStage = LatchStage.NONE
    at: datetime | None = None  # of the last step: one that is told again counts once


@dataclass(frozen=True, slots=True)
class Model:
    """What a station's last boot claimed that it is, or an operator wrote down; None: nobody has said."""

    vendor: str | None = None
    name: str | None = None
    firmware: str | None = None


UNKNOWN_MODEL = Model()


@dataclass(frozen=True, slots=True)
class Station:
    """The registry's record. `profile` is what the station is meant to use; it may not sink below `floor`."""

    id: StationId
    profile: SecurityProfile
    floor: SecurityProfile
    group: str = DEFAULT_GROUP
    site: str = ""  # the place that it shares with others of its tenant, to go dark together; empty: unknown
    serial: str | None = None
    standing: Standing = Standing.COMMISSIONING
    allowance: Allowance | None = None
    latch: Latch | None = None
    quarantine_lane: Lane | None = None  # set by an operator's order; None: by what is proven
    note: str = ""  # why it stands where it stands, in the operator's words
    created_at: datetime | None = None
    known_sources: tuple[str, ...] = field(
        default=()
    )  # prefixes it succeeded from (reserved lane, ruling 10)
    recommissioned_at: datetime | None = None  # new hardware: what was proven before counts no more
    model: Model = UNKNOWN_MODEL  # picks recipes of quirks
    csms_password: bytes = b""  # what it has at its CSMS, sealed; empty: none is kept
    quirks: tuple[QuirkGrant, ...] = ()  # its own, beside its group's and its model's
    behind: tuple[str, ...] = ()  # identities of the stations behind it: it is a Local Controller (ruling 7)
    revision: int = 0  # optimistic version number; the store raises it at each save

    def stations_behind(self) -> tuple[StationId, ...]:
        """The keys of the stations that it speaks for."""
        return tuple(StationId(identity, self.id.tenant) for identity in self.behind)
