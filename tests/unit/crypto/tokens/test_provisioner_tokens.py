from __future__ import annotations

import json

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from voltward.crypto.tokens.provisioner_tokens import ProvisionerKey
from voltward.domain.errors import OperatorFault
from voltward.domain.secret import Secret


def said(document: object) -> Secret:
    return Secret(json.dumps(document).encode())


@pytest.mark.parametrize(("curve", "algorithm"), [("P-256", "ES256"), ("P-384", "ES384"), ("P-521", "ES512")])
def test_a_token_is_signed_under_the_name_of_the_key(curve: str, algorithm: str) -> None:
    key = ECKey.generate_key(curve)

    token = ProvisionerKey.read(said(key.as_dict(private=True))).sign({"sub": "SN-0001"})

    read = jwt.decode(token, key, algorithms=[algorithm])
    assert read.claims == {"sub": "SN-0001"}
    assert read.header["kid"] == key.as_dict().get("kid", key.thumbprint())


@pytest.mark.parametrize(
    "document",
    [
        ECKey.generate_key("P-256").as_dict(private=False),
        OctKey.generate_key(256).as_dict(private=True),
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": "AA"},
        {"kty": "EC"},
        [],
        "text",
        None,
    ],
)
def test_what_is_no_private_elliptic_key_is_told(document: object) -> None:
    with pytest.raises(OperatorFault, match="no private elliptic JWK"):
        ProvisionerKey.read(said(document))


def test_what_is_no_json_is_told() -> None:
    with pytest.raises(OperatorFault):
        ProvisionerKey.read(Secret(b"-----BEGIN"))
