"""Private keys: which kinds we make, and their form at rest and in memory.

Keys are drawn by the library from the system's generator, never from a seed.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from voltward.domain.errors import OutsideFault
from voltward.domain.secret import Secret

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey


class KeyKind(StrEnum):
    """The kinds that the four suites of A00.FR.318 need, and that small stations can bear."""

    EC_P256 = "ec-p256"
    RSA_2048 = "rsa-2048"  # leaves: the oldest stations take no more
    RSA_3072 = "rsa-3072"  # authorities, which live beyond 2030 (BSI TR-02102, NIST SP 800-57)


_RSA_BITS = {KeyKind.RSA_2048: 2048, KeyKind.RSA_3072: 3072}


def make_key(kind: KeyKind) -> PrivateKey:
    """A fresh key pair; RSA takes up to a second."""
    if kind is KeyKind.EC_P256:
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(65537, _RSA_BITS[kind])


class KeySource(Protocol):
    """Where keys of authorities are made."""

    @property
    def keeps_its_keys(self) -> bool:
        """They never leave it, and it finds them again; else whoever asked has to keep them."""
        ...

    def make(self, name: str, kind: KeyKind) -> PrivateKey:
        """A fresh key pair; `name` is for whoever looks into the source."""
        ...


class DrawnKeys:
    """Keys in memory, for whoever seals them into a room."""

    keeps_its_keys = False

    def make(self, name: str, kind: KeyKind) -> PrivateKey:
        """See `make_key`."""
        return make_key(kind)


def private_key_pem(key: PrivateKey) -> Secret:
    """PKCS #8 in PEM form, not encrypted: to be sealed before it touches a disk."""
    return Secret(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def read_private_key(pem: Secret) -> PrivateKey:
    """What `private_key_pem` wrote; OutsideFault if it is none of our kinds.

    The arithmetic of an RSA key is not proven anew, which takes a tenth of a second: it lay under our seal.
    """
    try:
        key = load_pem_private_key(pem.reveal(), None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise OutsideFault("this is no private key in PEM form.") from error
    if not isinstance(key, PrivateKey):
        raise OutsideFault("this private key is neither RSA nor elliptic curve.")
    return key


def ed25519_public_pem(seed: Secret) -> bytes:
    """The public half of an Ed25519 key of 32 octets (RFC 8032), for whoever verifies what it signed."""
    public = ed25519.Ed25519PrivateKey.from_private_bytes(seed.reveal()).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def key_fingerprint(key: CertificatePublicKeyTypes) -> bytes:
    """SHA-256 of the SubjectPublicKeyInfo in DER form: 32 octets, the same in all its certificates."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
