"""How OCPP names a certificate: hashes of its issuer's name and key, and its serial (RFC 6960 4.1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp

#: The algorithms that the versions have words for.
ALGORITHMS: Final[Mapping[str, hashes.HashAlgorithm]] = {
    "SHA256": hashes.SHA256(),
    "SHA384": hashes.SHA384(),
    "SHA512": hashes.SHA512(),
}


@dataclass(frozen=True, slots=True)
class HashData:
    """Hexadecimal texts; two that differ in the case of letters, or in leading zeros, name the same."""

    algorithm: str
    issuer_name: str
    issuer_key: str
    serial: str

    def names(self, other: HashData) -> bool:
        """Whether both name the same certificate."""
        return self._plain() == other._plain()

    def _plain(self) -> tuple[str, ...]:
        serial = self.serial.casefold().lstrip("0")
        return self.algorithm, self.issuer_name.casefold(), self.issuer_key.casefold(), serial


def hash_data(certificate: x509.Certificate, issuer: x509.Certificate, algorithm: str) -> HashData:
    """The name of a certificate that `issuer` signed; a self-signed one is its own issuer.

    The library's OCSP request says the same four things; on purpose not our own reckoning in `crypto`:
    a peer that shared it would share its mistakes.
    """
    request = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, ALGORITHMS[algorithm]).build()
    return HashData(
        algorithm, request.issuer_name_hash.hex(), request.issuer_key_hash.hex(), f"{request.serial_number:x}"
    )
