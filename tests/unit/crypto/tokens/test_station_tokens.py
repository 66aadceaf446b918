from __future__ import annotations

import base64
import hashlib
import json

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from voltward.crypto.tokens.station_tokens import TokenSigner
from voltward.domain.secret import Secret

SIGNER = TokenSigner(Secret(b"s" * 32))
CLAIMS = {"sub": "CP001", "exp": 60}


def octets(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def checked(token: str, key_set: bytes) -> tuple[dict[str, str], dict[str, str | int]]:
    """Head and claims; by hand, so that the library that signed does not check itself (RFC 7515, RFC 7518)."""
    (key,) = json.loads(key_set)["keys"]
    x, y = (int.from_bytes(octets(key[name]), "big") for name in "xy")
    signed, _, signature = token.rpartition(".")
    raw = octets(signature)
    assert len(raw) == 64
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    public.verify(encode_dss_signature(r, s), signed.encode(), ec.ECDSA(hashes.SHA256()))
    head, claims = (json.loads(octets(part)) for part in signed.split("."))
    return head, claims


def test_a_token_is_verified_with_the_published_key() -> None:
    head, claims = checked(SIGNER.sign(CLAIMS), SIGNER.key_set)

    assert claims == CLAIMS
    assert (head["alg"], head["typ"]) == ("ES256", "JWT")


def test_another_key_does_not_verify_it() -> None:
    with pytest.raises(InvalidSignature):
        checked(SIGNER.sign(CLAIMS), TokenSigner(Secret(b"t" * 32)).key_set)


def test_the_key_is_named_by_its_thumbprint_and_says_what_it_is_for() -> None:
    (key,) = json.loads(SIGNER.key_set)["keys"]
    members = {name: key[name] for name in ("crv", "kty", "x", "y")}  # (RFC 7638 3.2)
    digest = hashlib.sha256(json.dumps(members, sort_keys=True, separators=(",", ":")).encode()).digest()

    assert octets(key["kid"]) == digest
    assert (key["use"], key["alg"]) == ("sig", "ES256")
    assert checked(SIGNER.sign(CLAIMS), SIGNER.key_set)[0]["kid"] == key["kid"]


def test_nothing_private_is_published() -> None:
    assert "d" not in json.loads(SIGNER.key_set)["keys"][0]


def test_the_same_octets_make_the_same_key() -> None:
    assert TokenSigner(Secret(b"s" * 32)).key_set == SIGNER.key_set
    with pytest.raises(ValueError, match="32 octets"):
        TokenSigner(Secret(b"s" * 31))
