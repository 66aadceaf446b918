from __future__ import annotations

from base64 import b64decode, b64encode

import hypothesis.strategies as st
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import load_der_pkcs7_certificates
from hypothesis import given

from tests.fakes.certificates import Authority
from tests.fakes.signers import csr_of
from voltward.crypto.reading.der import OBJECT_IDENTIFIER, SEQUENCE, SET, elements_in, expect, first_element
from voltward.crypto.requests.csr_problems import CsrProblem
from voltward.crypto.requests.signing_requests import SigningRequest, read_signing_request
from voltward.crypto.tokens.enrolment_forms import REQUEST_ATTRIBUTES, certificates_only, request_text


def test_certificates_go_out_as_they_are_and_without_line_ends() -> None:
    ders = [Authority.create(name).der for name in ("One", "Two")]

    sent = certificates_only(ders)

    read = load_der_pkcs7_certificates(b64decode(sent, validate=True))
    assert {one.public_bytes(Encoding.DER) for one in read} == set(ders)


def test_what_a_request_may_have_is_a_key_with_its_curve_and_a_signature() -> None:
    (key, signature) = elements_in(expect(first_element(b64decode(REQUEST_ATTRIBUTES)), SEQUENCE).content, 2)
    (kind, curves) = elements_in(expect(key, SEQUENCE).content, 2)

    assert [element.tag for element in (kind, curves, signature)] == [
        OBJECT_IDENTIFIER,
        SET,
        OBJECT_IDENTIFIER,
    ]


@pytest.mark.parametrize("line", [b"", b"\n", b"\r\n"])
def test_a_request_is_read_with_and_without_line_ends(line: bytes) -> None:
    der = csr_of()
    told = b64encode(der)
    body = line.join(told[at : at + 64] for at in range(0, len(told), 64))

    read = read_signing_request(request_text(body))

    assert isinstance(read, SigningRequest)
    assert (read.der, read.seen.oddities) == (der, ())


@given(st.binary(max_size=200).flatmap(lambda octets: st.sampled_from([octets, b64encode(octets)])))
def test_whatever_is_sent_is_read_or_refused(body: bytes) -> None:
    assert isinstance(read_signing_request(request_text(body)), SigningRequest | CsrProblem)


def test_what_is_no_base64_is_left_to_whoever_reads_it() -> None:
    assert request_text(b"\xff!") == "\xff!"
