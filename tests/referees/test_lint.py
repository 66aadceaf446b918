"""Every kind of certificate that our profiles make passes pkilint's rules for RFC 5280: no errors, none waived."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.fakes.certificates import Authority, Validity, new_key
from tests.fakes.chance import CountedTokens
from tests.referees.programs import Linter, lint
from voltward.crypto.certificate_profiles import (
    CSMS_SERVER,
    FIRMWARE_CA,
    ISSUING_CA,
    ROOT,
    STATION,
    CertificateProfile,
)
from voltward.crypto.issuance import (
    CertificateOrder,
    IssuingAuthority,
    Subject,
    issue_certificate,
    self_signed,
)

NOW = Validity.days().not_before
CHANCE = CountedTokens()


@cache
def root(kind: str) -> IssuingAuthority:
    return self_signed(ROOT, Subject("Root", "Example CPO"), new_key(kind), NOW, CHANCE)


@cache
def issuing(kind: str) -> IssuingAuthority:
    key = new_key(kind)
    order = CertificateOrder(Subject("Issuing CA", "Example CPO"), key.public_key())
    return IssuingAuthority(issue_certificate(ISSUING_CA, order, root(kind), NOW, CHANCE), key)


def leaf(profile: CertificateProfile, kind: str, name: str, *hosts: str) -> bytes:
    order = CertificateOrder(Subject(name, "Example CPO"), new_key(kind).public_key(), hosts)
    return issue_certificate(profile, order, issuing(kind), NOW, CHANCE).public_bytes(Encoding.DER)


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_authorities_pass(kind: str, tmp_path: Path) -> None:
    firmware = self_signed(FIRMWARE_CA, Subject("Firmware CA", "Example CPO"), new_key("rsa"), NOW, CHANCE)

    for authority in (root(kind), issuing(kind), firmware):
        assert lint(Linter.CERTIFICATE, tmp_path, authority.der) == []
    assert lint(Linter.ISSUER_AND_CERTIFICATE, tmp_path, root(kind).der, issuing(kind).der) == []


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_stations_and_servers_pass(kind: str, tmp_path: Path) -> None:
    station = leaf(STATION, kind, "SN-0007")
    server = leaf(CSMS_SERVER, kind, "csms.example", "csms.example", "192.0.2.7", "2001:db8::7")

    for certificate in (station, server):
        assert lint(Linter.CERTIFICATE, tmp_path, certificate) == []
        assert lint(Linter.ISSUER_AND_CERTIFICATE, tmp_path, issuing(kind).der, certificate) == []


def test_the_linter_sees_what_is_wrong(tmp_path: Path) -> None:
    mixed_up = Authority.create("Root").issue(is_ca=True)  # an authority that may not sign
    station, stranger = leaf(STATION, "ec", "SN-0007"), root("rsa").der

    assert lint(Linter.CERTIFICATE, tmp_path, mixed_up.der)
    assert lint(Linter.ISSUER_AND_CERTIFICATE, tmp_path, stranger, station)
