from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.fakes.certificates import Authority
from voltward.crypto.reading.certificate_hash import certificate_hash
from voltward.crypto.reading.certificates import read_certificate
from voltward.crypto.reading.pem import certificate_pem
from voltward.domain.intents import CertificateHash, HashAlgorithm
from voltward.usecases.trust.judge_anchor import OurAnchors, judge_installation, judge_removal

ROOT = Authority.create("Our root")
CSMS_CA = Authority.create("Our CSMS CA", parent=ROOT)
OTHER = Authority.create("Another root")
LEAF = CSMS_CA.issue("csms.example", "Example CPO")
NOW = read_certificate(ROOT.der).not_before + timedelta(days=1)

KNOWN = OurAnchors(chains=((LEAF.der, CSMS_CA.der),), roots=(ROOT.der,))
BLIND = OurAnchors(chains=((LEAF.der, CSMS_CA.der),))  # a chain of an authority whose root is not here


def pem(*ders: bytes) -> str:
    return certificate_pem(*ders).decode()


def test_the_root_of_our_chain_may_be_installed_again() -> None:
    assert judge_installation(pem(ROOT.der), KNOWN, NOW) is None
    assert judge_installation(pem(ROOT.der), BLIND, NOW) is None


def test_a_root_that_does_not_vouch_for_us_is_held_and_told_what_would_unlock_it() -> None:
    refusal = judge_installation(pem(OTHER.der), KNOWN, NOW)

    assert refusal is not None
    assert refusal.control == "MSG-08"
    assert "gateway.chains" in refusal.mend


def test_it_is_let_through_once_a_chain_below_it_is_served() -> None:
    leaf = OTHER.issue("csms.example", "Example CPO")
    both = OurAnchors((*KNOWN.chains, (leaf.der,)), KNOWN.roots)

    assert judge_installation(pem(OTHER.der), both, NOW) is None


@pytest.mark.parametrize(
    "text", ["", "no certificate", pem(LEAF.der), pem(ROOT.der, OTHER.der), "-----BEGIN CERTIFICATE-----\nxx"]
)
def test_what_is_no_ca_certificate_is_not_installed(text: str) -> None:
    refusal = judge_installation(text, KNOWN, NOW)

    assert refusal is not None
    assert refusal.control == "MSG-08"


def test_a_root_that_has_ended_is_not_installed() -> None:
    assert judge_installation(pem(ROOT.der), KNOWN, datetime(2200, 1, 1, tzinfo=UTC)) is not None


@pytest.mark.parametrize("algorithm", HashAlgorithm)
@pytest.mark.parametrize("ours", [KNOWN, BLIND])
def test_the_root_that_stations_reach_us_by_is_not_forgotten(
    algorithm: HashAlgorithm, ours: OurAnchors
) -> None:
    named = certificate_hash(ROOT.der, ROOT.der, algorithm)
    shouted = CertificateHash(algorithm, named.issuer_name.upper(), named.issuer_key.upper(), named.serial)

    for told in (named, shouted):
        refusal = judge_removal(told, ours)
        assert refusal is not None
        assert refusal.control == "MSG-09"


def test_neither_is_an_intermediate_of_our_chain() -> None:
    assert judge_removal(certificate_hash(CSMS_CA.der, ROOT.der, HashAlgorithm.SHA256), KNOWN) is not None


@pytest.mark.parametrize("algorithm", HashAlgorithm)
@pytest.mark.parametrize("ours", [KNOWN, BLIND, OurAnchors()])
def test_another_root_may_be_forgotten(algorithm: HashAlgorithm, ours: OurAnchors) -> None:
    assert judge_removal(certificate_hash(OTHER.der, OTHER.der, algorithm), ours) is None
