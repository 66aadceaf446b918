from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from tests.fakes.certificates import Authority, Validity
from voltward.crypto.issuing.server_certificates import (
    ServerChainSeen,
    read_server_certificates,
    without_root,
)
from voltward.crypto.reading.certificates import UnreadableCertificate

ROOT = Authority.create("Root", key="rsa")
ISSUING = Authority.create("Issuing", parent=ROOT)
NOW = datetime.now(UTC)  # noqa: TID251 - the certificates of the fakes live around the real time


def seen(*pems: bytes) -> ServerChainSeen:
    return read_server_certificates(b"".join(pems))


def test_a_chain_is_read_leaf_first_with_its_names() -> None:
    names = x509.SubjectAlternativeName(
        [
            x509.DNSName("csms.example"),
            x509.DNSName("b.example"),
            x509.IPAddress(ipaddress.ip_address("192.0.2.7")),
        ]
    )
    chain = seen(ISSUING.issue("csms.example", extensions=[(names, False)]).chain_pem)

    assert (chain.hosts, chain.addresses) == (("csms.example", "b.example"), ("192.0.2.7",))
    assert chain.leaf.common_names == ("csms.example",)
    assert (len(chain.certificates), chain.issuer, chain.ends_with_a_root) == (2, "CN=Root", False)


def test_a_leaf_without_alternative_names_has_none() -> None:
    chain = seen(ROOT.issue("csms.example").certificate_pem)

    assert (chain.hosts, chain.addresses) == ((), ())


def test_a_root_that_is_sent_along_is_seen() -> None:
    assert seen(ROOT.issue().certificate_pem, ROOT.certificate_pem).ends_with_a_root
    assert not seen(ROOT.certificate_pem).ends_with_a_root  # alone, it is the leaf


def test_the_chain_ends_with_the_first_of_its_certificates() -> None:
    short = Authority.create("Short", parent=ROOT, validity=Validity.days(-2, 3))
    chain = seen(short.issue(validity=Validity.days(-1, 30)).chain_pem)

    assert chain.first_to_end.subject == "CN=Short"


def test_the_certificate_that_is_not_valid_yet_is_named() -> None:
    chain = seen(ROOT.issue("early", validity=Validity.days(1, 30)).certificate_pem)

    early = chain.first_to_begin(NOW)
    assert early is not None
    assert early.common_names == ("early",)
    assert chain.first_to_begin(NOW + timedelta(days=2)) is None


def test_what_stations_refuse_is_told() -> None:
    weak = seen(ROOT.issue(key="rsa1024").certificate_pem)
    forged = seen(ROOT.issue(sha1=True).certificate_pem)

    assert any("1024 bits" in what for what in weak.weaknesses())
    assert any("sha1" in what for what in forged.weaknesses())
    assert seen(ISSUING.issue().chain_pem).weaknesses() == []


@pytest.mark.parametrize(
    "pem", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_what_is_no_chain_is_told(pem: bytes) -> None:
    with pytest.raises(UnreadableCertificate):
        read_server_certificates(pem)


def test_a_root_is_not_sent_and_a_chain_of_one_is() -> None:
    leaf = ISSUING.issue()

    assert without_root([leaf.der, ISSUING.der, ROOT.der]) == [leaf.der, ISSUING.der]
    assert without_root([leaf.der, ISSUING.der]) == [leaf.der, ISSUING.der]
    assert without_root([ROOT.der]) == [ROOT.der]
