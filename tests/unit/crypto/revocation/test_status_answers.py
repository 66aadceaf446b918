from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.fakes.chance import CountedTokens
from tests.fakes.clock import NOON
from tests.fakes.signers import hierarchy
from voltward.crypto.issuing.certificate_profiles import STATUS_SIGNER
from voltward.crypto.issuing.hierarchy import FamilyAuthorities
from voltward.crypto.issuing.issuance import CertificateOrder, IssuingAuthority, Subject, issue_certificate
from voltward.crypto.keys import KeyKind, make_key
from voltward.crypto.revocation.revocation_lists import RevokedSerial
from voltward.crypto.revocation.status_answers import LIFETIME, NameHash, Standing, sign_status


def delegate_of(family: FamilyAuthorities) -> IssuingAuthority:
    key = make_key(KeyKind.EC_P256)
    order = CertificateOrder(Subject("status", "Example CPO"), key.public_key())
    return IssuingAuthority(
        issue_certificate(STATUS_SIGNER, order, family.stations, NOON, CountedTokens()), key
    )


DELEGATE = delegate_of(hierarchy().ecdsa)


def answered(standing: Standing, form: NameHash = NameHash.SHA1) -> ocsp.OCSPResponse:
    der = sign_status(hierarchy().ecdsa.stations.certificate, DELEGATE, standing, form, NOON)
    return ocsp.load_der_ocsp_response(der)


@pytest.mark.parametrize("form", list(NameHash))
@pytest.mark.parametrize("family", hierarchy().families, ids=lambda one: one.family.value)
def test_an_answer_names_the_authority_as_the_library_does(form: NameHash, family: FamilyAuthorities) -> None:
    """The library builds the name from certificates, we from what a question says."""
    authority, delegate = family.stations.certificate, delegate_of(family)
    algorithm = {NameHash.SHA1: hashes.SHA1, NameHash.SHA256: hashes.SHA256}[form]()
    asked = ocsp.OCSPRequestBuilder().add_certificate(delegate.certificate, authority, algorithm).build()

    standing = Standing(delegate.certificate.serial_number, is_issued=True)
    told = ocsp.load_der_ocsp_response(sign_status(authority, delegate, standing, form, NOON))

    assert told.issuer_name_hash == asked.issuer_name_hash
    assert told.issuer_key_hash == asked.issuer_key_hash
    assert told.serial_number == asked.serial_number


def test_what_was_issued_is_good_and_what_was_not_is_unknown() -> None:
    assert answered(Standing(5, is_issued=True)).certificate_status is ocsp.OCSPCertStatus.GOOD
    assert answered(Standing(5, is_issued=False)).certificate_status is ocsp.OCSPCertStatus.UNKNOWN


def test_a_revoked_one_says_when_and_why() -> None:
    revoked = RevokedSerial(5, NOON - timedelta(hours=1), "keyCompromise")
    told = answered(Standing(5, is_issued=True, revoked=revoked))

    assert told.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert told.revocation_time_utc == revoked.at
    assert told.revocation_reason is x509.ReasonFlags.key_compromise


def test_an_answer_is_signed_by_the_delegate_and_ends_in_days() -> None:
    told = answered(Standing(5, is_issued=True))

    assert told.certificates == [DELEGATE.certificate]
    assert told.next_update_utc == NOON + LIFETIME
    key = DELEGATE.certificate.public_key()
    assert told.signature_hash_algorithm is not None
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(told.signature, told.tbs_response_bytes, ec.ECDSA(told.signature_hash_algorithm))


def test_the_delegate_may_sign_answers_alone_and_is_not_asked_about_itself() -> None:
    extensions = DELEGATE.certificate.extensions
    usage = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value

    assert list(usage) == [ExtendedKeyUsageOID.OCSP_SIGNING]
    assert extensions.get_extension_for_class(x509.OCSPNoCheck)
    assert not extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
