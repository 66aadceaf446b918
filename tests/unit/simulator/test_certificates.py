from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID

from voltward.simulator.certificates import (
    KeyKind,
    SimulatedAuthority,
    Subject,
    Validity,
    new_key,
    self_signed,
)

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
STATION = Subject("SN-1", "Example Operator")


def test_a_leaf_comes_with_its_intermediates_and_without_the_root() -> None:
    root = SimulatedAuthority.create("Root", NOW)
    issued = root.subordinate("Issuing", NOW).issue(STATION, Validity.current(NOW))
    chain = x509.load_pem_x509_certificates(issued.chain_pem)
    (anchor,) = x509.load_pem_x509_certificates(root.root_pem)

    assert len(chain) == 2
    chain[0].verify_directly_issued_by(chain[1])
    chain[1].verify_directly_issued_by(anchor)


def test_a_leaf_names_the_station_and_its_owner() -> None:
    leaf = SimulatedAuthority.create("Root", NOW).issue(STATION, Validity.current(NOW)).leaf

    assert leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "SN-1"
    assert leaf.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value == "Example Operator"
    assert leaf.not_valid_before_utc < NOW - timedelta(days=1)
    assert leaf.not_valid_after_utc > NOW


def test_the_key_belongs_to_the_leaf() -> None:
    issued = SimulatedAuthority.create("Root", NOW).issue(STATION, Validity.current(NOW))
    key = load_pem_private_key(issued.login.key_pem.reveal(), None)

    assert key.public_key() == issued.leaf.public_key()
    assert issued.login.chain_pem == issued.certificate_pem


def test_an_expired_leaf_is_over() -> None:
    leaf = SimulatedAuthority.create("Root", NOW).issue(STATION, Validity.over(NOW)).leaf

    assert leaf.not_valid_after_utc < NOW


def test_a_self_signed_leaf_vouches_for_itself() -> None:
    leaf = self_signed(STATION, Validity.current(NOW)).leaf

    leaf.verify_directly_issued_by(leaf)
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_a_server_certificate_names_hosts_and_addresses() -> None:
    root = SimulatedAuthority.create("Root", NOW)
    leaf = root.issue(STATION, Validity.current(NOW), hosts=["localhost", "127.0.0.1"]).leaf
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("kind", "type_"), [(KeyKind.EC, ec.EllipticCurvePrivateKey), (KeyKind.RSA, rsa.RSAPrivateKey)]
)
def test_a_key_is_of_the_kind_asked_for(kind: KeyKind, type_: type) -> None:
    assert isinstance(new_key(kind), type_)


def test_two_certificates_are_never_the_same() -> None:
    root = SimulatedAuthority.create("Root", NOW)
    first, second = (root.issue(STATION, Validity.current(NOW)) for _ in range(2))

    assert first.fingerprint != second.fingerprint
