"""Who plays: the stations of the demo as data, over three versions and three profiles.

Two of them are the attacker's own, bought and registered like any other: a good credential of one's own is
what a clever attacker starts with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from voltward.domain.security_profile import SecurityProfile
from voltward.simulator.dial import TlsVersion

V16, V201, V21 = "ocpp1.6", "ocpp2.0.1", "ocpp2.1"
_BASIC = SecurityProfile.UNSECURED_BASIC
_TLS = SecurityProfile.TLS_BASIC
_CERTIFICATE = SecurityProfile.TLS_CERTIFICATE


class Proof(StrEnum):
    """What a part proves itself with."""

    OCTETS = "password as octets"  # made by us, un-hexed by the station
    TEXT = "password as text"  # made by us, sent as its digits
    HUMAN = "password by people"
    ECDSA = "ECDSA certificate"
    RSA = "RSA certificate"
    FACTORY = "maker's certificate"

    @property
    def is_certificate(self) -> bool:
        """Is it a certificate, and not a password?"""
        return self in {Proof.ECDSA, Proof.RSA, Proof.FACTORY}


class Manner(StrEnum):
    """How a part lives after it has come in."""

    STAYS = "stays"
    RESTS = "rests"  # leaves after its day, so that an attacker finds it away
    WAITS = "waits"  # is kept waiting: unproven
    REPAIRS = "repairs"  # is kept to the repair lane by order
    RENEWS = "renews"  # comes for its next certificate
    IGNORES = "ignores"  # says that it took its next certificate, and never uses it
    FORGETS = "forgets"  # says that it took the next root, and does not keep it
    REFUSES = "refuses"  # takes no root from anybody


@dataclass(frozen=True, slots=True)
class TlsTaste:
    """What a station's TLS library is like: newest version, and its suites for 1.2 (OpenSSL's names)."""

    newest: TlsVersion = TlsVersion.TLS_1_3
    suites: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One station of the demo."""

    identity: str
    dialect: str
    profile: SecurityProfile
    proof: Proof
    manner: Manner = Manner.STAYS
    taste: TlsTaste = TlsTaste()

    @property
    def serial(self) -> str:
        """What its certificate and its boot say."""
        return f"SN-{self.identity.upper()}"

    @property
    def site(self) -> str:
        """Where it stands: it is called after that."""
        return self.identity.rpartition("-")[0]

    @property
    def version(self) -> str:
        """The version as people write it."""
        return self.dialect.removeprefix("ocpp")


_RESTS, _WAITS, _REPAIRS = Manner.RESTS, Manner.WAITS, Manner.REPAIRS
_RENEWS, _IGNORES = Manner.RENEWS, Manner.IGNORES
_FORGETS, _REFUSES = Manner.FORGETS, Manner.REFUSES
_OLD_ECDSA = TlsTaste(TlsVersion.TLS_1_2, "ECDHE-ECDSA-AES128-GCM-SHA256")
_OLD_RSA = TlsTaste(TlsVersion.TLS_1_2, "ECDHE-RSA-AES256-GCM-SHA384")
_OLDEST = TlsTaste(TlsVersion.TLS_1_2, "AES128-GCM-SHA256")

CAST: Final = (
    Part("depot-1", V16, _BASIC, Proof.OCTETS),
    Part("depot-2", V201, _BASIC, Proof.TEXT),
    Part("depot-3", V21, _BASIC, Proof.TEXT),
    Part("street-1", V16, _TLS, Proof.OCTETS, taste=_OLDEST),
    Part("street-2", V16, _TLS, Proof.TEXT, taste=_OLD_RSA),
    Part("street-3", V16, _TLS, Proof.HUMAN, _RESTS),
    Part("street-4", V201, _TLS, Proof.TEXT),
    Part("street-5", V201, _TLS, Proof.TEXT, _RESTS),
    Part("street-6", V201, _TLS, Proof.TEXT, _REPAIRS),
    Part("street-7", V21, _TLS, Proof.TEXT),
    Part("street-8", V21, _TLS, Proof.TEXT, _RESTS),
    Part("yard-1", V16, _TLS, Proof.TEXT, _FORGETS),
    Part("yard-2", V21, _TLS, Proof.TEXT, _REFUSES),
    Part("hub-1", V16, _CERTIFICATE, Proof.ECDSA, taste=_OLD_ECDSA),
    Part("hub-2", V16, _CERTIFICATE, Proof.RSA, taste=_OLD_RSA),
    Part("hub-3", V201, _CERTIFICATE, Proof.ECDSA),
    Part("hub-4", V201, _CERTIFICATE, Proof.RSA),
    Part("hub-5", V21, _CERTIFICATE, Proof.ECDSA),
    Part("hub-6", V21, _CERTIFICATE, Proof.ECDSA),
    Part("site-1", V16, _CERTIFICATE, Proof.ECDSA, _RENEWS),
    Part("site-2", V201, _CERTIFICATE, Proof.ECDSA, _RENEWS),
    Part("site-3", V21, _CERTIFICATE, Proof.ECDSA, _RENEWS),
    Part("site-4", V201, _CERTIFICATE, Proof.ECDSA, _IGNORES),
    Part("new-1", V201, _CERTIFICATE, Proof.FACTORY, _WAITS),
    Part("rogue-1", V201, _TLS, Proof.TEXT, _RESTS),
    Part("rogue-2", V16, _TLS, Proof.TEXT, _RESTS),
)

#: The part that is registered late, on the command line, while the gateway runs.
LATE: Final = Part("late-1", V21, _TLS, Proof.TEXT)

#: The part that gets its first certificate from us: it comes with a password, and ends on profile 3.
FIELD: Final = Part("field-1", V16, _CERTIFICATE, Proof.OCTETS, _RENEWS)

BY_IDENTITY: Final[Mapping[str, Part]] = {part.identity: part for part in (*CAST, LATE, FIELD)}


@dataclass(frozen=True, slots=True)
class Billing:
    """Who is who in the scenes, by identity."""

    guessed_at: str = "street-3"  # its password was made by people
    resting: str = "street-5"  # knocked at with wrong passwords while it is away
    named: str = "street-8"  # held against a name that nobody has
    live: str = "street-4"  # challenged by a second connection
    certified: str = "hub-3"  # attacked with bad certificates
    revoked: str = "hub-6"  # loses its certificate while it is connected
    withdrawn: str = "site-1"  # the same, with a certificate of our own authority
    ordered: str = "street-7"  # quarantined and released on the command line
    commanded: str = "street-2"  # its CSMS tries to take over its credentials
    insiders: tuple[str, str] = ("rogue-1", "rogue-2")


BILLING: Final = Billing()
