from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509

from tests.fakes.certificates import self_signed
from tests.fakes.clock import NOON
from tests.fakes.signers import OPERATOR, SignerSite, hierarchy
from voltward.adapters.pki.signer.signer_client import SignerClient, in_process
from voltward.crypto.issuing.hierarchy import Family
from voltward.crypto.issuing.server_certificates import read_server_certificates
from voltward.crypto.keys import read_private_key
from voltward.crypto.reading.pem import read_pem_bundle
from voltward.domain.errors import OutsideFault
from voltward.ports.authority import (
    CertificateOrder,
    Declined,
    Issued,
    OrderOutcome,
    Pending,
    Revocation,
)
from voltward.usecases.deployment.renew_server import ServerNames, renew_server

NAMES = ServerNames(Family.ECDSA, OPERATOR, ("csms.example", "192.0.2.7"))


class Told:
    """An authority with one answer."""

    at_once = 1

    def __init__(self, outcome: OrderOutcome) -> None:
        self.outcome = outcome

    async def issue(self, order: CertificateOrder) -> OrderOutcome:
        return self.outcome

    async def revoke(self, revocation: Revocation) -> None:
        raise AssertionError("nobody asked for that")


async def test_a_server_gets_a_new_key_and_a_chain_without_its_root(tmp_path: Path) -> None:
    site = SignerSite(tmp_path).make()
    signer = SignerClient(in_process(site.desk()))

    papers = await renew_server(signer, NAMES, site.entropy)
    again = await renew_server(signer, NAMES, site.entropy)

    seen = read_server_certificates(papers.chain_pem)
    assert (*seen.hosts, *seen.addresses) == NAMES.hosts
    leaf, above = (x509.load_der_x509_certificate(der) for der in read_pem_bundle(papers.chain_pem))
    assert read_private_key(papers.key).public_key() == leaf.public_key()
    assert above == hierarchy().ecdsa.csms.certificate
    leaf.verify_directly_issued_by(above)
    assert papers.key != again.key
    assert papers.chain_pem != again.chain_pem


async def test_a_chain_of_one_is_kept(tmp_path: Path) -> None:
    leaf = self_signed("csms.example", OPERATOR)

    papers = await renew_server(Told(Issued((leaf.der,))), NAMES, SignerSite(tmp_path).entropy)

    assert read_pem_bundle(papers.chain_pem) == [leaf.der]


@pytest.mark.parametrize(
    ("outcome", "words"), [(Declined("no such host."), "no such host"), (Pending(NOON), "more time")]
)
async def test_an_authority_that_does_not_is_told(tmp_path: Path, outcome: OrderOutcome, words: str) -> None:
    with pytest.raises(OutsideFault, match=words):
        await renew_server(Told(outcome), NAMES, SignerSite(tmp_path).entropy)
