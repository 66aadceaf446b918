from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.clock import NOON
from tests.fakes.signers import hierarchy
from voltward.crypto.issuing.issuance import IssuingAuthority
from voltward.crypto.revocation.revocation_lists import (
    LIFETIME,
    ListTimes,
    RevokedSerial,
    revocation_entry,
    sign_revocation_list,
)

ISSUER = hierarchy().ecdsa.stations
ENTRIES = st.lists(
    st.builds(
        RevokedSerial,
        st.integers(1, 2**159 - 1),
        st.integers(-27_000, 2_900_000).map(lambda days: NOON + timedelta(days=days)),
        st.sampled_from([flag.value for flag in x509.ReasonFlags]),
    ),
    max_size=5,
)


def signed(*entries: RevokedSerial, number: int = 7, by: IssuingAuthority = ISSUER) -> bytes:
    return sign_revocation_list(by, number, map(revocation_entry, entries), ListTimes.since(NOON))


def read(der: bytes) -> x509.CertificateRevocationList:
    return x509.load_der_x509_crl(der)


def by_the_library(by: IssuingAuthority, number: int, entries: list[RevokedSerial]) -> bytes:
    """What is signed, as the library writes it."""
    times = ListTimes.since(NOON)
    builder = x509.CertificateRevocationListBuilder(by.certificate.subject, times.begin, times.end)
    for one in entries:
        entry = x509.RevokedCertificateBuilder(one.serial, one.at.replace(microsecond=0))
        if one.reason != "unspecified":
            entry = entry.add_extension(x509.CRLReason(x509.ReasonFlags(one.reason)), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    builder = builder.add_extension(by.key_identifier, critical=False)
    builder = builder.add_extension(x509.CRLNumber(number), critical=False)
    return builder.sign(by.key, hashes.SHA256()).tbs_certlist_bytes


@pytest.mark.parametrize("by", [ISSUER, hierarchy().rsa.stations], ids=["ecdsa", "rsa"])
@given(number=st.integers(1, 2**159 - 1), entries=ENTRIES)
@settings(max_examples=40)
def test_a_list_is_octet_for_octet_what_the_library_writes(
    by: IssuingAuthority, number: int, entries: list[RevokedSerial]
) -> None:
    made = read(signed(*entries, number=number, by=by))

    assert made.tbs_certlist_bytes == by_the_library(by, number, entries)
    assert made.is_signature_valid(by.certificate.public_key())  # type: ignore[arg-type]


def test_a_list_is_numbered_and_good_for_a_week() -> None:
    made = read(signed())

    assert made.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 7
    assert made.next_update_utc == NOON + LIFETIME
    assert made.last_update_utc < NOON
    assert len(made) == 0


def test_a_list_names_its_authoritys_key_as_the_certificates_below_it_do() -> None:
    named = read(signed()).extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    own = ISSUER.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value

    assert named.key_identifier == own.digest


def test_each_entry_says_when_and_why_but_for_no_reason() -> None:
    at = NOON - timedelta(days=2)
    made = read(signed(RevokedSerial(11, at, "keyCompromise"), RevokedSerial(12, NOON, "unspecified")))

    compromised = made.get_revoked_certificate_by_serial_number(11)
    plain = made.get_revoked_certificate_by_serial_number(12)
    assert compromised is not None
    assert plain is not None
    assert compromised.revocation_date_utc == at
    reason = compromised.extensions.get_extension_for_class(x509.CRLReason).value.reason
    assert reason is x509.ReasonFlags.key_compromise
    assert len(plain.extensions) == 0
    assert made.get_revoked_certificate_by_serial_number(13) is None


def test_a_long_list_is_read_as_it_was_written() -> None:
    many = [RevokedSerial(number, NOON, "superseded") for number in range(1, 5001)]

    assert len(read(signed(*many))) == 5000
