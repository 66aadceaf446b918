from __future__ import annotations

from datetime import timedelta

from cryptography import x509

from tests.fakes.clock import NOON
from tests.fakes.signers import hierarchy
from voltward.crypto.revocation.revocation_lists import LIFETIME, RevokedSerial, sign_revocation_list

ISSUER = hierarchy().ecdsa.stations


def signed(*entries: RevokedSerial, number: int = 7) -> x509.CertificateRevocationList:
    return x509.load_der_x509_crl(sign_revocation_list(ISSUER, number, entries, NOON))


def test_a_list_is_signed_numbered_and_good_for_a_week() -> None:
    made = signed()

    assert made.is_signature_valid(ISSUER.certificate.public_key())  # type: ignore[arg-type]
    assert made.issuer == ISSUER.certificate.subject
    assert made.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 7
    assert made.next_update_utc == NOON + LIFETIME
    assert made.last_update_utc < NOON


def test_a_list_names_its_authoritys_key_as_the_certificates_below_it_do() -> None:
    named = signed().extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    own = ISSUER.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value

    assert named.key_identifier == own.digest


def test_each_entry_says_when_and_why_but_for_no_reason() -> None:
    at = NOON - timedelta(days=2)
    made = signed(RevokedSerial(11, at, "keyCompromise"), RevokedSerial(12, NOON, "unspecified"))

    compromised = made.get_revoked_certificate_by_serial_number(11)
    plain = made.get_revoked_certificate_by_serial_number(12)
    assert compromised is not None
    assert plain is not None
    assert compromised.revocation_date_utc == at
    reason = compromised.extensions.get_extension_for_class(x509.CRLReason).value.reason
    assert reason is x509.ReasonFlags.key_compromise
    assert len(plain.extensions) == 0
    assert made.get_revoked_certificate_by_serial_number(13) is None


def test_a_long_list_is_made_in_a_time_that_grows_with_its_length_alone() -> None:
    many = [RevokedSerial(number, NOON, "superseded") for number in range(1, 5001)]

    assert len(signed(*many)) == 5000
