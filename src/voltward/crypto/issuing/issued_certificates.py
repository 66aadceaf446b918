"""What an authority handed out for a request, looked at before anybody relies on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from voltward.crypto.keys import key_fingerprint
from voltward.crypto.reading.certificates import (
    UnreadableCertificate,
    fingerprint,
    names_itself,
    read_with_key,
)
from voltward.crypto.reading.pem import certificate_pem
from voltward.crypto.requests.csr_problems import CsrProblem
from voltward.crypto.requests.signing_requests import read_requested_key
from voltward.domain.errors import OutsideFault
from voltward.rulebook.observation import CertificateSeen


@dataclass(frozen=True, slots=True)
class IssuedSeen:
    """The leaf, its issuer's fingerprint, and the root above it in PEM form; empty: not there.

    `key`: SHA-256 of the key that it is for, as `requested_key` has it.
    """

    leaf: CertificateSeen
    issuer: bytes
    root_pem: str
    key: bytes


def read_issued(chain: Sequence[bytes], csr_der: bytes, key: bytes = b"") -> IssuedSeen:
    """Read a chain in DER form, leaf first, as the answer to a request (PKCS #10, DER).

    `key`: what `requested_key` says of the request, where that is known. OutsideFault for a chain that cannot
    be read, or whose leaf has another key than the request.
    """
    try:
        (leaf, certified), has_root = read_with_key(chain[0]), names_itself(chain[-1])
        asked = key or requested_key(csr_der)
    except (IndexError, ValueError, UnreadableCertificate) as error:
        raise OutsideFault("the authority answered with something that is no certificate.") from error
    if certified != asked:
        raise OutsideFault("the authority answered with a certificate for another key.")
    return IssuedSeen(
        leaf=leaf,
        issuer=fingerprint(chain[1]) if len(chain) > 1 else b"",
        root_pem=certificate_pem(chain[-1]).decode("ascii") if has_root else "",
        key=certified,
    )


def requested_key(csr_der: bytes) -> bytes:
    """SHA-256 of the key (SubjectPublicKeyInfo, DER) that a request, taken before, is for. ValueError: none.

    The library's reader refuses what ours has taken from a sloppy station, in more ways than one.
    """
    key = read_requested_key(csr_der)
    if not isinstance(key, CsrProblem):
        return key_fingerprint(key)
    raise ValueError(key.sentence)
