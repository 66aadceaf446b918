from __future__ import annotations

from datetime import timedelta

import pytest

from tests.fakes.certificates import Authority, Validity, self_signed
from voltward.crypto.reading.certificates import UnreadableCertificate
from voltward.crypto.reading.trust_anchors import AnchorFault, install_problem, is_issued_by, trust_problem

ROOT = Authority.create("Root", key="rsa")
NOW = Validity.days().not_before + timedelta(days=1)


@pytest.mark.parametrize("key", ["ec", "rsa", "secp224r1", "brainpoolP256r1"])
def test_a_root_or_an_intermediate_can_be_an_authority(key: str) -> None:
    assert trust_problem(Authority.create("CA", key=key).der, NOW) is None
    assert trust_problem(Authority.create("CA", key=key, parent=ROOT).der, NOW) is None


def test_a_leaf_cannot() -> None:
    assert "CA:TRUE" in (trust_problem(ROOT.issue().der, NOW) or "")


def test_a_ca_whose_key_may_not_sign_cannot() -> None:
    assert "key usage" in (trust_problem(ROOT.issue(is_ca=True).der, NOW) or "")


def test_a_small_key_cannot() -> None:
    problem = trust_problem(Authority.create("CA", key="rsa1024").der, NOW) or ""
    assert "1024" in problem
    assert "2048" in problem


def test_one_that_is_signed_with_sha_1_cannot() -> None:
    assert "SHA1" in (trust_problem(ROOT.issue(is_ca=True, sha1=True).der, NOW) or "")


def test_one_that_has_ended_cannot_and_one_that_begins_later_can() -> None:
    assert "ended" in (trust_problem(Authority.create("CA", validity=Validity.days(-9, -1)).der, NOW) or "")
    assert trust_problem(Authority.create("CA", validity=Validity.days(5, 9)).der, NOW) is None


def test_rubbish_is_unreadable() -> None:
    with pytest.raises(UnreadableCertificate):
        trust_problem(b"rubbish", NOW)


def test_the_issuer_of_a_certificate_is_known_by_its_signature() -> None:
    issuer, stranger = Authority.create("Issuer"), Authority.create("Stranger")
    leaf = issuer.issue(common_name="SN-1").der
    assert is_issued_by(leaf, issuer.certificate_pem)
    assert not is_issued_by(leaf, stranger.certificate_pem)
    assert not is_issued_by(b"no certificate", issuer.certificate_pem)


def fault(
    der: bytes, installed: tuple[bytes, ...] = (), *, additional_check: bool = False
) -> AnchorFault | None:
    problem = install_problem(der, NOW, installed, additional_check=additional_check)
    return problem.fault if problem is not None else None


def test_a_self_signed_root_may_be_installed() -> None:
    assert fault(ROOT.der) is None
    assert fault(ROOT.der, (Authority.create("Other").der,)) is None


def test_a_root_that_the_installed_one_signed_may_be_installed() -> None:
    successor = Authority.create("Next root", parent=ROOT).der

    assert fault(successor) is AnchorFault.NO_ROOT
    assert fault(successor, (Authority.create("Root").der,)) is AnchorFault.NO_ROOT
    assert fault(successor, (Authority.create("Other").der, ROOT.der)) is None


def test_with_the_additional_check_only_what_the_installed_root_signed_may_be() -> None:
    successor = Authority.create("Next root", parent=ROOT).der
    stranger = Authority.create("Other").der

    assert fault(successor, (ROOT.der,), additional_check=True) is None
    assert fault(stranger, (ROOT.der,), additional_check=True) is AnchorFault.NOT_SIGNED_BY_INSTALLED
    assert fault(stranger, additional_check=True) is AnchorFault.NOT_SIGNED_BY_INSTALLED
    assert fault(ROOT.der, (ROOT.der,), additional_check=True) is None  # sent once more


def test_what_could_be_no_authority_is_not_installed() -> None:
    assert fault(self_signed().der) is AnchorFault.UNFIT
    assert fault(ROOT.issue(is_ca=True, sha1=True).der, (ROOT.der,)) is AnchorFault.UNFIT
    assert fault(Authority.create("CA", validity=Validity.days(-9, -1)).der) is AnchorFault.UNFIT
    assert fault(Authority.create("CA", validity=Validity.days(5, 9)).der) is AnchorFault.NOT_YET_VALID
    assert fault(b"rubbish") is AnchorFault.UNREADABLE


def test_the_reason_is_the_rest_of_a_sentence() -> None:
    problem = install_problem(self_signed().der, NOW)

    assert problem is not None
    assert "CA:TRUE" in problem.reason
