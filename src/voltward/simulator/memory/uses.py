"""What a certificate on a station is for, in no version."""

from __future__ import annotations

from enum import StrEnum


class CertificateUse(StrEnum):
    """The station's own: for the link to its CSMS, for vehicles (ISO 15118), or for both."""

    STATION = "station"
    V2G = "vehicles"
    V2G_20 = "vehicles of the newer edition"
    COMBINED = "station and vehicles"

    @property
    def is_for_the_link(self) -> bool:
        """May the station show it to its CSMS?"""
        return self in {CertificateUse.STATION, CertificateUse.COMBINED}


class AnchorUse(StrEnum):
    """Whose roots the station keeps, each for another purpose."""

    CSMS = "csms"
    MANUFACTURER = "manufacturer"
    V2G = "v2g"
    MO = "mo"
    OEM = "oem"
