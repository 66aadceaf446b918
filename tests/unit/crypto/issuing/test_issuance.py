from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from tests.fakes.chance import CountedTokens
from voltward.crypto.issuing.certificate_profiles import (
    CSMS_SERVER,
    ISSUING_CA,
    ROOT,
    STATION,
    CertificateProfile,
)
from voltward.crypto.issuing.issuance import (
    CertificateOrder,
    IssuingAuthority,
    Subject,
    issue_certificate,
    self_signed,
)
from voltward.crypto.keys import KeyKind, PublicKey, make_key
from voltward.crypto.reading.certificates import read_certificate

NOW = datetime(2026, 11, 22, 10, 30, 15, 123456, tzinfo=UTC)
CHANCE = CountedTokens()
EC_KEY = make_key(KeyKind.EC_P256).public_key()
RSA_KEY = make_key(KeyKind.RSA_2048).public_key()


def a_root(key: KeyKind = KeyKind.EC_P256, now: datetime = NOW) -> IssuingAuthority:
    return self_signed(ROOT, Subject("A root", "Example CPO"), make_key(key), now, CHANCE)


PARENT = a_root()


def issued(
    profile: CertificateProfile = STATION,
    key: PublicKey = EC_KEY,
    hosts: tuple[str, ...] = (),
    now: datetime = NOW,
    issuer: IssuingAuthority = PARENT,
) -> x509.Certificate:
    order = CertificateOrder(Subject("SN-0001", "Example CPO"), key, hosts)
    return issue_certificate(profile, order, issuer, now, CHANCE)


def usage(certificate: x509.Certificate) -> x509.KeyUsage:
    return certificate.extensions.get_extension_for_class(x509.KeyUsage).value


def test_a_root_signs_itself() -> None:
    root = a_root()
    root.certificate.verify_directly_issued_by(root.certificate)
    facts = read_certificate(root.der)
    assert facts.is_ca
    assert (root.common_name, root.organisation) == ("A root", "Example CPO")
    assert root.fingerprint == facts.fingerprint


def test_a_certificate_is_signed_by_its_issuer_and_points_to_it() -> None:
    certificate = issued()
    certificate.verify_directly_issued_by(PARENT.certificate)
    theirs = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    ours = PARENT.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert theirs == ours


def test_the_subject_is_organisation_and_common_name() -> None:
    facts = read_certificate(issued().public_bytes(Encoding.DER))
    assert (facts.common_names, facts.organisations) == (("SN-0001",), ("Example CPO",))


def test_a_station_has_no_alternative_name_and_nobody_an_extended_key_usage() -> None:
    for certificate in (issued(), issued(CSMS_SERVER, RSA_KEY, ("csms.example",)), PARENT.certificate):
        present = {extension.oid for extension in certificate.extensions}
        assert x509.ExtendedKeyUsage.oid not in present
    assert x509.SubjectAlternativeName.oid not in {extension.oid for extension in issued().extensions}


def test_hosts_are_names_or_addresses() -> None:
    certificate = issued(CSMS_SERVER, hosts=("csms.example", "192.0.2.7", "2001:db8::7"))
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["csms.example"]
    addresses = names.get_values_for_type(x509.IPAddress)
    assert addresses == [ip_address("192.0.2.7"), ip_address("2001:db8::7")]


@pytest.mark.parametrize("profile", [CSMS_SERVER, STATION])
def test_only_rsa_leaves_transport_keys(profile: CertificateProfile) -> None:
    assert usage(issued(profile, RSA_KEY)).key_encipherment
    assert not usage(issued(profile, EC_KEY)).key_encipherment
    assert usage(issued(profile, RSA_KEY)).digital_signature
    assert usage(issued(profile, EC_KEY)).digital_signature


def test_constraints_and_key_usage_are_critical() -> None:
    for profile in (ISSUING_CA, STATION):
        certificate = issued(profile)
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
        assert constraints.critical
        assert constraints.value == x509.BasicConstraints(profile.is_ca, profile.path_length)
        assert certificate.extensions.get_extension_for_class(x509.KeyUsage).critical


def test_serial_numbers_are_128_random_bits() -> None:
    numbers = [issued().serial_number for _ in range(20)]
    assert len(set(numbers)) == 20
    assert all(0 < number < 2**128 for number in numbers)
    assert max(numbers).bit_length() > 120


def test_chance_that_comes_up_zero_still_makes_a_positive_serial_number() -> None:
    class Zero:
        def token(self, octets: int) -> bytes:
            return bytes(octets)

    order = CertificateOrder(Subject("SN-0001", "Example CPO"), EC_KEY)
    assert issue_certificate(STATION, order, PARENT, NOW, Zero()).serial_number == 1


def test_validity_is_the_profiles_around_the_moment_of_issue() -> None:
    certificate = issued(now=NOW + timedelta(days=900))
    moment = (NOW + timedelta(days=900)).replace(microsecond=0)
    assert certificate.not_valid_before_utc == moment - STATION.backdated
    assert certificate.not_valid_after_utc == moment + STATION.lifetime


def test_no_certificate_is_valid_beyond_its_issuer() -> None:
    old = a_root(now=NOW - ROOT.lifetime + timedelta(days=30))
    certificate = issued(issuer=old)
    assert certificate.not_valid_after_utc == old.certificate.not_valid_after_utc
    young = a_root(now=NOW + timedelta(days=700))
    server = issued(CSMS_SERVER, issuer=young)
    assert server.not_valid_before_utc == young.certificate.not_valid_before_utc


def test_signatures_are_those_that_old_stations_know() -> None:
    rsa_root = a_root(KeyKind.RSA_2048)
    certificate = issued(issuer=rsa_root)
    assert isinstance(certificate.signature_algorithm_parameters, padding.PKCS1v15)
    for one in (certificate, issued()):
        assert one.signature_hash_algorithm is not None
        assert one.signature_hash_algorithm.name == "sha256"
    assert isinstance(PARENT.certificate.public_key(), ec.EllipticCurvePublicKey)
    assert isinstance(rsa_root.certificate.public_key(), rsa.RSAPublicKey)


@pytest.mark.parametrize("subject", [Subject("", "Example"), Subject("S" * 65, "Example")])
def test_an_impossible_subject_is_a_bug_of_the_caller(subject: Subject) -> None:
    with pytest.raises(ValueError):
        subject.as_name()
