"""What a station proves itself with. Credentials are rows, never a column (ruling 23).

A password is compared as octets (field notes 1, 2): a credential made of hexadecimal digits stands for the
octets that they spell, and a station may send either form; which one matched is recorded. `hexadecimal`
says that the digits were the message form (32 to 40 digits).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from voltward.domain.station import StationId

OLD_PASSWORD: Final = timedelta(hours=24)  # that a superseded one opens the repair lane (ruling 24)
OLD_CERTIFICATE: Final = timedelta(days=30)  # the same (ruling 25)


class Purpose(StrEnum):
    """What a credential is for."""

    COMMISSIONING = (
        "commissioning"  # opens the unproven lane only; ends with the first proven production credential
    )
    PRODUCTION = "production"


class CredentialState(StrEnum):
    """Where a credential stands in its life."""

    PENDING = "pending"  # handed out, not yet seen
    ACTIVE = "active"
    SUPERSEDED = "superseded"  # opens the repair lane until `not_after` (rulings 24, 25)
    RETIRED = "retired"


class Origin(StrEnum):
    """How a credential got into the registry, where somebody said so."""

    MADE = "made"  # by us, and told once
    GIVEN = "given"  # handed in by an operator for one station
    IMPORTED = "imported"  # came with a list of stations
    LEARNED = "learned"  # shown by the station, and taken by the CSMS behind, while it was only observed


class PasswordForm(StrEnum):
    """The form in which a password came in the Basic header."""

    OCTETS = "octets"  # un-hexed
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class KeyedDigest:
    """HMAC-SHA-256 over identity and octets; for machine-made passwords of at least 128 bits."""

    digest: bytes


@dataclass(frozen=True, slots=True)
class Argon2Hash:
    """argon2id over the octets (RFC 9106), PHC string; for passwords that people made."""

    encoded: str


@dataclass(frozen=True, slots=True)
class Password:
    """A password, as far as it is kept: what it is compared with, never the password itself."""

    verifier: KeyedDigest | Argon2Hash
    hexadecimal: bool  # the digits spell the octets
    length: int  # in octets; a short one is a finding (field note 4); 0 where only a hash was handed in
    default_of: str = ""  # whose password as shipped it is (field note 5); empty: nobody's that we know


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A certificate known to belong to one station, by SHA-256 of its DER form."""

    fingerprint: bytes
    common_name: str
    issuer: bytes  # SHA-256 of the authority's DER form
    pinned: bool = False  # ordered by the operator: this very certificate opens, whatever its name says


@dataclass(frozen=True, slots=True)
class Credential:
    """One row. `generation` counts up per station and kind: newer replaces older (ruling 11)."""

    id: str
    station: StationId
    proof: Password | ClientCertificate
    purpose: Purpose
    state: CredentialState
    generation: int
    created_at: datetime
    not_after: datetime | None = None
    proven_at: datetime | None = None  # a handshake with it and an answered call (ruling 28)
    last_form: PasswordForm | None = None
    sharing_digest: bytes = b""  # keyed, without the identity: equal for equal secrets (field note 6)
    origin: Origin | None = None  # None: a certificate that came by itself, or a row of an older version
    last_in: datetime | None = None  # when it last opened by right; about once a day, certificates only
    revision: int = 0

    @property
    def is_password(self) -> bool:
        """A password, and no certificate."""
        return isinstance(self.proof, Password)

    def opens_by_certificate(self, now: datetime) -> bool:
        """Whether it is a certificate that lets in by right, or will when it is proven."""
        return (
            isinstance(self.proof, ClientCertificate)
            and self.purpose is Purpose.PRODUCTION
            and self.state in (CredentialState.PENDING, CredentialState.ACTIVE)
            and self.is_usable(now)
        )

    def is_usable(self, now: datetime) -> bool:
        """Not retired, and not past its end."""
        return self.state is not CredentialState.RETIRED and (self.not_after is None or now < self.not_after)
