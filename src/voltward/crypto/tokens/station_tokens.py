"""The signed word about a station: a JWT (RFC 7519, ES256), and the public key set for it (RFC 7517).

The key comes from 32 random octets of the gateway's room. Signing costs about 40 us.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwt
from joserfc.jwk import ECKey

from voltward.domain.secret import Secret

ALGORITHM = "ES256"
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_WIDE = 48  # octets: half as many again as the order has, so that no scalar is likelier (FIPS 186-5, A.2.1)


class TokenSigner:
    """Signs claims; `key_set` is what a CSMS checks them with."""

    __slots__ = ("_head", "_key", "key_set")

    def __init__(self, seed: Secret) -> None:
        """`seed`: 32 random octets that nobody else has."""
        if len(seed) != 32:
            raise ValueError("the key of the tokens is made from 32 octets")
        wide = HKDF(hashes.SHA256(), _WIDE, salt=None, info=b"voltward station token").derive(seed.reveal())
        scalar = int.from_bytes(wide, "big") % (_P256_ORDER - 1) + 1
        self._key = ECKey.import_key(ec.derive_private_key(scalar, ec.SECP256R1()))
        name = self._key.thumbprint()  # RFC 7638: whoever has the key can tell its name
        self._head = {"alg": ALGORITHM, "typ": "JWT", "kid": name}
        public = {**self._key.as_dict(private=False), "kid": name, "use": "sig", "alg": ALGORITHM}
        self.key_set = json.dumps({"keys": [public]}, sort_keys=True).encode("ascii")

    def sign(self, claims: Mapping[str, str | int]) -> str:
        """The compact form: ASCII that is safe in a header."""
        return jwt.encode(self._head, dict(claims), self._key, algorithms=[ALGORITHM])
