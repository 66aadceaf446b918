from __future__ import annotations

import stat
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509.oid import NameOID

from benchmarks.fleet import HOST_NAME, OPERATOR, make_fleet


def test_every_station_has_a_key_and_a_certificate_of_its_own(tmp_path: Path) -> None:
    fleet = make_fleet(tmp_path, 5)
    certificates = [
        x509.load_pem_x509_certificate(Path(str(one.credential)).read_bytes()) for one in fleet.stations
    ]

    assert len({_key_of(certificate) for certificate in certificates}) == 5
    assert len({station.identity for station in fleet.stations}) == 5


def test_a_certificate_names_serial_and_operator_and_fits_its_key(tmp_path: Path) -> None:
    fleet = make_fleet(tmp_path, 1)
    pem = Path(str(fleet.stations[0].credential)).read_bytes()
    certificate = x509.load_pem_x509_certificate(pem)
    root = x509.load_pem_x509_certificate(fleet.stations_root.read_bytes())

    certificate.verify_directly_issued_by(root)
    assert certificate.public_key() == load_pem_private_key(pem, None).public_key()
    assert [name.value for name in certificate.subject] == [OPERATOR, fleet.stations[0].serial]
    assert {name.oid for name in certificate.subject} == {NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME}


def test_the_server_chain_leads_over_one_intermediate_to_the_root(tmp_path: Path) -> None:
    fleet = make_fleet(tmp_path, 0)
    leaf, issuer = x509.load_pem_x509_certificates(fleet.server_chain.read_bytes())
    root = x509.load_pem_x509_certificate(fleet.server_root.read_bytes())

    leaf.verify_directly_issued_by(issuer)
    issuer.verify_directly_issued_by(root)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [HOST_NAME]


def test_nobody_else_reads_what_was_made(tmp_path: Path) -> None:
    make_fleet(tmp_path, 2)

    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


def _key_of(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
