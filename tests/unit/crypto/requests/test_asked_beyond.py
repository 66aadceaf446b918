from __future__ import annotations

import ipaddress

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.fakes.signing_requests import element, identifier, request
from voltward.crypto.reading.der import MalformedDer, elements_in, first_element
from voltward.crypto.requests.asked_beyond import MOST_ATTRIBUTES, AskedBeyond, read_asked

EXTENSIONS = "1.2.840.113549.1.9.14"


def asked(made: x509.CertificateSigningRequest) -> AskedBeyond:
    fields = elements_in(first_element(made.tbs_certrequest_bytes).content, 4)
    return read_asked(fields[3].content)


def attribute(kind: str, *values: bytes) -> bytes:
    return element(0x30, identifier(kind), *([element(0x31, *values)] if values else []))


def extension(kind: str, content: bytes) -> bytes:
    return attribute(EXTENSIONS, element(0x30, element(0x30, identifier(kind), element(0x04, content))))


def test_a_plain_request_asks_for_nothing() -> None:
    assert asked(request()) == AskedBeyond()


def test_extensions_are_told_by_name() -> None:
    found = asked(
        request(
            extensions=[
                (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False),
                (x509.BasicConstraints(ca=False, path_length=None), True),
                (x509.TLSFeature([x509.TLSFeatureType.status_request]), False),
                (
                    x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00"),
                    False,
                ),
            ]
        )
    )

    assert found.asked == ("extendedKeyUsage", "basicConstraints", "tlsFeature", "1.3.6.1.4.1.99999.1")
    assert not found.is_ca


def test_who_asks_to_be_an_authority_is_seen() -> None:
    assert asked(request(extensions=[(x509.BasicConstraints(ca=True, path_length=0), True)])).is_ca


def test_constraints_that_cannot_be_read_count_as_asking() -> None:
    assert read_asked(extension("2.5.29.19", b"\xff")).is_ca
    assert not read_asked(extension("2.5.29.19", element(0x30))).is_ca


def test_alternative_names_are_told_with_their_kind() -> None:
    names = [
        x509.DNSName("csms.example"),
        x509.IPAddress(ipaddress.ip_address("192.0.2.7")),
        x509.IPAddress(ipaddress.ip_address("2001:db8::7")),
        x509.RFC822Name("ann@example.org"),
        x509.UniformResourceIdentifier("https://example.org"),
        x509.RegisteredID(x509.ObjectIdentifier("1.2.3")),
    ]
    found = asked(request(extensions=[(x509.SubjectAlternativeName(names), False)])).alternative_names

    assert found[:5] == (
        "dns:csms.example",
        "ip:192.0.2.7",
        "ip:2001:db8::7",
        "email:ann@example.org",
        "uri:https://example.org",
    )
    assert found[5].startswith("other:")


def test_alternative_names_that_cannot_be_read_are_told_as_that() -> None:
    assert read_asked(extension("2.5.29.17", b"\xff")).alternative_names == ("unreadable",)
    assert read_asked(
        extension("2.5.29.17", element(0x30, element(0x82, b"a\x1b\xff")))
    ).alternative_names == ("dns:a?\ufffd",)


def test_a_challenge_password_is_told_and_never_kept() -> None:
    found = asked(request(challenge=b"open sesame"))

    assert found.asked == ("challengePassword",)
    assert "sesame" not in repr(found)


def test_the_attribute_of_another_maker_holds_extensions_too() -> None:
    content = attribute(
        "1.3.6.1.4.1.311.2.1.14",
        element(
            0x30,
            element(
                0x30, identifier("2.5.29.15"), element(0x01, b"\xff"), element(0x04, b"\x03\x02\x05\xa0")
            ),
        ),
    )

    assert read_asked(content).asked == ("keyUsage",)


def test_empty_attributes_are_passed_over() -> None:
    assert read_asked(attribute(EXTENSIONS)) == AskedBeyond()
    assert read_asked(attribute(EXTENSIONS, element(0x30))) == AskedBeyond()
    assert read_asked(element(0x30, identifier(EXTENSIONS), element(0x31))) == AskedBeyond()


@pytest.mark.parametrize(
    "content",
    [
        element(0x31),
        attribute("1.2.3", b"\x05\x00") * (MOST_ATTRIBUTES + 1),
        attribute(EXTENSIONS, element(0x30, element(0x30, identifier("2.5.29.15")))),
        element(0x30, element(0x05)),
    ],
)
def test_what_are_no_attributes_is_malformed(content: bytes) -> None:
    with pytest.raises(MalformedDer):
        read_asked(content)
