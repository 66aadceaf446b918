"""Tokens that prove a provisioner's key to an authority outside: JWTs (RFC 7519) signed with its JWK."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final, Self

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from voltward.domain.errors import OperatorFault
from voltward.domain.secret import Secret

_ALGORITHMS: Final = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}


class ProvisionerKey:
    """An elliptic key with the name (`kid`) by which the authority knows it."""

    __slots__ = ("_algorithm", "_key", "_name")

    def __init__(self, key: ECKey, algorithm: str, name: str) -> None:
        self._key = key
        self._algorithm = algorithm
        self._name = name

    @classmethod
    def read(cls, jwk: Secret) -> Self:
        """From a private JWK (RFC 7517), or OperatorFault; without `kid` it is named by its thumbprint."""
        try:
            said = json.loads(jwk.reveal())
            key = ECKey.import_key(said)
            algorithm = _ALGORITHMS[str(said["crv"])]
            name = str(said.get("kid") or key.thumbprint())
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise _unfit() from error
        if not key.is_private:
            raise _unfit()
        return cls(key, algorithm, name)

    def sign(self, claims: Mapping[str, str | int]) -> str:
        """The compact form."""
        head = {"alg": self._algorithm, "typ": "JWT", "kid": self._name}
        return jwt.encode(head, dict(claims), self._key, algorithms=[self._algorithm])


def _unfit() -> OperatorFault:
    return OperatorFault(
        "the provisioner's key is no private elliptic JWK.",
        mend="Name a file with the key as JSON, decrypted.",
    )
