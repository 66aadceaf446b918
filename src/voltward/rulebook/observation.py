"""The typed facts that a check may look at. Whoever observes fills them in; a check only reads.

`None` means "was not there to be seen" and leads to *not observed* or *not applicable*, as the check says;
it never means "fine".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from voltward.domain.authority import Authority
from voltward.domain.credential import CredentialState, PasswordForm, Purpose
from voltward.domain.quirk import Quirk
from voltward.domain.security_profile import Allowance, SecurityProfile, is_permitted
from voltward.domain.station import DEFAULT_TENANT, Standing


@dataclass(frozen=True, slots=True)
class ListenerSeen:
    """The listener that the connection came in on, and whether the source is on its list.

    `vouched`: controls for which the operator answers there, where a proxy ended TLS and does not tell.
    """

    name: str
    profiles: frozenset[SecurityProfile]
    source: str  # address as text
    source_listed: bool
    vouched: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TlsSeen:
    """The negotiated TLS parameters, by OpenSSL's names (`TLSv1.3`, `ECDHE-ECDSA-AES128-GCM-SHA256`).

    `forwarded`: a proxy of ours ended TLS and tells of it; what it does not tell is None.
    """

    version: str | None
    suite: str | None
    group: str | None
    server_name: str | None
    compressed: bool | None
    resumed: bool | None
    forwarded: bool = False


@dataclass(frozen=True, slots=True)
class PublicKeySeen:
    """`kind` is `rsa`, `ec`, `ed25519`, ...; `bits` the modulus or field size; `curve` OpenSSL's name."""

    kind: str
    bits: int
    curve: str | None = None


@dataclass(frozen=True, slots=True)
class CertificateSeen:
    """One certificate of the chain, as far as a rule may ask. Fingerprints are SHA-256 of the DER form."""

    fingerprint: bytes
    serial_number: str  # hexadecimal, no leading zeros
    common_names: tuple[str, ...]
    organisations: tuple[str, ...]
    subject: str  # RFC 4514
    issuer: str
    not_before: datetime
    not_after: datetime
    is_ca: bool
    key: PublicKeySeen
    signature_hash: str | None  # `sha256`; None where the algorithm has none of its own (Ed25519)


@dataclass(frozen=True, slots=True)
class ChainSeen:
    """What was offered and how far it leads. `problems` are the TLS engine's findings, as stable words.

    `path` runs from the leaf to the authority that is trusted, where one was reached. Times are not part of
    `problems`: the check compares them with our own clock.
    """

    leaf: CertificateSeen
    path: tuple[CertificateSeen, ...]
    authority: Authority | None
    problems: tuple[str, ...] = ()
    unreadable: str = ""  # why the leaf could not be read as X.509, where that is so
    twin: bytes | None = None  # the leaf's fingerprint with its ECDSA signature's other form, equally valid


class AuthorizationForm(StrEnum):
    """What kind of Authorization header came."""

    NONE = "none"
    BASIC = "basic"
    OTHER_SCHEME = "other scheme"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class RequestSeen:
    """The HTTP upgrade request as far as a rule may ask."""

    path: str
    identity: str | None  # canonical, decoded once; None if the path carries none
    identity_problem: str = ""  # stable word: `too-long`, `bad-character`, `bad-encoding`, `no-match`, ...
    offered: tuple[str, ...] = ()  # subprotocols, in the station's order
    spoken: tuple[str, ...] = ()  # those of them that we speak and the route allows
    authorization: AuthorizationForm = AuthorizationForm.NONE
    authorization_problem: str = ""
    user_matches: bool | None = None  # Basic user equals the identity, or a granted alias
    tenant: str = DEFAULT_TENANT  # whose path it is
    oddities: tuple[Quirk, ...] = ()  # ways of this request that no quirk covers
    quirks: tuple[Quirk, ...] = ()  # granted tolerances that it made use of


class PasswordOutcome(StrEnum):
    """What the comparison came to."""

    MATCHED = "matched"
    WRONG = "wrong"
    UNVERIFIED = "unverified"  # over the limit of costly checks (ruling 10)


@dataclass(frozen=True, slots=True)
class PasswordSeen:
    """What the comparison of the password came to."""

    outcome: PasswordOutcome
    form: PasswordForm | None = None
    length: int = 0  # octets
    minimum: int = 0  # by the dialect, octets
    maximum: int = 0
    purpose: Purpose | None = None
    state: CredentialState | None = None
    usable: bool = False  # not past its end
    default_of: str = ""  # whose password as shipped it is
    shared: bool = False  # another station has it as well


@dataclass(frozen=True, slots=True)
class ListKnown:
    """What the list of revoked certificates says that an authority publishes which is not ours.

    `until`: its next update; None: no list of it was ever taken.
    """

    until: datetime | None = None
    revoked: bool = False  # the certificate below the authority stands on it
    authority_revoked: bool = False  # the authority itself stands on the list of the one above


@dataclass(frozen=True, slots=True)
class CertificateKnown:
    """What the registry knows about the leaf that was offered."""

    denied: str | None = None  # the reason on the deny-list
    state: CredentialState | None = None  # of this station's credential with this fingerprint
    usable: bool = True
    pinned: bool = False
    other_station: str | None = None  # another station that this certificate belongs to
    controller: str = ""  # the Local Controller that it belongs to, which does not speak for this station
    listed: ListKnown | None = None  # None: its authority goes by no list


@dataclass(frozen=True, slots=True)
class StationKnown:
    """The record, as far as a rule may ask."""

    identity: str
    profile: SecurityProfile
    floor: SecurityProfile
    allowance: Allowance | None
    standing: Standing
    serial: str | None
    has_proven_credential: bool

    def permits(self, profile: SecurityProfile, now: datetime) -> bool:
        """The door's permission for a profile: floor and allowance (ruling 13)."""
        return is_permitted(profile, self.floor, self.allowance, now)


@dataclass(frozen=True, slots=True)
class ConnectionObservation:
    """Everything seen when a station asks to come in; controls of moment `connection` judge it."""

    at: datetime  # our time
    listener: ListenerSeen
    request: RequestSeen
    operator_organisations: tuple[str, ...]  # the operator's name, and those it lists beside (A00.FR.404)
    tls: TlsSeen | None = None  # None: plain
    chain: ChainSeen | None = None  # None: no certificate was presented
    certificate: CertificateKnown | None = None
    password: PasswordSeen | None = None  # None: no password was presented, or nobody to compare it with
    station: StationKnown | None = None  # None: unknown identity
    controller: StationKnown | None = None  # the Local Controller whose certificate it came with
    collides_with: str | None = None  # a registered identity that differs in letter case only

    @property
    def bearer(self) -> StationKnown | None:
        """Whose credential a certificate is: the station's own, or its Local Controller's (ruling 7)."""
        return self.controller or self.station

    @property
    def profile_used(self) -> SecurityProfile | None:
        """The profile that the station comes in with; the record decides where both proofs came (ruling 6).

        A password proves profile 2 (or 1, on a plain listener); a certificate proves profile 3.
        """
        has_basic = self.request.authorization is AuthorizationForm.BASIC
        if self.tls is None:
            return SecurityProfile.UNSECURED_BASIC if has_basic else None
        if self.chain is not None and (not has_basic or self._certificate_decides(self.chain)):
            return SecurityProfile.TLS_CERTIFICATE
        return SecurityProfile.TLS_BASIC if has_basic else None

    def _certificate_decides(self, chain: ChainSeen) -> bool:
        """Where both proofs came: which one is looked at?

        A station on its way from profile 2 to 3 may still come with its password, and must not go dark for
        a factory certificate of a maker that nobody here knows. Leaving that certificate out would get it
        in as well, so nothing is given away.
        """
        if self.station is None:
            return True
        if self.station.profile is not SecurityProfile.TLS_CERTIFICATE:
            return False
        return chain.authority is not None or not self.station.permits(SecurityProfile.TLS_BASIC, self.at)


@dataclass(frozen=True, slots=True)
class BootObservation:
    """What a BootNotification says about itself, beside what the connection proved (B01.FR.11/12)."""

    serial: str | None
    certificate_common_names: tuple[str, ...]  # empty: the station did not come in with a certificate
    applies: bool  # the dialect carries the rule
    missing_is_mismatch: bool
    bound_by_serial: bool = True  # the authority's rule; otherwise the name in the certificate is no serial
    record_serial: str | None = None  # what the boot must say where the certificate's name is no serial
