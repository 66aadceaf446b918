from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from tests.fakes.certificates import new_key
from tests.fakes.signers import SignerSite, csr_of, hierarchy, order_of
from tests.fakes.signing_requests import name, written
from voltward.adapters.pki.signer.authority_shelf import ShelvedAuthority
from voltward.adapters.pki.signer.signed_orders import OrderRefused, SigningTerms, public_key_of, sign_order
from voltward.crypto.issuing.certificate_profiles import STATION
from voltward.crypto.issuing.hierarchy import Family
from voltward.domain.errors import OutsideFault
from voltward.ports.authority import CertificateKind, CertificateOrder

TERMS = SigningTerms(timedelta(days=90), "http://pki.example/{authority}.crl", "http://pki.example/ocsp")


@pytest.fixture
def site(tmp_path: Path) -> SignerSite:
    return SignerSite(tmp_path, terms=TERMS).make()


def signed(site: SignerSite, order: CertificateOrder) -> x509.Certificate:
    key = public_key_of(order.csr)
    issuer = TERMS.issuer_for(order.kind, key, list(site.shelf().values()))
    return sign_order(order, key, issuer, site)


@pytest.mark.parametrize(("key", "family"), [("ec", Family.ECDSA), ("rsa", Family.RSA)])
def test_the_authority_is_of_the_keys_family(site: SignerSite, key: str, family: Family) -> None:
    made = signed(site, order_of(csr_of(key)))

    authority = {one.family: one.stations for one in hierarchy().families}[family]
    made.verify_directly_issued_by(authority.certificate)


def test_a_family_that_cannot_sign_is_stood_in_for_by_the_other(site: SignerSite) -> None:
    (site.folder / "signer" / "stations-ca-rsa.sealed").unlink()

    made = signed(site, order_of(csr_of("rsa")))

    made.verify_directly_issued_by(hierarchy().ecdsa.stations.certificate)


def test_without_an_authority_it_is_asked_for_again_later() -> None:
    none: list[ShelvedAuthority] = []
    with pytest.raises(OutsideFault, match="no active stations-ca"):
        TERMS.issuer_for(CertificateKind.STATION, public_key_of(csr_of()), none)


def test_lifetime_and_pointers_are_the_settings(site: SignerSite) -> None:
    made = signed(site, order_of(csr_of()))

    points = made.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert points[0].full_name is not None
    assert points[0].full_name[0].value == "http://pki.example/stations-ca-ecdsa.crl"
    access = made.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    assert access[0].access_location.value == "http://pki.example/ocsp"
    assert made.not_valid_after_utc == site.clock.now() + timedelta(days=90)
    assert made.not_valid_before_utc == site.clock.now() - STATION.backdated


def test_a_short_life_does_not_begin_long_ago() -> None:
    profile = SigningTerms(timedelta(hours=1)).profile_for(CertificateKind.STATION)

    assert profile.backdated == timedelta(minutes=6)


def test_what_the_request_asks_beyond_its_key_is_left_out(site: SignerSite) -> None:
    key = new_key()
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    builder = builder.add_extension(
        x509.SubjectAlternativeName([x509.DNSName("csms.example")]), critical=False
    )
    csr = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    made = signed(site, order_of(csr, hosts=("csms.example",)))

    assert not made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    with pytest.raises(x509.ExtensionNotFound):
        made.extensions.get_extension_for_class(x509.SubjectAlternativeName)


@pytest.mark.parametrize("csr", [b"", b"no request", b"\x30\x82" * 40_000, csr_of()[:-9] + bytes(9)])
def test_what_proves_no_key_is_refused(csr: bytes) -> None:
    with pytest.raises(OrderRefused):
        public_key_of(csr)


def test_a_small_key_is_refused() -> None:
    with pytest.raises(OrderRefused, match="1024 bits"):
        public_key_of(csr_of("rsa1024"))


def test_a_weak_key_is_refused() -> None:
    key = rsa.generate_private_key(3, 2048)

    with pytest.raises(OrderRefused, match="small-exponent"):
        public_key_of(written(key=key))


def test_what_was_granted_to_a_sloppy_station_is_signed(site: SignerSite) -> None:
    key = new_key()
    sloppy = written(name(("2.5.4.3", 0x13, b"SN_1")), key=key, version=1, attributes=b"")

    assert signed(site, order_of(sloppy)).public_key() == key.public_key()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"common_name": ""}, "subject"),
        ({"common_name": "x" * 65}, "subject"),
        ({"common_name": "SN-1\x1b[2J"}, "control characters"),
        ({"organisation": "Example\nCPO"}, "control characters"),
        ({"id": ""}, "id"),
        ({"id": "o" * 201}, "id"),
        ({"kind": CertificateKind.SERVER}, "host name"),
        ({"kind": CertificateKind.SERVER, "hosts": ("csms.example",) * 251}, "at most 250"),
        *(
            ({"kind": CertificateKind.SERVER, "hosts": ("csms.example", host)}, "no host name")
            for host in ("", "*", "csms.ex\xe4mple", "a" * 64, "csms example", "http://csms.example")
        ),
    ],
)
def test_an_order_that_cannot_stand_in_a_certificate_is_refused(
    site: SignerSite, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(OrderRefused, match=words):
        signed(site, replace(order_of(csr_of()), **changes))


def test_names_and_addresses_of_hosts_are_borne(site: SignerSite) -> None:
    hosts = ("csms.example", "*.fleet.example", "csms", "2001:db8::1", "192.0.2.1")
    made = signed(site, order_of(csr_of(), kind=CertificateKind.SERVER, hosts=hosts))

    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {str(one.value) for one in names} == set(hosts)


def test_the_key_of_an_authority_is_nobodys_else(site: SignerSite) -> None:
    with pytest.raises(OrderRefused, match="an authority's"):
        signed(site, order_of(csr_of(hierarchy().ecdsa.stations.key)))
