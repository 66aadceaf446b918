"""Requests as real stations write them are read, and what is none is refused by name; never an exception."""

from __future__ import annotations

import base64

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.certificates import PrivateKey, new_key, self_signed
from tests.fakes.signing_requests import (
    ECDSA_SHA1,
    element,
    name,
    request,
    request_pem,
    written,
)
from voltward.crypto.keys import key_fingerprint
from voltward.crypto.requests.csr_problems import CsrFault, CsrProblem
from voltward.crypto.requests.signing_requests import SigningRequest, read_signing_request
from voltward.rulebook.observation import PublicKeySeen

EC, RSA = new_key("ec"), new_key("rsa")
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=16)  # X.520: 64 octets


def read(sent: str | bytes) -> SigningRequest:
    found = read_signing_request(sent)
    assert isinstance(found, SigningRequest), found
    return found


def problem(sent: str | bytes) -> CsrProblem:
    found = read_signing_request(sent)
    assert isinstance(found, CsrProblem), found
    return found


@given(TEXTS, TEXTS, st.sampled_from([EC, RSA]))
def test_what_a_library_writes_reads_back(common_name: str, organisation: str, key: PrivateKey) -> None:
    made = request(common_name, organisation, key=key)
    found = read(made.public_bytes(Encoding.PEM))

    assert found.der == made.public_bytes(Encoding.DER)
    assert found.seen.common_names == (common_name,)
    assert found.seen.organisations == (organisation,)
    assert (
        found.seen.key_fingerprint == key_fingerprint(key.public_key()) == key_fingerprint(found.public_key)
    )
    assert found.seen.proves_possession
    assert found.seen.oddities == ()


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        ("ec", PublicKeySeen("ec", 256, "prime256v1")),
        ("secp384r1", PublicKeySeen("ec", 384, "secp384r1")),
        ("secp224r1", PublicKeySeen("ec", 224, "secp224r1")),
        ("brainpoolP256r1", PublicKeySeen("ec", 256, "brainpoolP256r1")),
        ("rsa", PublicKeySeen("rsa", 2048)),
        ("rsa1024", PublicKeySeen("rsa", 1024)),
    ],
)
def test_the_key_is_told(kind: str, seen: PublicKeySeen) -> None:
    found = read(request_pem(key=kind)).seen

    assert found.key == seen
    assert found.weaknesses == ()


def test_what_is_asked_beyond_is_told() -> None:
    extensions = [
        (x509.BasicConstraints(ca=True, path_length=None), True),
        (x509.SubjectAlternativeName([x509.DNSName("csms.example")]), False),
    ]
    found = read(request_pem(extensions=extensions, challenge=b"secret")).seen

    assert found.asked_beyond == ("challengePassword", "basicConstraints", "subjectAltName")
    assert found.alternative_names == ("dns:csms.example",)
    assert found.asks_to_be_ca


SLOPPY = {
    "another version than 0": written(version=2),
    "no attributes, not even an empty set": written(attributes=b""),
    "a text that breaks the rules of its type": written(name(("2.5.4.3", 0x13, b"SN_1"))),
    "a text of the type T61String": written(name(("2.5.4.3", 0x14, b"SN-1"))),
    "octets behind the request": written() + b"\0\0\n",
}


@pytest.mark.parametrize("oddity", SLOPPY)
def test_sloppy_requests_are_read_and_the_oddity_told(oddity: str) -> None:
    found = read(base64.b64encode(SLOPPY[oddity]).decode()).seen

    assert oddity in found.oddities
    assert found.proves_possession


def test_an_empty_subject_and_an_empty_set_of_extensions_are_no_reason() -> None:
    empty = element(0xA0, element(0x30, bytes.fromhex("06092a864886f70d01090e"), element(0x31)))

    assert read(written(element(0x30), attributes=empty)).seen.common_names == ()


def test_a_signature_that_does_not_fit_is_told_and_not_refused_here() -> None:
    assert not read(written(signature=b"\x30\x06\x02\x01\x01\x02\x01\x01")).seen.proves_possession
    assert read(written(algorithm=ECDSA_SHA1)).seen.signature_hash == "sha1"


def test_changing_what_is_signed_breaks_the_proof() -> None:
    der = written().replace(b"Example CPO", b"Exbmple CPO")
    found = read(der).seen

    assert found.organisations == ("Exbmple CPO",)
    assert not found.proves_possession


SPKI_ED25519 = (
    ed25519.Ed25519PrivateKey.generate()
    .public_key()
    .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
)


def test_keys_for_which_nothing_is_issued_are_refused_by_kind_or_size() -> None:
    large = rsa.RSAPublicNumbers(65537, 1 << 9000 | 1).public_key()
    spki = large.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    assert problem(written(spki=SPKI_ED25519)) == CsrProblem(
        CsrFault.UNUSABLE_KEY, "it is of the kind ed25519"
    )
    assert problem(written(spki=spki)) == CsrProblem(CsrFault.UNUSABLE_KEY, "it has 9001 bits")
    assert (
        problem(written(spki=element(0x30, element(0x30), element(0x03, b"\0")))).fault
        is CsrFault.UNUSABLE_KEY
    )


REFUSED = {
    "without its last octets": (written()[:-10], CsrFault.CUT_SHORT),
    "its beginning alone": (written()[:100], CsrFault.CUT_SHORT),
    "an indefinite length": (b"\x30\x80" + bytes(20), CsrFault.CUT_SHORT),
    "a certificate in DER form": (self_signed().der, CsrFault.MALFORMED),
    "zeros": (element(0x30, bytes(200)), CsrFault.MALFORMED),
    "another sequence": (element(0x30, bytes(140), element(0x30), element(0x03, b"\0")), CsrFault.MALFORMED),
    "nothing": ("", CsrFault.EMPTY),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_request_is_refused_by_name(what: str) -> None:
    sent, fault = REFUSED[what]

    assert problem(sent).fault is fault


@given(st.integers(0, 400), st.binary(min_size=1, max_size=3))
def test_a_damaged_request_never_raises(at: int, damage: bytes) -> None:
    der = written(key=EC)
    sent = der[:at] + damage + der[at + len(damage) :]

    assert isinstance(read_signing_request(sent), SigningRequest | CsrProblem)
