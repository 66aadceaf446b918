"""What an authority outside sent for a request: the leaf is found, and what stands above it put in order.

Protocols hand certificates out as a heap (RFC 7030, 4.2.3: the leaf and maybe others), so the order is ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from voltward.crypto.issuing.issued_certificates import read_issued
from voltward.crypto.reading.certificates import UnreadableCertificate, read_certificate
from voltward.crypto.reading.trust_anchors import is_signed_by
from voltward.crypto.requests.signing_requests import SigningRequest, read_signing_request
from voltward.domain.errors import OutsideFault

LONGEST_CHAIN = 8


def name_problem(csr_der: bytes, common_name: str) -> str | None:
    """Why a request may not go to an authority that takes names from it, as a sentence; None if it may.

    Such an authority signs for whoever the request names: it has to be the one who asks.
    """
    request = read_signing_request(csr_der)
    if not isinstance(request, SigningRequest):
        return f"the request cannot be read: {request.sentence}."
    seen = request.seen
    if seen.common_names != (common_name,):
        return f"the request names {' and '.join(seen.common_names) or 'nobody'}, and not {common_name}."
    if seen.alternative_names or seen.asks_to_be_ca:
        return "the request asks for other names, or to be an authority."
    return None


def answer_problem(chain: Sequence[bytes], csr_der: bytes, common_name: str) -> str | None:
    """Why an answer is none to this request, as a sentence; None if it is one."""
    try:
        read_issued(chain, csr_der)
        leaf = read_certificate(chain[0])
    except (OutsideFault, UnreadableCertificate) as fault:
        return fault.what
    if leaf.common_names != (common_name,) or leaf.is_ca:
        return f"it signed for {leaf.subject}, serial {leaf.serial_number}, and not for {common_name} alone."
    return None


def ordered_chain(csr_der: bytes, heap: Sequence[bytes]) -> tuple[bytes, ...]:
    """The leaf with the request's key, and its issuers as far as they are here; empty without a leaf."""
    leaf = next((der for der in heap if _has_key_of(der, csr_der)), None)
    return tuple(_upwards(leaf, heap)) if leaf is not None else ()


def _has_key_of(der: bytes, csr_der: bytes) -> bool:
    try:
        read_issued((der,), csr_der)
    except OutsideFault:
        return False
    return True


def _upwards(leaf: bytes, heap: Sequence[bytes]) -> Iterator[bytes]:
    at = leaf
    for _ in range(LONGEST_CHAIN):
        yield at
        above = next(
            (der for der in heap if der != at and _is_authority(der) and is_signed_by(at, der)), None
        )
        if above is None or is_signed_by(at, at):
            return
        at = above


def _is_authority(der: bytes) -> bool:
    try:
        return read_certificate(der).is_ca
    except UnreadableCertificate:
        return False
