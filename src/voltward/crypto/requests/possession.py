"""Proof of possession (RFC 2986, 3): is a request signed by the key that it carries?

The table says which signatures are understood. SHA-1 and MD5 are verified too, so that a rule can name the
hash as the reason instead of a signature that would "not fit".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from voltward.crypto.keys import PublicKey
from voltward.crypto.reading.der import (
    SEQUENCE,
    Element,
    MalformedDer,
    elements_in,
    expect,
    identifier_of,
    integer_of,
)

_HASHES: Mapping[str, type[hashes.HashAlgorithm]] = {
    "md5": hashes.MD5,
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
_PSS: Final = "1.2.840.113549.1.1.10"


class _Scheme(NamedTuple):
    name: str
    hash_name: str
    key: type


_SCHEMES: Mapping[str, _Scheme] = {
    "1.2.840.113549.1.1.4": _Scheme("RSA PKCS #1 with MD5", "md5", rsa.RSAPublicKey),
    "1.2.840.113549.1.1.5": _Scheme("RSA PKCS #1 with SHA-1", "sha1", rsa.RSAPublicKey),
    "1.2.840.113549.1.1.14": _Scheme("RSA PKCS #1 with SHA-224", "sha224", rsa.RSAPublicKey),
    "1.2.840.113549.1.1.11": _Scheme("RSA PKCS #1 with SHA-256", "sha256", rsa.RSAPublicKey),
    "1.2.840.113549.1.1.12": _Scheme("RSA PKCS #1 with SHA-384", "sha384", rsa.RSAPublicKey),
    "1.2.840.113549.1.1.13": _Scheme("RSA PKCS #1 with SHA-512", "sha512", rsa.RSAPublicKey),
    "1.2.840.10045.4.1": _Scheme("ECDSA with SHA-1", "sha1", ec.EllipticCurvePublicKey),
    "1.2.840.10045.4.3.1": _Scheme("ECDSA with SHA-224", "sha224", ec.EllipticCurvePublicKey),
    "1.2.840.10045.4.3.2": _Scheme("ECDSA with SHA-256", "sha256", ec.EllipticCurvePublicKey),
    "1.2.840.10045.4.3.3": _Scheme("ECDSA with SHA-384", "sha384", ec.EllipticCurvePublicKey),
    "1.2.840.10045.4.3.4": _Scheme("ECDSA with SHA-512", "sha512", ec.EllipticCurvePublicKey),
}
_HASH_IDENTIFIERS: Mapping[str, str] = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}


@dataclass(frozen=True, slots=True)
class SignatureSeen:
    """How a request is signed, for people and for rules; whether that proves possession of the key.

    `hash_name` is as in certificates (`sha256`), None where the algorithm is not understood.
    """

    algorithm: str
    hash_name: str | None
    proves_possession: bool


def examine_signature(algorithm: Element, signature: bytes, signed: bytes, key: PublicKey) -> SignatureSeen:
    """Verify the signature over `signed` by the key itself. MalformedDer where the algorithm is none."""
    parts = elements_in(expect(algorithm, SEQUENCE).content, 2)
    if not parts:
        raise MalformedDer("the signature has no algorithm.")
    identifier = identifier_of(parts[0])
    if identifier == _PSS:
        name, salt = _pss_parameters(parts[1:])
        fits = isinstance(key, rsa.RSAPublicKey) and _rsa_holds(key, signature, signed, name, salt)
        return SignatureSeen(f"RSA PSS with {name.upper()}", name, fits)
    scheme = _SCHEMES.get(identifier)
    if scheme is None:
        return SignatureSeen(identifier, None, proves_possession=False)
    fits = isinstance(key, scheme.key) and _holds(key, signature, signed, scheme.hash_name)
    return SignatureSeen(scheme.name, scheme.hash_name, fits)


def _holds(key: PublicKey, signature: bytes, signed: bytes, hash_name: str) -> bool:
    if isinstance(key, rsa.RSAPublicKey):
        return _rsa_holds(key, signature, signed, hash_name, None)
    try:
        key.verify(signature, signed, ec.ECDSA(_HASHES[hash_name]()))
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def _rsa_holds(
    key: rsa.RSAPublicKey, signature: bytes, signed: bytes, hash_name: str, salt: int | None
) -> bool:
    """PKCS #1 v1.5 without a salt's length, PSS with it; the mask of PSS has the same hash (RFC 4055)."""
    algorithm = _HASHES[hash_name]()
    scheme = padding.PKCS1v15() if salt is None else padding.PSS(padding.MGF1(algorithm), salt)
    try:
        key.verify(signature, signed, scheme, algorithm)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def _pss_parameters(parameters: tuple[Element, ...]) -> tuple[str, int]:
    """Hash and length of the salt; what is left out is SHA-1 and 20 octets (RFC 4055, 3.1)."""
    name, salt = "sha1", 20
    fields = elements_in(expect(parameters[0], SEQUENCE).content, 4) if parameters else ()
    for field in fields:
        inner = elements_in(field.content, 1)
        if not inner:
            raise MalformedDer("a parameter of the signature is empty.")
        if field.tag == 0xA0:
            kinds = elements_in(expect(inner[0], SEQUENCE).content, 2)
            name = _HASH_IDENTIFIERS.get(identifier_of(kinds[0]) if kinds else "", "")
        elif field.tag == 0xA2:
            salt = integer_of(inner[0])
    if name not in _HASHES or not 0 <= salt <= 512:
        raise MalformedDer("the signature's parameters name no hash that is known.")
    return name, salt
