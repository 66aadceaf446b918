"""Lists of revoked certificates (RFC 5280, 5) of authorities that are not ours: read, and held against them.

A list is taken whole or not at all: one that is signed by somebody else, that speaks of a part only, or that
is older than the one we have, says nothing that could be relied on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from voltward.crypto.reading.certificates import fingerprint
from voltward.crypto.revocation.foreign_octets import UnreadableOctets, foreign_octets
from voltward.domain.revocation_list import ForeignList, ListHead

MOST_ENTRIES: Final = 500_000  # 60 MB in a gateway's memory
WITHOUT_END: Final = timedelta(days=7)  # how long one holds that names no next update
AHEAD: Final = timedelta(minutes=10)  # by so much another clock may be before ours
OF_ANOTHER: Final = "is that of another authority"  # how the words of an `UnfitList` begin then
_BROKEN_HASHES: Final = frozenset({"md2", "md4", "md5", "sha1"})  # as for certificates: A00.FR.504
_LONGEST_NUMBER: Final = 159  # bits: 20 octets, with their sign (RFC 5280, 5.2.3)
_PEM: Final = re.compile(rb"-----BEGIN X509 CRL-----[^-]+-----END X509 CRL-----")
_READ: Final = (x509.CRLNumber, x509.AuthorityKeyIdentifier, x509.IssuingDistributionPoint)


@dataclass(frozen=True, slots=True)
class UnfitList:
    """Why a list is not taken, as the rest of a sentence that begins with `the list`."""

    words: str


def read_authority_list(
    octets: bytes, authority: bytes, known: ListHead | None, now: datetime
) -> ForeignList | UnfitList:
    """The list (DER or PEM) that this authority (DER) signed; `known` is the newest of it that we have.

    One whose next update is past is taken all the same: it is stale, and what it says was revoked, is.
    """
    issuer = x509.load_der_x509_certificate(authority)
    try:
        with foreign_octets():
            listed = x509.load_der_x509_crl(list_der(octets))
            problem = _signature_problem(listed, issuer) or _scope_problem(listed)
            if problem:
                return UnfitList(problem)
            head = _head(listed, fingerprint(authority).hex())
            problem = _age_problem(head, known, now)
            if problem:
                return UnfitList(problem)
            numbers = sorted({f"{entry.serial_number:x}" for entry in listed})
    except UnreadableOctets:
        return UnfitList("cannot be read: it is no list of revoked certificates (CRL)")
    return ForeignList(head, " ".join(numbers).encode("ascii"))


def list_head(octets: bytes, authority: str) -> ListHead | None:
    """What a list says of itself, whoever has signed it; None for what is none. `authority`: its id."""
    try:
        with foreign_octets():
            return _head(x509.load_der_x509_crl(list_der(octets)), authority)
    except UnreadableOctets:
        return None


def list_der(octets: bytes) -> bytes:
    """A list in its DER form, from either form. ValueError for PEM with something else in it."""
    block = _PEM.search(octets)
    return x509.load_pem_x509_crl(block[0]).public_bytes(Encoding.DER) if block else octets


def _signature_problem(listed: x509.CertificateRevocationList, issuer: x509.Certificate) -> str:
    if listed.issuer != issuer.subject:
        return f"{OF_ANOTHER} ({listed.issuer.rfc4514_string()[:80]!r})"
    usage = next((e.value for e in issuer.extensions if isinstance(e.value, x509.KeyUsage)), None)
    if usage is not None and not usage.crl_sign:
        return "is signed by a certificate that must not sign lists (its key usage lacks cRLSign)"
    algorithm = listed.signature_hash_algorithm
    if algorithm is not None and algorithm.name in _BROKEN_HASHES:
        return f"is signed with {algorithm.name.upper()}, which is broken"
    if not listed.is_signature_valid(issuer.public_key()):  # type: ignore[arg-type]  # TypeError where it cannot
        return "does not bear this authority's signature"
    return ""


def _scope_problem(listed: x509.CertificateRevocationList) -> str:
    """A part of what was revoked is worse than nothing: it would pass for all of it."""
    for extension in listed.extensions:
        value = extension.value
        if isinstance(value, x509.DeltaCRLIndicator):
            return "tells changes only (a delta CRL)"
        if isinstance(value, x509.IssuingDistributionPoint) and (
            value.indirect_crl
            or value.only_contains_ca_certs
            or value.only_contains_attribute_certs
            or value.only_some_reasons
        ):
            return "speaks of a part of the certificates only"
        if extension.critical and not isinstance(value, _READ):
            return f"demands something that is not known here ({extension.oid.dotted_string})"
    if len(listed) > MOST_ENTRIES:
        return f"has more than {MOST_ENTRIES} entries"
    return ""


def _head(listed: x509.CertificateRevocationList, authority: str) -> ListHead:
    numbers = [e.value.crl_number for e in listed.extensions if isinstance(e.value, x509.CRLNumber)]
    if numbers and numbers[0].bit_length() > _LONGEST_NUMBER:
        raise ValueError("a number that is longer than any list's")
    issued_at = listed.last_update_utc
    next_update = listed.next_update_utc or issued_at + WITHOUT_END
    return ListHead(authority, numbers[0] if numbers else None, issued_at, next_update, len(listed))


def _age_problem(head: ListHead, known: ListHead | None, now: datetime) -> str:
    if head.issued_at > now + AHEAD:
        return f"is of a time that has not come ({head.issued_at:%Y-%m-%d %H:%M} UTC)"
    if known is None:
        return ""
    if head.number is not None and known.number is not None and head.number < known.number:
        return f"went back: its number is {head.number}, and {known.number} was seen before"
    if head.issued_at < known.issued_at:
        return f"went back: it is of {head.issued_at:%Y-%m-%d %H:%M} UTC, older than the one that we have"
    return ""
