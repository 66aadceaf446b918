"""Keys of authorities in a PKCS #11 token: made there, used there, and never anywhere else.

A token is found by its label, a key by the SHA-256 of its public half, so that two deployments may share a
token. The library is an extra (`pip install 'voltward[pkcs11]'`): this module is imported when it is needed.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import pkcs11
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, PKCS11Error
from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters
from pkcs11.util.rsa import encode_rsa_public_key

from voltward.crypto.keys import KeyKind, PrivateKey, PublicKey
from voltward.crypto.tokens.token_signing import TokenEcKey, TokenRsaKey
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.secret import Secret

_RSA_BITS: Final = {KeyKind.RSA_2048: 2048, KeyKind.RSA_3072: 3072}
_CURVE: Final = "secp256r1"

# What the library raises when, in words that say how to mend it.
_WORDS: Final = {
    "PinIncorrect": ("refuses the PIN.", "Check signer.pin; most tokens lock after a few wrong ones."),
    "PinLocked": (
        "has locked its PIN.",
        "Unlock it with the token's own tool.",
    ),
    "NoSuchToken": ("is not there.", "Plug it in, or check signer.token and signer.pkcs11."),
    "TokenNotPresent": ("is not there.", "Plug it in, or check signer.token and signer.pkcs11."),
    "MultipleTokensReturned": ("is there more than once.", "Give each token a label of its own."),
    "UserPinNotInitialized": ("has no PIN yet.", "Initialise it with its own tool."),
    "DeviceRemoved": ("was taken away.", "Plug it in again, and start the signer again."),
    "TokenWriteProtected": ("may not be written to.", "Open it for writing with its own tool."),
}


class PinRefused(OperatorFault):
    """The token was asked, and counts its wrong answers."""


@dataclass(frozen=True, slots=True)
class TokenPlace:
    """`module`: the token's library; `label`: the token's own."""

    module: str
    label: str
    pin: Secret


class TokenKeys:
    """An opened token; implements `crypto.keys.KeySource`. One session, one caller at a time."""

    keeps_its_keys = True

    def __init__(self, session: Any, place: TokenPlace) -> None:
        self._session = session
        self._place = place
        self._turn = threading.Lock()

    def make(self, name: str, kind: KeyKind) -> PrivateKey:
        """A new key pair that can be used for signing alone, and cannot be taken out."""
        private = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False, Attribute.SIGN: True}
        options = {"store": True, "label": name, "private_template": private}
        with _faults(self._place), self._turn:
            if kind is KeyKind.EC_P256:
                curve = {Attribute.EC_PARAMS: encode_named_curve_parameters(_CURVE)}
                parameters = self._session.create_domain_parameters(KeyType.EC, curve, local=True)
                public, made = parameters.generate_keypair(**options)
            else:
                public, made = self._session.generate_keypair(KeyType.RSA, _RSA_BITS[kind], **options)
            read = _read_public(public)
            for half in (public, made):
                half[Attribute.ID] = _id_of(read)
        return self._usable(made, read)

    def find(self, public_key: PublicKey) -> PrivateKey | None:
        """The private half of this key, where the token has it."""
        wanted = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: _id_of(public_key)}
        with _faults(self._place), self._turn:
            found = list(self._session.get_objects(wanted))
        return self._usable(found[0], public_key) if found else None

    def close(self) -> None:
        """Give the session back."""
        self._session.close()

    def _usable(self, private: Any, public: PublicKey) -> PrivateKey:
        if isinstance(public, rsa.RSAPublicKey):
            return TokenRsaKey(public, self._signing(private, "SHA256_RSA_PKCS"))
        return TokenEcKey(public, self._signing(private, "ECDSA"))

    def _signing(self, private: Any, mechanism: str) -> Callable[[bytes], bytes]:
        def sign(data: bytes) -> bytes:
            with _faults(self._place), self._turn:
                return bytes(private.sign(data, mechanism=Mechanism[mechanism]))

        return sign


def open_token(place: TokenPlace) -> TokenKeys:
    """Open it with its PIN. OperatorFault or OutsideFault say what is missing: module, token, PIN."""
    try:
        module = pkcs11.lib(place.module)
    except (RuntimeError, PKCS11Error) as error:
        raise OperatorFault(
            "this is no PKCS #11 module, or it does not load.",
            mend="Name the shared library of the token: signer.pkcs11.",
            subject=place.module,
        ) from error
    with _faults(place):
        pin = place.pin.reveal().decode("utf-8", "surrogateescape")
        session = module.get_token(token_label=place.label).open(rw=True, user_pin=pin)
    return TokenKeys(session, place)


def _read_public(public: Any) -> PublicKey:
    """The library's public key as ours."""
    encode = encode_ec_public_key if public.key_type == KeyType.EC else encode_rsa_public_key
    key = load_der_public_key(encode(public))
    assert isinstance(key, PublicKey)
    return key


def _id_of(key: PublicKey) -> bytes:
    info = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(info).digest()


@contextmanager
def _faults(place: TokenPlace) -> Iterator[None]:
    """What the token refuses, in words."""
    try:
        yield
    except PKCS11Error as error:
        kind = type(error).__name__
        what, mend = _WORDS.get(kind, (f"cannot do that: {kind} {error}".rstrip() + ".", "Check the token."))
        usual = OperatorFault if kind.startswith("Pin") else OutsideFault
        fault = PinRefused if kind == "PinIncorrect" else usual
        raise fault(f"the token {place.label!r} {what}", mend=mend, subject=place.module) from error
