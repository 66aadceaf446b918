from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.certificates import PrivateKey, new_key
from tests.fakes.signing_requests import ECDSA_SHA1, ECDSA_SHA256, RSA_SHA256, element, identifier
from voltward.crypto.reading.der import MalformedDer, elements_in, first_element
from voltward.crypto.requests.possession import SignatureSeen, examine_signature

SIGNED = b"what is signed"
EC, RSA = new_key("ec"), new_key("rsa")
HASHES = {
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


def examined(algorithm: bytes, signature: bytes, key: PrivateKey, signed: bytes = SIGNED) -> SignatureSeen:
    return examine_signature(first_element(algorithm), signature, signed, key.public_key())


def of_library(
    key: PrivateKey, algorithm: hashes.HashAlgorithm, pss: padding.PSS | None = None
) -> SignatureSeen:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    made = builder.sign(key, algorithm, rsa_padding=pss)  # type: ignore[arg-type]
    parts = elements_in(first_element(made.public_bytes(Encoding.DER)).content, 3)
    return examine_signature(parts[1], parts[2].content[1:], parts[0].whole, key.public_key())


@pytest.mark.parametrize("name", HASHES)
@pytest.mark.parametrize("key", [EC, RSA], ids=["ec", "rsa"])
def test_the_key_s_own_signature_proves_possession(key: PrivateKey, name: str) -> None:
    seen = of_library(key, HASHES[name])

    assert (seen.hash_name, seen.proves_possession) == (name, True)


@pytest.mark.parametrize("salt", [padding.PSS.DIGEST_LENGTH, padding.PSS.MAX_LENGTH, 20, 0])
@pytest.mark.parametrize("name", ["sha256", "sha512"])
def test_pss_is_understood_with_any_salt(name: str, salt: int) -> None:
    algorithm = HASHES[name]
    seen = of_library(RSA, algorithm, padding.PSS(padding.MGF1(algorithm), salt))

    assert (seen.algorithm, seen.hash_name) == (f"RSA PSS with {name.upper()}", name)
    assert seen.proves_possession


@pytest.mark.parametrize("curve", ["secp384r1", "secp521r1", "secp224r1", "brainpoolP256r1"])
def test_every_curve_signs(curve: str) -> None:
    assert of_library(new_key(curve), hashes.SHA256()).proves_possession


def test_a_broken_hash_is_named_though_the_signature_fits() -> None:
    assert isinstance(EC, ec.EllipticCurvePrivateKey)
    signature = EC.sign(SIGNED, ec.ECDSA(hashes.SHA1()))  # noqa: S303
    seen = examined(ECDSA_SHA1, signature, EC)

    assert (seen.hash_name, seen.proves_possession) == ("sha1", True)


def test_another_key_s_signature_proves_nothing() -> None:
    assert isinstance(RSA, rsa.RSAPrivateKey)
    signature = RSA.sign(SIGNED, padding.PKCS1v15(), hashes.SHA256())

    assert examined(RSA_SHA256, signature, RSA).proves_possession
    assert not examined(RSA_SHA256, signature, RSA, b"something else").proves_possession
    assert not examined(RSA_SHA256, signature, new_key("rsa1024")).proves_possession
    assert not examined(RSA_SHA256, signature, EC).proves_possession
    assert not examined(ECDSA_SHA256, signature, EC).proves_possession
    assert not examined(ECDSA_SHA256, signature, RSA).proves_possession


def test_an_algorithm_that_nobody_knows_proves_nothing() -> None:
    seen = examined(element(0x30, identifier("1.3.101.112")), b"\0" * 64, EC)

    assert (seen.algorithm, seen.hash_name, seen.proves_possession) == ("1.3.101.112", None, False)


@pytest.mark.parametrize(
    "parameters",
    [
        element(0x30, element(0xA0, element(0x30, identifier("1.2.3")))),
        element(0x30, element(0xA0, element(0x30))),
        element(0x30, element(0xA2)),
        element(0x30, element(0xA2, element(0x02, b"\x7f\xff"))),
        b"\x05\x00",
    ],
)
def test_parameters_that_make_no_sense_are_malformed(parameters: bytes) -> None:
    with pytest.raises(MalformedDer):
        examined(element(0x30, identifier("1.2.840.113549.1.1.10"), parameters), b"", RSA)


def test_no_algorithm_is_malformed() -> None:
    with pytest.raises(MalformedDer):
        examined(element(0x30), b"", EC)


@given(st.binary(max_size=80), st.sampled_from([ECDSA_SHA256, RSA_SHA256, ECDSA_SHA1]))
def test_no_signature_raises(signature: bytes, algorithm: bytes) -> None:
    assert not examined(algorithm, signature, EC).proves_possession
    assert not examined(algorithm, signature, RSA).proves_possession
