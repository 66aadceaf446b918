"""What EST carries (RFC 7030, with the clearer words of RFC 8951): Base64 of DER in both directions."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import serialize_certificates

from voltward.crypto.reading.pem import request_pem

# What a request may do well to have (RFC 7030, 4.5.2), one of many fit ones: a key on P-256, and ECDSA with
# SHA-256. Names are not among them: they are checked, and come from the registry.
_EC_ON_P256: Final = bytes.fromhex("3015 06072a8648ce3d0201 310a 06082a8648ce3d030107")
_ECDSA_SHA256: Final = bytes.fromhex("06082a8648ce3d040302")
REQUEST_ATTRIBUTES: Final = base64.b64encode(b"\x30\x21" + _EC_ON_P256 + _ECDSA_SHA256)


def certificates_only(ders: Sequence[bytes]) -> bytes:
    """PKCS #7 without a signature (4.1.3, 4.2.3), in Base64 without line ends: some readers know none."""
    certificates = [x509.load_der_x509_certificate(der) for der in ders]
    return base64.b64encode(serialize_certificates(certificates, Encoding.DER))


def request_text(body: bytes) -> str:
    """A request as EST sends it, written as a station would (PEM); what is no Base64 stays as it came."""
    try:
        return request_pem(base64.b64decode(b"".join(body.split()), validate=True)).decode("ascii")
    except binascii.Error:
        return body.decode("latin-1")
