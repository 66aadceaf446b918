from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey

from voltward.crypto.keys import KeyKind, make_key, private_key_pem
from voltward.crypto.tokens.acme_account import AcmeAccount, ExternalAccount
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.secret import Secret

ACCOUNT = AcmeAccount(private_key_pem(make_key(KeyKind.EC_P256)))
URL = "https://acme.example/new-order"
REGISTRY = jws.JWSRegistry(algorithms=["ES256", "HS256"], strict_check_header=False)


def protected(signed: Any) -> Any:
    head = signed["protected"]
    return json.loads(urlsafe_b64decode(head + "=" * (-len(head) % 4)))


def test_the_first_request_shows_the_key_and_later_ones_the_account() -> None:
    first = json.loads(ACCOUNT.request(URL, "n-1", {"a": 1}, None))
    key = protected(first)["jwk"]
    later = json.loads(ACCOUNT.request(URL, "n-2", None, "https://acme.example/acct/1"))

    assert protected(first).keys() == {"alg", "nonce", "url", "jwk"}
    assert "d" not in key
    assert protected(later)["kid"] == "https://acme.example/acct/1"
    assert (protected(later)["nonce"], protected(later)["url"]) == ("n-2", URL)
    public = ECKey.import_key(key)
    assert jws.deserialize_json(first, public, registry=REGISTRY).payload == b'{"a": 1}'
    assert jws.deserialize_json(later, public, registry=REGISTRY).payload == b""


def test_what_proves_a_name_holds_the_token_and_the_keys_thumbprint() -> None:
    key = protected(json.loads(ACCOUNT.request(URL, "n", {}, None)))["jwk"]

    assert ACCOUNT.key_authorization("token") == f"token.{ECKey.import_key(key).thumbprint()}"
    assert len(ACCOUNT.record_value("token")) == 43
    assert ACCOUNT.record_value("token") != ACCOUNT.record_value("other")


def test_a_bond_is_the_accounts_key_under_the_customers() -> None:
    outside = ExternalAccount.read("kid-1", Secret(b"c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0IQ"))

    bond = ACCOUNT.bond(URL, outside)

    assert protected(bond) == {"alg": "HS256", "kid": "kid-1", "url": URL}
    key = OctKey.import_key(b"secret-secret-secret-secret!")
    assert b'"kty"' in jws.deserialize_json(bond, key, registry=REGISTRY).payload


def test_keys_that_are_none_are_told() -> None:
    with pytest.raises(OperatorFault, match="no Base64"):
        ExternalAccount.read("kid-1", Secret(b"x"))
    with pytest.raises(OutsideFault, match="P-256"):
        AcmeAccount(private_key_pem(make_key(KeyKind.RSA_2048)))
