"""The fleet that the benchmark plays: an authority, a server chain, a certificate of its own per station.

A shared certificate would be wrong twice: servers keep per-certificate state, and the door must look
each one up. Files, since nginx and stdlib `ssl` read nothing else; they live as long as the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

OPERATOR = "Voltward Benchmark"
HOST_NAME = "localhost"
_LIFETIME = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class EquippedStation:
    """A station: identity, serial (its certificate's CN); on profile 3 certificate with key in one PEM file.

    On the profiles below it has a password: one that people made, or an empty one that Voltward will make.
    """

    identity: str
    serial: str
    credential: Path | None
    profile: int = 3
    password: str = ""


@dataclass(frozen=True, slots=True)
class Fleet:
    """Everything made for one run. `server_chain` is leaf and intermediate; its root is `server_root`."""

    stations: Sequence[EquippedStation]
    stations_root: Path
    server_root: Path
    server_chain: Path
    server_key: Path


@dataclass(frozen=True, slots=True)
class Mix:
    """How many stations with passwords: on profile 1, and on 2 with machine-made ones and with human ones."""

    plain: int
    machine_made: int
    human: int


@dataclass(frozen=True, slots=True)
class _Authority:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def make_fleet(folder: Path, size: int) -> Fleet:
    """A fleet of `size` stations, its authorities and a server chain as PEM files in `folder`."""
    stations_root = _make_root("Benchmark Stations Root")
    server_root = _make_root("Benchmark Server Root")
    server_issuer = _issue_authority(server_root, "Benchmark Server Issuer")
    server_key = ec.generate_private_key(ec.SECP256R1())
    server = _issue_server(server_issuer, server_key)
    return Fleet(
        stations=tuple(_equip(folder, stations_root, number) for number in range(1, size + 1)),
        stations_root=_write(folder / "stations-root.pem", _pem(stations_root.certificate)),
        server_root=_write(folder / "server-root.pem", _pem(server_root.certificate)),
        server_chain=_write(folder / "server-chain.pem", _pem(server) + _pem(server_issuer.certificate)),
        server_key=_write(folder / "server-key.pem", _key_pem(server_key)),
    )


def with_passwords(fleet: Fleet, mix: Mix) -> Fleet:
    """The fleet with stations on profiles 1 and 2 behind those that it has."""
    kinds = ((1, mix.plain, False), (2, mix.machine_made, False), (2, mix.human, True))
    more = [
        _password_station(profile, number, is_human=is_human)
        for profile, count, is_human in kinds
        for number in range(count)
    ]
    return replace(fleet, stations=(*fleet.stations, *more))


def _password_station(profile: int, number: int, *, is_human: bool) -> EquippedStation:
    kind = "HUMAN" if is_human else f"P{profile}"
    password = f"horse-battery-{number:05d}" if is_human else ""
    return EquippedStation(f"{kind}-{number:05d}", f"SN-{kind}-{number:05d}", None, profile, password)


def _equip(folder: Path, authority: _Authority, number: int) -> EquippedStation:
    identity, serial = f"BENCH-{number:05d}", f"SN-{number:05d}"
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder(_name(serial), authority.certificate.subject, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    path = _write(folder / f"{identity}.pem", _pem(certificate) + _key_pem(key))
    return EquippedStation(identity, serial, path)


def _issue_server(issuer: _Authority, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    return (
        _builder(_name(HOST_NAME), issuer.certificate.subject, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST_NAME)]), critical=False)
        .sign(issuer.key, hashes.SHA256())
    )


def _make_root(common_name: str) -> _Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(common_name)
    certificate = _as_authority(_builder(name, name, key.public_key())).sign(key, hashes.SHA256())
    return _Authority(certificate, key)


def _issue_authority(parent: _Authority, common_name: str) -> _Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(_name(common_name), parent.certificate.subject, key.public_key())
    return _Authority(_as_authority(builder).sign(parent.key, hashes.SHA256()), key)


def _as_authority(builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
    signs_only = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    return builder.add_extension(
        x509.BasicConstraints(ca=True, path_length=None), critical=True
    ).add_extension(signs_only, critical=True)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _LIFETIME)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, OPERATOR),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    path.chmod(0o600)
    return path
