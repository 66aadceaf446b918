from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.certificates import Authority, Extension, Validity
from voltward.adapters.system_clock import SystemClock
from voltward.crypto.reading.certificates import read_certificate
from voltward.crypto.reading.der import BIT_STRING, OBJECT_IDENTIFIER, SEQUENCE, tagged
from voltward.crypto.revocation.foreign_lists import UnfitList, read_authority_list
from voltward.domain.revocation_list import ForeignList, ListHead

NOW = SystemClock().now()  # the certificates of the fakes live around the real time
ISSUING = Authority.create("Issuing CA")
RSA = Authority.create("Issuing RSA", key="rsa")
LEAF = ISSUING.issue("SN-1")


def read(
    octets: bytes, known: ListHead | None = None, issuer: Authority = ISSUING
) -> ForeignList | UnfitList:
    return read_authority_list(octets, issuer.der, known, NOW)


def taken(octets: bytes, known: ListHead | None = None, issuer: Authority = ISSUING) -> ForeignList:
    found = read(octets, known, issuer)
    assert isinstance(found, ForeignList), found
    return found


def words(octets: bytes, known: ListHead | None = None) -> str:
    found = read(octets, known)
    assert isinstance(found, UnfitList)
    return found.words


def scope(**parts: bool) -> Extension:
    usual = dict.fromkeys(
        (
            "only_contains_user_certs",
            "only_contains_ca_certs",
            "indirect_crl",
            "only_contains_attribute_certs",
        ),
        False,
    )
    point = x509.IssuingDistributionPoint(
        full_name=[x509.UniformResourceIdentifier("http://pki.example/1.crl")],
        relative_name=None,
        only_some_reasons=None,
        **{**usual, **parts},
    )
    return point, True


def odd(identifier: str, value: str) -> Extension:
    """An extension as no library would write it; `value` in hexadecimal."""
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(identifier), bytes.fromhex(value)), False


def named_twice(pem: bytes) -> bytes:
    """A list with the extension 1.2.4, where it is 1.2.3 now, signed anew."""
    listed = x509.load_pem_x509_crl(pem)
    told = listed.tbs_certlist_bytes.replace(bytes.fromhex("06022a04"), bytes.fromhex("06022a03"))
    assert isinstance(ISSUING.key, ec.EllipticCurvePrivateKey)
    signature = ISSUING.key.sign(told, ec.ECDSA(hashes.SHA256()))
    algorithm = tagged(SEQUENCE, tagged(OBJECT_IDENTIFIER, bytes.fromhex("2a8648ce3d040302")))
    return tagged(SEQUENCE, told + algorithm + tagged(BIT_STRING, b"\0" + signature))


def of_version(version: int, pem: bytes) -> bytes:
    """One octet is other than it was signed: whoever stands on the way may do that."""
    der = x509.load_pem_x509_crl(pem).public_bytes(Encoding.DER)
    return der.replace(b"\x02\x01\x01", bytes([2, 1, version]), 1)


def test_its_numbers_are_written_as_those_of_certificates() -> None:
    found = taken(ISSUING.revocation_list(LEAF.certificate.serial_number, 10, number=2**150))

    assert read_certificate(LEAF.der).serial_number in found.numbers()
    assert "a" in found.numbers()
    assert (found.head.number, found.head.entries) == (2**150, 2)
    assert found.head.authority == read_certificate(ISSUING.der).fingerprint.hex()


def test_der_and_rsa_are_read_too() -> None:
    pem = RSA.revocation_list(7)
    der = x509.load_pem_x509_crl(pem).public_bytes(Encoding.DER)

    assert taken(der, issuer=RSA) == taken(pem, issuer=RSA)


def test_a_list_that_is_over_is_taken_for_what_it_says() -> None:
    found = taken(ISSUING.revocation_list(9, validity=Validity.days(-3, -1)))

    assert found.head.next_update < NOW
    assert found.numbers() == {"9"}


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (Authority.create("Issuing CA").revocation_list(9), "does not bear this authority's signature"),
        (Authority.create("Another").revocation_list(9), "is that of another authority"),
        (ISSUING.revocation_list(9, extensions=[(x509.DeltaCRLIndicator(1), True)]), "delta"),
        (ISSUING.revocation_list(9, extensions=[scope(indirect_crl=True)]), "a part"),
        (ISSUING.revocation_list(9, extensions=[scope(only_contains_ca_certs=True)]), "a part"),
        (ISSUING.revocation_list(9, validity=Validity.days(1, 3)), "a time that has not come"),
        (ISSUING.revocation_list(9, extensions=[odd("2.5.29.28", "3006a004a002a300")]), "it is no list"),
        (ISSUING.revocation_list(9, extensions=[odd("2.5.29.35", "3004a102a500")]), "it is no list"),
        (ISSUING.revocation_list(9, number=2**159), "it is no list"),
        (
            named_twice(ISSUING.revocation_list(9, extensions=[odd("1.2.3", "0500"), odd("1.2.4", "0500")])),
            "it is no list",
        ),
        (of_version(5, ISSUING.revocation_list(9)), "it is no list"),
        (b"<html>not found</html>", "it is no list"),
        (LEAF.der, "it is no list"),
        (b"", "it is no list"),
    ],
)
def test_what_cannot_be_relied_on_is_not_taken(octets: bytes, why: str) -> None:
    assert why in words(octets)


def test_a_list_for_stations_alone_is_taken() -> None:
    assert taken(ISSUING.revocation_list(9, extensions=[scope(only_contains_user_certs=True)])).numbers() == {
        "9"
    }


def test_an_authority_that_must_not_sign_lists_signs_none() -> None:
    usage = ISSUING.certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.crl_sign
    leaf_as_issuer = replace(ISSUING, certificate=LEAF.certificate, key=LEAF.key)

    found = read(leaf_as_issuer.revocation_list(9), issuer=leaf_as_issuer)

    assert isinstance(found, UnfitList)
    assert "must not sign lists" in found.words


def test_a_list_never_goes_back() -> None:
    newest = taken(ISSUING.revocation_list(9, number=5)).head

    assert "its number is 4, and 5" in words(ISSUING.revocation_list(9, number=4), newest)
    older = ISSUING.revocation_list(9, validity=Validity.days(-3, 9))
    assert "older than the one" in words(older, newest)
    assert taken(ISSUING.revocation_list(9, 10, number=6), newest).head.entries == 2
    assert taken(ISSUING.revocation_list(9, number=5), newest).head.number == 5


@given(st.binary(max_size=60), st.integers(0, 400))
@settings(max_examples=60)
def test_damaged_octets_are_refused_in_words(damage: bytes, at: int) -> None:
    octets = x509.load_pem_x509_crl(ISSUING.revocation_list(9)).public_bytes(Encoding.DER)
    found = read(octets[:at] + damage + octets[at + len(damage) :])

    assert isinstance(found, UnfitList) or found.numbers() == {"9"}
