"""Certificate signing requests (PKCS #10, RFC 2986) as facts that a rule may look at.

Whatever a station sends becomes a request or a `CsrProblem` with a named reason, never an exception: reading
is ours, tolerant of sloppy encodings and strict about bounds, and only keys and signatures are the library's.
No verdict is formed here; `usecases.issuance.judge_signing_request` asks the rulebook.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from voltward.crypto.keys import PublicKey, key_fingerprint
from voltward.crypto.reading.certificates import public_key_seen
from voltward.crypto.reading.der import (
    SEQUENCE,
    Element,
    MalformedDer,
    bits_of,
    elements_in,
    expect,
    first_element,
    integer_of,
)
from voltward.crypto.reading.directory_names import COMMON_NAME, ORGANISATION, DirectoryName, read_name
from voltward.crypto.requests.asked_beyond import AskedBeyond, read_asked
from voltward.crypto.requests.csr_problems import CsrFault, CsrProblem
from voltward.crypto.requests.possession import SignatureSeen, examine_signature
from voltward.crypto.requests.request_text import LARGEST_REQUEST, unwrap_request
from voltward.crypto.requests.weak_keys import weaknesses_of
from voltward.rulebook.signing_observation import SigningRequestSeen

# Verifying costs by the square of this, and nobody may make us pay more.
LONGEST_RSA_KEY: Final = 8192

_ATTRIBUTES: Final = 0xA0


@dataclass(frozen=True, slots=True)
class SigningRequest:
    """A request that could be read: its DER form, its key, and what a rule may ask about it."""

    der: bytes
    public_key: PublicKey
    seen: SigningRequestSeen


@dataclass(frozen=True, slots=True)
class _Parts:
    """The pieces of a request by RFC 2986, 4; `info` is what is signed."""

    info: Element
    version: int
    name: DirectoryName
    key: Element
    asked: AskedBeyond
    oddities: tuple[str, ...]
    algorithm: Element
    signature: bytes


def read_signing_request(sent: str | bytes, largest: int = LARGEST_REQUEST) -> SigningRequest | CsrProblem:
    """Read what a station sent (A02.FR.03, A03.FR.03), at most `largest` octets of it. Never raises."""
    unwrapped = unwrap_request(sent, largest)
    if isinstance(unwrapped, CsrProblem):
        return unwrapped
    try:
        whole = _outermost(unwrapped.octets)
        if isinstance(whole, CsrProblem):
            return whole
        parts = _parts(whole)
        key = _public_key(parts.key)
        if isinstance(key, CsrProblem):
            return key
        signature = examine_signature(parts.algorithm, parts.signature, parts.info.whole, key)
    except MalformedDer as fault:
        return CsrProblem(CsrFault.MALFORMED, fault.what.rstrip("."))
    trailing = unwrapped.octets[len(whole.whole) :]
    oddities = (*unwrapped.oddities, *parts.oddities, *(("octets behind the request",) if trailing else ()))
    return SigningRequest(whole.whole, key, _seen(parts, key, signature, oddities))


def read_requested_key(der: bytes) -> PublicKey | CsrProblem:
    """The key alone of a request (DER) that was read and judged before: by the same reader. Never raises."""
    read = _key_with_request(der)
    return read if isinstance(read, CsrProblem) else read[0]


def read_proven_key(der: bytes) -> tuple[PublicKey, bool] | CsrProblem:
    """The same, and whether the request proves that its asker has the key. Never raises."""
    read = _key_with_request(der)
    if isinstance(read, CsrProblem):
        return read
    key, (info, algorithm, signature) = read
    try:
        return key, examine_signature(algorithm, bits_of(signature), info.whole, key).proves_possession
    except MalformedDer as fault:
        return CsrProblem(CsrFault.MALFORMED, fault.what.rstrip("."))


def _key_with_request(der: bytes) -> tuple[PublicKey, Sequence[Element]] | CsrProblem:
    """With the three parts of the request; its names and attributes are not looked at."""
    try:
        whole = _outermost(der)
        if isinstance(whole, CsrProblem):
            return whole
        request, fields = _outline(whole)
        key = _public_key(expect(fields[2], SEQUENCE))
    except MalformedDer as fault:
        return CsrProblem(CsrFault.MALFORMED, fault.what.rstrip("."))
    return key if isinstance(key, CsrProblem) else (key, request)


def _outermost(octets: bytes) -> Element | CsrProblem:
    """The request alone: some send the rest of their buffer behind it."""
    try:
        return expect(first_element(octets), SEQUENCE)
    except MalformedDer as fault:
        if octets[:1] == bytes([SEQUENCE]):
            return CsrProblem(CsrFault.CUT_SHORT, fault.what.rstrip("."))
        raise


def _outline(whole: Element) -> tuple[Sequence[Element], Sequence[Element]]:
    """Its three parts, and those of the first, which is what is signed: version, name, key, attributes."""
    request = elements_in(whole.content, 3)
    if len(request) != 3:
        raise MalformedDer(f"a request has 3 parts, and this has {len(request)}.")
    fields = elements_in(expect(request[0], SEQUENCE).content, 4)
    if len(fields) < 3:
        raise MalformedDer(f"what is signed has {len(fields)} parts.")
    return request, fields


def _parts(whole: Element) -> _Parts:
    request, fields = _outline(whole)
    version, name = integer_of(fields[0]), read_name(fields[1])
    oddities = list(name.oddities)
    if version != 0:
        oddities.append("another version than 0")
    if len(fields) == 3:
        oddities.append("no attributes, not even an empty set")
    asked = read_asked(expect(fields[3], _ATTRIBUTES).content) if len(fields) == 4 else AskedBeyond()
    return _Parts(
        request[0],
        version,
        name,
        expect(fields[2], SEQUENCE),
        asked,
        tuple(oddities),
        request[1],
        bits_of(request[2]),
    )


def _public_key(spki: Element) -> PublicKey | CsrProblem:
    try:
        key = load_der_public_key(spki.whole)
    except (ValueError, UnsupportedAlgorithm) as error:
        return CsrProblem(CsrFault.UNUSABLE_KEY, str(error).partition("\n")[0][:120].rstrip("."))
    if not isinstance(key, (rsa.RSAPublicKey, ec.EllipticCurvePublicKey)):
        return CsrProblem(CsrFault.UNUSABLE_KEY, f"it is of the kind {public_key_seen(key).kind}")
    if isinstance(key, rsa.RSAPublicKey) and key.key_size > LONGEST_RSA_KEY:
        return CsrProblem(CsrFault.UNUSABLE_KEY, f"it has {key.key_size} bits")
    return key


def _seen(
    parts: _Parts, key: PublicKey, signature: SignatureSeen, oddities: tuple[str, ...]
) -> SigningRequestSeen:
    return SigningRequestSeen(
        key=public_key_seen(key),
        key_fingerprint=key_fingerprint(key),
        weaknesses=tuple(weakness.value for weakness in weaknesses_of(key)),
        common_names=parts.name.values(COMMON_NAME),
        organisations=parts.name.values(ORGANISATION),
        subject=str(parts.name),
        signature=signature.algorithm,
        signature_hash=signature.hash_name,
        proves_possession=signature.proves_possession,
        asked_beyond=parts.asked.asked,
        alternative_names=parts.asked.alternative_names,
        asks_to_be_ca=parts.asked.is_ca,
        oddities=oddities,
    )
