"""Which certificate answers which request for an authority, and what stands above it."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

_LONGEST = 8


def chain_for_request(request: bytes, certificates: Sequence[bytes]) -> tuple[bytes, ...]:
    """The chain (DER, the authority first) for the key of this request; empty where none is for it."""
    key = x509.load_der_x509_csr(request).public_key()
    known = [(der, x509.load_der_x509_certificate(der)) for der in certificates]
    found = next((one for one in known if one[1].public_key() == key), None)
    if found is None:
        return ()
    chain = [found]
    while len(chain) < _LONGEST:
        above = next((one for one in known if one not in chain and _has_signed(one[1], chain[-1][1])), None)
        if above is None:
            break
        chain.append(above)
    return tuple(der for der, _ in chain)


def is_root(certificate: bytes) -> bool:
    """Has it signed itself?"""
    read = x509.load_der_x509_certificate(certificate)
    return _has_signed(read, read)


def _has_signed(above: x509.Certificate, below: x509.Certificate) -> bool:
    try:
        below.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
