"""Private keys whose signing happens in a token, in the shape that the library's certificate builders take.

They sign as authorities do: ECDSA, and RSA by PKCS #1 v1.5, both over SHA-256. Everything else that such a
key could be asked for would take it out of its token, and is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, NoReturn

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

Sign = Callable[[bytes], bytes]


class TokenEcKey(ec.EllipticCurvePrivateKey):
    """`sign` takes a digest (small tokens hash nothing), and gives r and s one behind the other."""

    def __init__(self, public: ec.EllipticCurvePublicKey, sign: Sign) -> None:
        self._public = public
        self._sign = sign

    @property
    def curve(self) -> ec.EllipticCurve:
        """The public half knows it."""
        return self._public.curve

    @property
    def key_size(self) -> int:
        """In bits."""
        return self._public.key_size

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public half."""
        return self._public

    def sign(self, data: Any, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """The signature as DER."""
        if not isinstance(signature_algorithm.algorithm, hashes.SHA256):
            raise UnsupportedAlgorithm("the token signs with SHA-256 alone")
        raw = self._sign(hashlib.sha256(bytes(data)).digest())
        half = len(raw) // 2
        return encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))

    def exchange(self, *_: object, **__: object) -> NoReturn:
        """It signs alone."""
        _never()

    def private_numbers(self) -> NoReturn:
        """It stays where it is."""
        _never()

    def private_bytes(self, *_: object, **__: object) -> NoReturn:
        """It stays where it is."""
        _never()

    def __copy__(self) -> TokenEcKey:
        return self

    def __deepcopy__(self, memo: dict) -> TokenEcKey:
        return self


class TokenRsaKey(rsa.RSAPrivateKey):
    """`sign` takes what is to be signed and hashes it itself."""

    def __init__(self, public: rsa.RSAPublicKey, sign: Sign) -> None:
        self._public = public
        self._sign = sign

    @property
    def key_size(self) -> int:
        """In bits."""
        return self._public.key_size

    def public_key(self) -> rsa.RSAPublicKey:
        """The public half."""
        return self._public

    def sign(self, data: Any, padding: Any, algorithm: Any) -> bytes:
        """By PKCS #1 v1.5 over SHA-256."""
        if not isinstance(algorithm, hashes.SHA256) or not isinstance(padding, PKCS1v15):
            raise UnsupportedAlgorithm("the token signs by PKCS #1 v1.5 over SHA-256 alone")
        return self._sign(bytes(data))

    def decrypt(self, *_: object, **__: object) -> NoReturn:
        """It signs alone."""
        _never()

    def private_numbers(self) -> NoReturn:
        """It stays where it is."""
        _never()

    def private_bytes(self, *_: object, **__: object) -> NoReturn:
        """It stays where it is."""
        _never()

    def __copy__(self) -> TokenRsaKey:
        return self

    def __deepcopy__(self, memo: dict) -> TokenRsaKey:
        return self


def _never() -> NoReturn:
    raise UnsupportedAlgorithm("this key signs in its token, and nothing else")
