"""Certificates, lists and answers that we sign pass pkilint's rules for RFC 5280: no errors, none waived."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.fakes.certificates import Authority, Validity, new_key
from tests.fakes.chance import CountedTokens
from tests.fakes.signers import list_of
from tests.referees.programs import Linter, lint
from voltward.crypto.issuing.certificate_profiles import (
    CSMS_SERVER,
    FIRMWARE_CA,
    ISSUING_CA,
    ROOT,
    STATION,
    STATUS_SIGNER,
    CertificateProfile,
)
from voltward.crypto.issuing.issuance import (
    CertificateOrder,
    IssuingAuthority,
    Subject,
    issue_certificate,
    self_signed,
)
from voltward.crypto.revocation.revocation_lists import RevokedSerial
from voltward.crypto.revocation.status_answers import NameHash, Standing, sign_status

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


REVOKED = (
    RevokedSerial(2**127 + 1, NOW, "keyCompromise"),
    RevokedSerial(7, NOW, "unspecified"),
)


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_lists_of_revoked_certificates_pass(kind: str, tmp_path: Path) -> None:
    for revoked in ((), REVOKED):
        assert lint(Linter.REVOCATION_LIST, tmp_path, list_of(issuing(kind), *revoked, now=NOW)) == []


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_answers_about_single_certificates_and_their_signers_pass(kind: str, tmp_path: Path) -> None:
    key, above = new_key(kind), issuing(kind)
    order = CertificateOrder(Subject("Issuing CA status", "Example CPO"), key.public_key())
    delegate = IssuingAuthority(issue_certificate(STATUS_SIGNER, order, above, NOW, CHANCE), key)

    assert lint(Linter.ISSUER_AND_CERTIFICATE, tmp_path, above.der, delegate.der) == []
    for standing in (Standing(1, True), Standing(2, False), *(Standing(r.serial, True, r) for r in REVOKED)):
        for form in NameHash:
            answer = sign_status(above.certificate, delegate, standing, form, NOW)
            assert lint(Linter.STATUS_ANSWER, tmp_path, answer) == []


def test_the_linter_sees_what_is_wrong(tmp_path: Path) -> None:
    mixed_up = Authority.create("Root").issue(is_ca=True)  # an authority that may not sign
    station, stranger = leaf(STATION, "ec", "SN-0007"), root("rsa").der

    assert lint(Linter.CERTIFICATE, tmp_path, mixed_up.der)
    assert lint(Linter.ISSUER_AND_CERTIFICATE, tmp_path, stranger, station)
