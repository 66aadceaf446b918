"""Which certificate answers which request for an authority, and what stands above it."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

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


def split_crossed(certificates: Sequence[bytes], old_root: bytes) -> tuple[list[bytes], bytes]:
    """All but the forms of a root that another signed; and that which the old root signed, empty for none."""
    roots = {_named_key(der) for der in certificates if is_root(der)}
    crossed = [der for der in certificates if _named_key(der) in roots and not is_root(der)]
    old = x509.load_der_x509_certificate(old_root)
    fitting = (der for der in crossed if _has_signed(old, x509.load_der_x509_certificate(der)))
    return [der for der in certificates if der not in crossed], next(fitting, b"")


def is_root(certificate: bytes) -> bool:
    """Has it signed itself?"""
    read = x509.load_der_x509_certificate(certificate)
    return _has_signed(read, read)


def _named_key(certificate: bytes) -> tuple[x509.Name, bytes]:
    read = x509.load_der_x509_certificate(certificate)
    return read.subject, read.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def is_right_below(below: bytes, above: bytes) -> bool:
    """Whether an authority (DER) bears another's signature, and its name as issuer; none is below itself."""
    return below != above and _has_signed(
        x509.load_der_x509_certificate(above), x509.load_der_x509_certificate(below)
    )


def _has_signed(above: x509.Certificate, below: x509.Certificate) -> bool:
    try:
        below.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
