from __future__ import annotations

from datetime import timedelta

import pytest

from tests.fakes.certificates import Authority, Validity
from voltward.crypto.certificates import UnreadableCertificate
from voltward.crypto.trust_anchors import is_issued_by, trust_problem

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
