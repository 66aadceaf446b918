from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.certificates import Authority, new_key, subject_of
from tests.fakes.signers import csr_of
from voltward.crypto.issuing.answered_chains import answer_problem, name_problem, ordered_chain

ROOT = Authority.create("Root")
ISSUING = Authority.create("Issuing", parent=ROOT)
CSR = csr_of(common_name="SN-0001")
LEAF, *ABOVE = ISSUING.sign_request(CSR, "SN-0001", "Example CPO")
CHAIN = (LEAF, ISSUING.der, ROOT.der)
OTHER = Authority.create("Other").der


@given(st.permutations([*CHAIN, OTHER, ROOT.issue("SN-0001").der, b"no certificate"]))
@settings(max_examples=20)
def test_a_chain_is_found_in_any_heap(heap: list[bytes]) -> None:
    assert ordered_chain(CSR, heap) == CHAIN


def test_a_chain_goes_as_far_as_it_is_there() -> None:
    assert ordered_chain(CSR, [ROOT.der, LEAF]) == (LEAF,)
    assert ordered_chain(CSR, [ROOT.der, ISSUING.der]) == ()


def test_a_request_that_names_the_asker_alone_may_go() -> None:
    assert name_problem(CSR, "SN-0001") is None


@pytest.mark.parametrize("csr", [csr_of(common_name="SN-0002"), csr_of(common_name="sn-0001"), b"none"])
def test_a_request_that_names_somebody_else_or_nobody_stays(csr: bytes) -> None:
    assert name_problem(csr, "SN-0001") is not None


@pytest.mark.parametrize(
    "extension",
    [
        x509.SubjectAlternativeName([x509.DNSName("csms.example")]),
        x509.BasicConstraints(ca=True, path_length=None),
    ],
)
def test_a_request_that_asks_for_more_stays(extension: x509.ExtensionType) -> None:
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject_of("SN-0001"))
    csr = builder.add_extension(extension, critical=False).sign(new_key(), hashes.SHA256())

    assert name_problem(csr.public_bytes(Encoding.DER), "SN-0001") is not None


def test_an_answer_to_the_request_is_one() -> None:
    assert answer_problem(CHAIN, CSR, "SN-0001") is None


def test_an_answer_for_another_name_or_key_or_nothing_is_none() -> None:
    assert "SN-0001" in (answer_problem(CHAIN, CSR, "SN-0002") or "")
    assert "another key" in (answer_problem((ISSUING.issue("SN-0001").der,), CSR, "SN-0001") or "")
    assert answer_problem((), CSR, "SN-0001") is not None
