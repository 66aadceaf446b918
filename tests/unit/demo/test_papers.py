from __future__ import annotations

from datetime import UTC, datetime

import pytest

from voltward.crypto.reading.certificates import read_certificate
from voltward.crypto.reading.pem import read_pem_bundle
from voltward.demo.cast import BILLING, BY_IDENTITY, CAST, Proof
from voltward.demo.papers import MANUFACTURER, OPERATOR, Papers, make_papers

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def papers() -> Papers:
    return make_papers(CAST, NOW)


def test_whoever_comes_with_a_certificate_has_one_of_the_right_kind(papers: Papers) -> None:
    kinds = {Proof.ECDSA: "ec", Proof.RSA: "rsa", Proof.FACTORY: "ec"}
    for part in CAST:
        if not part.proof.is_certificate:
            assert part.identity not in papers.certificates
            continue
        seen = read_certificate(read_pem_bundle(papers.certificates[part.identity].certificate_pem)[0])
        assert seen.key.kind == kinds[part.proof]
        assert seen.common_names == (part.serial,)
        assert seen.organisations == (MANUFACTURER if part.proof is Proof.FACTORY else OPERATOR,)


def test_corporate_certificates_come_with_their_intermediate(papers: Papers) -> None:
    chain = papers.certificates[BILLING.certified].chain_pem

    assert len(read_pem_bundle(chain)) == 2


def test_what_was_stolen_names_the_station_that_is_attacked(papers: Papers) -> None:
    serial = BY_IDENTITY[BILLING.certified].serial
    for login in (
        papers.loot.expired,
        papers.loot.self_signed,
        papers.loot.revoked,
        papers.loot.unknown_authority,
    ):
        assert read_certificate(read_pem_bundle(login.chain_pem)[0]).common_names == (serial,)
    other = read_certificate(read_pem_bundle(papers.loot.other_station.chain_pem)[0])
    assert other.common_names != (serial,)


def test_what_has_expired_has_expired_and_the_rest_has_not(papers: Papers) -> None:
    assert read_certificate(read_pem_bundle(papers.loot.expired.chain_pem)[0]).not_after < NOW
    for login in (papers.loot.self_signed, papers.loot.revoked, papers.loot.unknown_authority):
        assert read_certificate(read_pem_bundle(login.chain_pem)[0]).not_after > NOW


def test_the_certificate_to_be_denied_is_the_one_that_was_stolen(papers: Papers) -> None:
    assert papers.withdrawn.login.chain_pem == papers.loot.revoked.chain_pem
