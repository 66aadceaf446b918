from __future__ import annotations

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.signing_requests import element, identifier
from voltward.crypto.reading.der import (
    BIT_STRING,
    INTEGER,
    SEQUENCE,
    MalformedDer,
    bits_of,
    elements_in,
    expect,
    first_element,
    identifier_of,
    integer_of,
    only_element,
    tagged,
)


@given(st.binary(max_size=300))
def test_what_is_written_reads_back(content: bytes) -> None:
    written = tagged(SEQUENCE, content)
    read = only_element(written, SEQUENCE)

    assert written == element(SEQUENCE, content)
    assert (read.tag, read.content, read.whole) == (SEQUENCE, content, written)


@given(st.binary(max_size=60))
def test_any_octets_are_elements_or_malformed(octets: bytes) -> None:
    try:
        found = elements_in(octets, 8)
    except MalformedDer:
        return
    assert b"".join(one.whole for one in found) == octets


@given(st.integers(-(1 << 300), 1 << 300))
def test_numbers_read_back(number: int) -> None:
    content = number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True)

    assert integer_of(first_element(element(INTEGER, content))) == number


@pytest.mark.parametrize(
    "dotted", ["2.5.4.3", "1.2.840.113549.1.9.14", "0.9.2342.19200300.100.1.25", "2.100.3", "1.3.6.1"]
)
def test_identifiers_read_back(dotted: str) -> None:
    written = x509.UnrecognizedExtension(x509.ObjectIdentifier(dotted), b"")
    der = identifier(dotted) if not dotted.startswith("2.100") else bytes.fromhex("0603813403")

    assert identifier_of(first_element(der)) == dotted == written.oid.dotted_string


def test_a_length_may_take_more_octets_than_it_needs() -> None:
    assert only_element(bytes.fromhex("30820002") + b"\x05\x00", SEQUENCE).content == b"\x05\x00"


@pytest.mark.parametrize(
    ("octets", "what"),
    [
        ("", "ends"),
        ("30", "ends"),
        ("3005aa", "4 octets after the end"),
        ("3080aa0000", "indefinite"),
        ("308500000000010a", "too many octets"),
        ("1f810100", "more than one octet"),
    ],
)
def test_what_is_no_element_says_why(octets: str, what: str) -> None:
    with pytest.raises(MalformedDer, match=what):
        first_element(bytes.fromhex(octets))


def test_bounds_hold() -> None:
    with pytest.raises(MalformedDer, match="more than 3"):
        elements_in(b"\x05\x00" * 4, 3)
    with pytest.raises(MalformedDer, match="2 octets follow"):
        only_element(b"\x30\x00\x05\x00", SEQUENCE)
    with pytest.raises(MalformedDer, match="where 0x30 should"):
        expect(first_element(b"\x31\x00"), SEQUENCE)
    with pytest.raises(MalformedDer, match="5000 octets"):
        integer_of(first_element(element(INTEGER, bytes(5000))))
    with pytest.raises(MalformedDer, match="whole octets"):
        bits_of(first_element(element(BIT_STRING, b"\x03\xf8")))
    for broken in (b"\x06\x00", b"\x06\x01\x81"):
        with pytest.raises(MalformedDer, match="identifier"):
            identifier_of(first_element(broken))
