"""Keys of simulated stations in a PKCS #11 token: made there, used there, never seen outside.

The one module that needs `python-pkcs11` (the extra `pkcs11`): import it only when a token is wanted.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pkcs11
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.exceptions import PKCS11Error
from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters
from pkcs11.util.rsa import encode_rsa_public_key

from voltward.crypto.tokens.token_signing import TokenEcKey, TokenRsaKey
from voltward.domain.errors import OutsideFault
from voltward.simulator.certificates import KeyKind, PrivateKey
from voltward.simulator.token_place import TokenPlace

_RSA_BITS: Final = 2048
_CURVE: Final = "secp256r1"


class TokenKeys:
    """One token, opened with the PIN in a file. Its methods block for as long as the token takes."""

    def __init__(self, module: Path, token: str, pin_file: Path) -> None:
        self._module, self._token, self._pin_file = str(module), token, str(pin_file.absolute())
        try:
            pin = TokenPlace(self._module, token, "", self._pin_file).pin()
            self._session = pkcs11.lib(self._module).get_token(token_label=token).open(rw=True, user_pin=pin)
        except (OSError, PKCS11Error, RuntimeError) as error:
            raise OutsideFault(
                f"the token cannot be opened: {type(error).__name__} {error}".strip() + ".",
                mend="Check the library, the token's label and the PIN in its file.",
                subject=token,
            ) from error

    def make(self, kind: KeyKind) -> PrivateKey:
        """A new key pair, under a name that the token's own generator drew.

        The number too: openssl's engine finds the public half of a key by it.
        """
        number = self._session.generate_random(64)
        label = f"station-{number.hex()}"
        if kind is KeyKind.EC:
            curve = {Attribute.EC_PARAMS: encode_named_curve_parameters(_CURVE)}
            parameters = self._session.create_domain_parameters(KeyType.EC, curve, local=True)
            parameters.generate_keypair(id=number, label=label, store=True)
        else:
            self._session.generate_keypair(KeyType.RSA, _RSA_BITS, id=number, label=label, store=True)
        return self.find(label)

    def find(self, label: str) -> PrivateKey:
        """The key of this name. OutsideFault when the token has none."""
        place = TokenPlace(self._module, self._token, label, self._pin_file)
        try:
            private: Any = self._session.get_key(ObjectClass.PRIVATE_KEY, label=label)
            public: Any = self._session.get_key(ObjectClass.PUBLIC_KEY, label=label)
        except PKCS11Error as error:
            raise OutsideFault(
                "there is no such key in the token.",
                mend="Give the station the token that it had, or forget its memory.",
                subject=label,
            ) from error
        is_rsa = private.key_type is KeyType.RSA
        key = load_der_public_key(encode_rsa_public_key(public) if is_rsa else encode_ec_public_key(public))
        if isinstance(key, rsa.RSAPublicKey):
            return RsaKeyInToken(place, private, key)
        assert isinstance(key, ec.EllipticCurvePublicKey), "found by a label that `make` gave"
        return EcKeyInToken(place, private, key)


class EcKeyInToken(TokenEcKey):
    """P-256, with the place that it is found at."""

    def __init__(self, place: TokenPlace, private: Any, public: ec.EllipticCurvePublicKey) -> None:
        super().__init__(public, lambda digest: bytes(private.sign(digest, mechanism=Mechanism.ECDSA)))
        self.place = place


class RsaKeyInToken(TokenRsaKey):
    """RSA with 2048 bits, with the place that it is found at."""

    def __init__(self, place: TokenPlace, private: Any, public: rsa.RSAPublicKey) -> None:
        super().__init__(public, lambda data: bytes(private.sign(data, mechanism=Mechanism.SHA256_RSA_PKCS)))
        self.place = place
