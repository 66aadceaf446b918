"""What an ACME account signs with its key: requests, answers to challenges, and its bond to a customer.

RFC 8555, 6.2 (requests as flattened JWS), 7.3.4 (external account binding), 8.1 (key authorizations).
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jws
from joserfc.jwk import ECKey, OctKey

from voltward.crypto.keys import read_private_key
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.secret import Secret

# ACME's own header parameters, `nonce` and `url`, are none of JOSE's.
_TAKES_ACMES: Final = jws.JWSRegistry(algorithms=["ES256", "HS256"], strict_check_header=False)


@dataclass(frozen=True, slots=True)
class ExternalAccount:
    """The bond to a customer there: its name, and the HMAC key that both know."""

    name: str
    key: Secret

    @classmethod
    def read(cls, name: str, text: Secret) -> ExternalAccount:
        """The key as authorities hand it out, Base64 for URLs. OperatorFault for anything else."""
        try:
            octets = urlsafe_b64decode(text.reveal() + b"=" * (-len(text) % 4))
        except ValueError as error:
            raise OperatorFault("the account's HMAC key is no Base64.", mend="Copy it anew.") from error
        return cls(name, Secret(octets))


class AcmeAccount:
    """Signs with a P-256 key (PEM)."""

    __slots__ = ("_key",)

    def __init__(self, private_key: Secret) -> None:
        key = read_private_key(private_key)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise OutsideFault("the key of the ACME account is not on P-256.", mend="Restore the room.")
        self._key = ECKey.import_key(key)

    def request(self, url: str, nonce: str, payload: object | None, account: str | None) -> bytes:
        """The body of a POST; no payload is POST-as-GET (6.3), no `account` URL shows the key itself."""
        who = {"kid": account} if account is not None else {"jwk": self._public()}
        head = {"alg": "ES256", "nonce": nonce, "url": url, **who}
        text = "" if payload is None else json.dumps(payload)
        return _json(jws.serialize_json({"protected": head}, text, self._key, registry=_TAKES_ACMES))

    def bond(self, url: str, outside: ExternalAccount) -> Any:
        """What a new account says of its customer."""
        head = {"alg": "HS256", "kid": outside.name, "url": url}
        key = OctKey.import_key(outside.key.reveal())
        return jws.serialize_json({"protected": head}, json.dumps(self._public()), key, registry=_TAKES_ACMES)

    def key_authorization(self, token: str) -> str:
        """What http-01 shows."""
        return f"{token}.{self._key.thumbprint()}"

    def record_value(self, token: str) -> str:
        """What dns-01 shows, as a TXT record of `_acme-challenge`."""
        digest = hashlib.sha256(self.key_authorization(token).encode("ascii")).digest()
        return urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")

    def _public(self) -> dict[str, Any]:
        return {name: value for name, value in self._key.as_dict(private=False).items() if name != "kid"}


def _json(document: object) -> bytes:
    return json.dumps(document).encode("ascii")
