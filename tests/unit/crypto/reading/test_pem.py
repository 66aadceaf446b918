from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.certificates import Authority
from voltward.crypto.reading.certificates import UnreadableCertificate
from voltward.crypto.reading.pem import (
    LARGEST_BUNDLE,
    MOST_CERTIFICATES,
    certificate_pem,
    pem_length,
    read_pem_bundle,
)

ROOT = Authority.create("Root")
ISSUING = Authority.create("Issuing", parent=ROOT)
STATION = ISSUING.issue("SN-0001")
PEM = STATION.certificate_pem


def test_what_is_written_is_what_the_library_writes() -> None:
    assert certificate_pem(STATION.der, ISSUING.der) == STATION.chain_pem


def test_a_chain_is_read_in_its_order() -> None:
    assert read_pem_bundle(STATION.chain_pem) == [STATION.der, ISSUING.der]
    assert read_pem_bundle(STATION.chain_pem.decode()) == [STATION.der, ISSUING.der]


def test_a_der_file_is_read() -> None:
    assert read_pem_bundle(STATION.der) == [STATION.der]


def test_the_same_certificate_twice_counts_once() -> None:
    assert read_pem_bundle(PEM * 3) == [STATION.der]


@pytest.mark.parametrize(
    "content",
    [
        PEM.replace(b"\n", b"\r\n"),
        PEM.rstrip(b"\n"),
        b"0 s:CN = SN-0001\n  i:CN = Issuing\n" + PEM + b"---\nServer certificate\n",
        b"\xef\xbb\xbf" + PEM,
        PEM.replace(b"\n", b"\n    "),
        PEM.replace(b"BEGIN CERTIFICATE", b"BEGIN X509 CERTIFICATE").replace(b"END CERT", b"END X509 CERT"),
        json.dumps(PEM.decode()).encode(),
        STATION.key_pem + PEM,
    ],
)
def test_what_happens_to_files_on_their_way_does_not_matter(content: bytes) -> None:
    assert read_pem_bundle(content) == [STATION.der]


@pytest.mark.parametrize("content", [b"", b"hello", STATION.key_pem, PEM[:200]])
def test_a_file_without_certificates_has_none(content: bytes) -> None:
    assert read_pem_bundle(content) == []


@pytest.mark.parametrize("damaged", [PEM[:100] + b"!" + PEM[101:], PEM[:100] + PEM[104:]])
def test_the_damaged_one_is_named(damaged: bytes) -> None:
    with pytest.raises(UnreadableCertificate, match="certificate 2"):
        read_pem_bundle(ISSUING.certificate_pem + damaged)


def test_bundles_are_bounded() -> None:
    with pytest.raises(UnreadableCertificate):
        read_pem_bundle(b"\n" * (LARGEST_BUNDLE + 1))
    with pytest.raises(UnreadableCertificate):
        read_pem_bundle(PEM * (MOST_CERTIFICATES + 1))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from([PEM, ISSUING.certificate_pem, b"-----", b"BEGIN CERTIFICATE", b"\xff", b"A=="]))
)
def test_any_content_is_read_or_refused(parts: list[bytes]) -> None:
    try:
        found = read_pem_bundle(b"".join(parts))
    except UnreadableCertificate:
        return
    assert set(found) <= {STATION.der, ISSUING.der}


@settings(max_examples=50)
@given(st.binary(min_size=1, max_size=200))
def test_its_length_is_known_before_it_is_written(der: bytes) -> None:
    assert pem_length(der) == len(certificate_pem(der))
