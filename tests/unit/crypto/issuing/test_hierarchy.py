from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from OpenSSL.crypto import X509, X509Store, X509StoreContext, X509StoreContextError, X509StoreFlags

from tests.fakes.chance import CountedTokens
from tests.fakes.pooled_keys import PooledKeys
from voltward.crypto.issuing.certificate_profiles import STATION
from voltward.crypto.issuing.hierarchy import (
    Family,
    FamilyAuthorities,
    make_hierarchy,
    make_server_credential,
)
from voltward.crypto.issuing.issuance import CertificateOrder, IssuingAuthority, Subject, issue_certificate
from voltward.crypto.keys import make_key

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
MADE = make_hierarchy("Example CPO", NOW, CountedTokens(), PooledKeys())
HOSTS = ("csms.example", "127.0.0.1")
SERVERS = {one.family: make_server_credential(one.csms, HOSTS, NOW, CountedTokens()) for one in MADE.families}


def verify(leaf: x509.Certificate, between: IssuingAuthority, root: IssuingAuthority, at: datetime) -> None:
    """By OpenSSL itself, strictly by RFC 5280; raises what it finds."""
    store = X509Store()
    store.add_cert(X509.from_cryptography(root.certificate))
    store.set_flags(X509StoreFlags.X509_STRICT | X509StoreFlags.CHECK_SS_SIGNATURE)
    store.set_time(at)
    offered = [X509.from_cryptography(between.certificate)]
    X509StoreContext(store, X509.from_cryptography(leaf), offered).verify_certificate()


@pytest.mark.parametrize("family", MADE.families, ids=lambda one: one.family)
@pytest.mark.parametrize("later", [timedelta(days=-729), timedelta(0), timedelta(days=729)])
def test_openssl_follows_the_server_chain_also_with_a_clock_two_years_behind(
    family: FamilyAuthorities, later: timedelta
) -> None:
    verify(SERVERS[family.family].leaf, family.csms, family.root, NOW + later)


def test_openssl_would_have_found_a_fault() -> None:
    with pytest.raises(X509StoreContextError):
        verify(SERVERS[Family.RSA].leaf, MADE.rsa.csms, MADE.rsa.root, NOW + timedelta(days=731))
    with pytest.raises(X509StoreContextError):
        verify(SERVERS[Family.RSA].leaf, MADE.rsa.csms, MADE.ecdsa.root, NOW)


@pytest.mark.parametrize("family", MADE.families, ids=lambda one: one.family)
def test_the_stations_ca_issues_what_openssl_takes(family: FamilyAuthorities) -> None:
    key = make_key(family.family.leaf_key)
    order = CertificateOrder(Subject("SN-0001", "Example CPO"), key.public_key())
    leaf = issue_certificate(STATION, order, family.stations, NOW, CountedTokens())
    verify(leaf, family.stations, family.root, NOW)


def test_each_family_is_of_one_kind_from_leaf_to_root() -> None:
    """A station that knows one kind of signature can check the whole chain."""
    for one in MADE.families:
        is_rsa = one.family is Family.RSA
        for authority in (one.root, one.csms, one.stations):
            assert isinstance(authority.certificate.public_key(), rsa.RSAPublicKey) == is_rsa
        assert isinstance(SERVERS[one.family].leaf.public_key(), rsa.RSAPublicKey) == is_rsa


def test_the_chain_that_is_sent_ends_below_the_root() -> None:
    for one in MADE.families:
        links = x509.load_pem_x509_certificates(SERVERS[one.family].chain_pem)
        assert links == [SERVERS[one.family].leaf, one.csms.certificate]


def test_a_server_carries_its_hosts_and_the_operators_name() -> None:
    leaf = SERVERS[Family.ECDSA].leaf
    assert leaf.subject.rfc4514_string() == "CN=csms.example,O=Example CPO"
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["csms.example"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]


def test_firmware_stands_apart_from_all_roots_that_stations_trust_for_the_csms() -> None:
    firmware = MADE.firmware.certificate
    assert firmware.issuer == firmware.subject
    for one in MADE.families:
        with pytest.raises(ValueError):
            firmware.verify_directly_issued_by(one.root.certificate)


def test_all_authorities_have_names_of_their_own() -> None:
    named = MADE.named()
    assert set(named) == {
        "root-ecdsa",
        "root-rsa",
        "csms-ca-ecdsa",
        "csms-ca-rsa",
        "stations-ca-ecdsa",
        "stations-ca-rsa",
        "firmware-ca",
    }
    assert len({authority.certificate.subject for authority in named.values()}) == 7
    assert len({authority.certificate.serial_number for authority in named.values()}) == 7
    assert all(authority.organisation == "Example CPO" for authority in named.values())


def test_two_deployments_of_one_operator_have_no_name_in_common() -> None:
    other = make_hierarchy("Example CPO", NOW, CountedTokens("other"), PooledKeys())
    names = {authority.certificate.subject for authority in MADE.named().values()}
    assert names.isdisjoint(authority.certificate.subject for authority in other.named().values())


def test_the_bundle_for_stations_holds_both_roots() -> None:
    roots = x509.load_pem_x509_certificates(MADE.roots_pem)
    assert roots == [MADE.ecdsa.root.certificate, MADE.rsa.root.certificate]


def test_the_longest_operators_name_fits() -> None:
    made = make_hierarchy("O" * 64, NOW, CountedTokens(), PooledKeys())
    assert made.ecdsa.root.organisation == "O" * 64
