from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_public_key,
)

from voltward.crypto.keys import (
    KeyKind,
    ed25519_public_pem,
    key_fingerprint,
    make_key,
    private_key_pem,
    read_private_key,
)
from voltward.domain.errors import OutsideFault
from voltward.domain.secret import Secret


@pytest.mark.parametrize(("kind", "bits"), [(KeyKind.RSA_2048, 2048), (KeyKind.RSA_3072, 3072)])
def test_rsa_keys_have_the_size_of_their_kind(kind: KeyKind, bits: int) -> None:
    key = make_key(kind)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == bits


def test_elliptic_keys_are_on_p_256() -> None:
    key = make_key(KeyKind.EC_P256)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert key.curve.name == "secp256r1"


def test_a_key_comes_back_from_its_pem() -> None:
    key = make_key(KeyKind.EC_P256)
    assert read_private_key(private_key_pem(key)).public_key() == key.public_key()


def _encrypted() -> bytes:
    key = make_key(KeyKind.EC_P256)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))


def _edwards() -> bytes:
    key = ed25519.Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize("pem", [b"", b"rubbish", _encrypted(), _edwards()])
def test_what_is_no_key_of_ours_is_refused(pem: bytes) -> None:
    with pytest.raises(OutsideFault):
        read_private_key(Secret(pem))


def test_the_public_half_of_a_signing_seed_is_that_of_rfc_8032() -> None:
    """Section 7.1, test 1."""
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    public = load_pem_public_key(ed25519_public_pem(Secret(seed)))
    assert isinstance(public, ed25519.Ed25519PublicKey)
    expected = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert public.public_bytes_raw().hex() == expected


def test_a_key_has_one_fingerprint_wherever_it_stands() -> None:
    key = make_key(KeyKind.EC_P256)
    again = read_private_key(private_key_pem(key))

    assert key_fingerprint(key.public_key()) == key_fingerprint(again.public_key())
    assert len(key_fingerprint(key.public_key())) == 32
