"""The other form of a certificate that ECDSA signed.

Whoever holds a certificate can replace `s` of its signature by `n - s`: the signature stays valid, the
fingerprint does not stay the same. A deny-list of fingerprints has to look for both forms, or a revoked
station walks in with the other one. Signatures of RSA and EdDSA have one form each.
"""

from __future__ import annotations

import hashlib
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from voltward.crypto.reading.der import BIT_STRING, SEQUENCE, tagged

_CURVES: Final[tuple[ec.EllipticCurve, ...]] = (
    ec.SECP256R1(),
    ec.SECP384R1(),
    ec.SECP521R1(),
    ec.SECP224R1(),
    ec.SECP192R1(),
    ec.SECP256K1(),
    ec.BrainpoolP256R1(),
    ec.BrainpoolP384R1(),
    ec.BrainpoolP512R1(),
)
# By OpenSSL's names too: it calls two of them otherwise.
_ORDERS: Final = {curve.name: curve.group_order for curve in _CURVES} | {
    "prime256v1": ec.SECP256R1().group_order,
    "prime192v1": ec.SECP192R1().group_order,
}


def twin_fingerprint(der: bytes, issuer_curve: str) -> bytes | None:
    """SHA-256 of the DER form with the signature's other form; None if its signature has none.

    `issuer_curve` is the curve of the issuer's key; empty for another kind of key. ValueError for a curve
    that is not known, or octets that are no certificate signed by a key on that curve.
    """
    if not issuer_curve:
        return None
    certificate = x509.load_der_x509_certificate(der)
    r, s = decode_dss_signature(certificate.signature)
    order = _ORDERS.get(issuer_curve)
    if order is None or not 0 < s < order:
        raise ValueError(f"no signature of a key on {issuer_curve}")
    signature = tagged(BIT_STRING, b"\0" + certificate.signature)
    other = tagged(BIT_STRING, b"\0" + encode_dss_signature(r, order - s))
    body = certificate.tbs_certificate_bytes
    algorithm = der[der.index(body) + len(body) : len(der) - len(signature)]
    return hashlib.sha256(tagged(SEQUENCE, body + algorithm + other)).digest()
