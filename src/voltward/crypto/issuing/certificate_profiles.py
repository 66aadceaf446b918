"""What the certificates that we issue look like: a table of profiles as data, with the reasons.

No profile that a station meets carries an extended key usage ((2.x, A00.FR.514): stations with an ISO 15118
certificate refuse it or lack it). Nothing here is taken from whoever asks for a certificate.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

_YEAR = timedelta(days=365)

# Stations boot with a clock at their firmware's build date, and would find a fresh certificate not valid yet
# (field note 23). The whole path must reach back, so authorities and leaves begin at the same past.
BACKDATED = 2 * _YEAR
# A station's own certificate is judged by our clock alone: a day forgives two of our machines that differ.
_ALMOST_NOW = timedelta(days=1)


class KeyUse(StrEnum):
    """What a key may be used for, as far as OCPP needs it (A00.FR.512)."""

    SIGN_CERTIFICATES = "sign certificates"
    SIGN_REVOCATIONS = "sign revocation lists"
    SIGN = "digital signature"
    TRANSPORT_KEYS = "key encipherment"  # TLS_RSA suites; left out for other than RSA keys


_AUTHORITY = frozenset({KeyUse.SIGN_CERTIFICATES, KeyUse.SIGN_REVOCATIONS, KeyUse.SIGN})


class Purpose(StrEnum):
    """Extended key usages; no profile of a station, a server or an authority has any."""

    SIGN_STATUS = "OCSP signing"


@dataclass(frozen=True, slots=True)
class CertificateProfile:
    """`lifetime` runs on from the moment of issue, `backdated` back from it. No `path_length`: a leaf."""

    name: str
    uses: frozenset[KeyUse]
    lifetime: timedelta
    backdated: timedelta = BACKDATED
    path_length: int | None = None
    purpose: Purpose | None = None

    @property
    def is_ca(self) -> bool:
        """May it issue certificates?"""
        return self.path_length is not None


# As long as a station stands in the street: roots in firmware that nobody updates stay (field note 20).
ROOT = CertificateProfile("root", _AUTHORITY, 20 * _YEAR, path_length=1)
# Half of its root, so that one rotation fits in before the root must go.
ISSUING_CA = CertificateProfile("issuing CA", _AUTHORITY, 10 * _YEAR, path_length=0)
# Self-signed, since stations take no other root for firmware; old firmware must stay verifiable.
FIRMWARE_CA = CertificateProfile("firmware CA", _AUTHORITY, 20 * _YEAR, path_length=0)
# Renewed each year with a year to spare; no public browser's limit applies to a private CA.
CSMS_SERVER = CertificateProfile("CSMS server", frozenset({KeyUse.SIGN, KeyUse.TRANSPORT_KEYS}), 2 * _YEAR)
# A year, and the weeks that a station may stand dark in winter and still come in to renew.
STATION = CertificateProfile(
    "station", frozenset({KeyUse.SIGN, KeyUse.TRANSPORT_KEYS}), timedelta(days=400), _ALMOST_NOW
)
# Nobody asks whether it was revoked (RFC 6960, 4.2.2.2.1), so it does not live for long.
STATUS_SIGNER = CertificateProfile(
    "status signer", frozenset({KeyUse.SIGN}), timedelta(days=30), _ALMOST_NOW, purpose=Purpose.SIGN_STATUS
)
