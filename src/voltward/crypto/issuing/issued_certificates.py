"""What an authority handed out for a request, looked at before anybody relies on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import NameOID

from voltward.crypto.keys import key_fingerprint
from voltward.crypto.reading.certificates import fingerprint, names_itself
from voltward.crypto.reading.pem import certificate_pem
from voltward.crypto.requests.csr_problems import CsrProblem
from voltward.crypto.requests.signing_requests import read_requested_key
from voltward.domain.errors import OutsideFault


@dataclass(frozen=True, slots=True)
class IssuedSeen:
    """The leaf, its issuer's fingerprint, and the root above it in PEM form; empty: not there.

    `key`: SHA-256 of the key that it is for, as `requested_key` has it.
    """

    fingerprint: bytes
    serial: int
    common_name: str
    not_before: datetime
    not_after: datetime
    key: bytes
    issuer: bytes
    root_pem: str


def read_issued(chain: Sequence[bytes], csr_der: bytes, key: bytes = b"") -> IssuedSeen:
    """Read a chain in DER form, leaf first, as the answer to a request (PKCS #10, DER).

    `key`: what `requested_key` says of the request, where that is known. OutsideFault for a chain that cannot
    be read, or whose leaf has another key than the request.
    """
    try:
        has_root = names_itself(chain[-1])
        seen = _read(chain, certificate_pem(chain[-1]).decode("ascii") if has_root else "")
        asked = key or requested_key(csr_der)
    except Exception as error:
        # The parser has a dozen exceptions for foreign octets and grows new ones; each means the same here.
        raise OutsideFault("the authority answered with something that is no certificate.") from error
    if seen.key != asked:
        raise OutsideFault("the authority answered with a certificate for another key.")
    return seen


def _read(chain: Sequence[bytes], root_pem: str) -> IssuedSeen:
    leaf = x509.load_der_x509_certificate(chain[0])
    names = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return IssuedSeen(
        fingerprint=fingerprint(chain[0]),
        serial=leaf.serial_number,
        common_name=str(names[0].value) if names else "",
        not_before=leaf.not_valid_before_utc,
        not_after=leaf.not_valid_after_utc,
        key=key_fingerprint(leaf.public_key()),
        issuer=fingerprint(chain[1]) if len(chain) > 1 else b"",
        root_pem=root_pem,
    )


def requested_key(csr_der: bytes) -> bytes:
    """SHA-256 of the key (SubjectPublicKeyInfo, DER) that a request, taken before, is for. ValueError: none.

    The library's reader refuses what ours has taken from a sloppy station, in more ways than one.
    """
    key = read_requested_key(csr_der)
    if not isinstance(key, CsrProblem):
        return key_fingerprint(key)
    raise ValueError(key.sentence)
