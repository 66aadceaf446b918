"""Reading certificates as facts that a check may look at, and telling how far a presented chain leads.

What is read here comes from strangers: octets that are no certificate become a `StationFault`, or a chain
whose leaf is marked unreadable, and nothing else. No verdict is formed here, and no signature is verified:
the TLS engine did that, and `chain_words` says what its findings mean.
"""

from __future__ import annotations

import hashlib
import sys
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Generic, Protocol, TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.x509.oid import NameOID

from voltward.crypto.keys import key_fingerprint
from voltward.crypto.reading.chain_words import ChainFinding, findings_below
from voltward.crypto.reading.signature_twin import twin_fingerprint
from voltward.domain.authority import Authority
from voltward.domain.errors import StationFault
from voltward.rulebook.observation import CertificateSeen, ChainSeen, PublicKeySeen

# Real ones take 0.5 to 3 KiB. The bound keeps a hostile name of 100 KB out of logs and journal.
LARGEST_CERTIFICATE = 16 * 1024
# A path of RFC 5280 with two sub-CAs (A00.FR.602) has four; more than this is an attack on our time.
LONGEST_CHAIN = 8

_public_key = lru_cache(maxsize=64)(PublicKeySeen)  # one value for all that are alike
_UNREADABLE_KEY = PublicKeySeen("unsupported", 0)
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
# OpenSSL's names where the library prefers those of SEC 2.
_OPENSSL_CURVES = {"secp256r1": "prime256v1", "secp192r1": "prime192v1"}


FingerprintTest = Callable[[bytes], bool]
_Kept = TypeVar("_Kept")


class UnreadableCertificate(StationFault):
    """These octets are no X.509 certificate that could be judged."""


class PresentedChain(Protocol):
    """What the TLS engine knows after a handshake; certificates in DER form, leaf first."""

    @property
    def peer_chain(self) -> Sequence[bytes]:
        """As offered."""
        ...

    @property
    def verified_chain(self) -> Sequence[bytes]:
        """As the engine could build it, up to the anchor if it found one."""
        ...

    @property
    def chain_errors(self) -> Sequence[ChainFinding]:
        """What the engine found wrong with it."""
        ...


def fingerprint(der: bytes) -> bytes:
    """SHA-256 of the DER form: 32 octets."""
    return hashlib.sha256(der).digest()


def read_certificate(der: bytes) -> CertificateSeen:
    """The facts of one certificate; raises UnreadableCertificate, and nothing else, for any octets."""
    return _read(der)[0]


def read_with_key(der: bytes) -> tuple[CertificateSeen, bytes]:
    """The same, with the fingerprint of its key; raises for a key of no known kind, too."""
    seen, certificate = _read(der)
    try:
        return seen, key_fingerprint(certificate.public_key())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UnreadableCertificate("its key is of no kind that is known.") from error


@lru_cache(maxsize=256)  # asked of what stands above leaves: few, and always the same
def names_itself(der: bytes) -> bool:
    """Whether subject and issuer are one, as in a root; raises UnreadableCertificate."""
    seen = read_certificate(der)
    return seen.subject == seen.issuer


def public_key_seen(key: object) -> PublicKeySeen:
    """Kind, size and curve of a public key of the library's; `unsupported` for what a rule cannot name."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        curve = key.curve.name
        return _public_key("ec", key.key_size, _OPENSSL_CURVES.get(curve, curve))
    if isinstance(key, rsa.RSAPublicKey):
        return _public_key("rsa", key.key_size)
    if isinstance(key, ed25519.Ed25519PublicKey):
        return PublicKeySeen("ed25519", 256)
    if isinstance(key, ed448.Ed448PublicKey):
        return PublicKeySeen("ed448", 456)
    if isinstance(key, dsa.DSAPublicKey):
        return PublicKeySeen("dsa", key.key_size)
    return _UNREADABLE_KEY


class _Memory(Generic[_Kept]):
    """What is known of certificates by fingerprint; the one that was not asked for longest falls out."""

    __slots__ = ("_capacity", "_seen")

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._seen: OrderedDict[bytes, _Kept] = OrderedDict()

    def get(self, digest: bytes) -> _Kept | None:
        known = self._seen.get(digest)
        if known is not None:
            self._seen.move_to_end(digest)
        return known

    def put(self, digest: bytes, seen: _Kept) -> None:
        self._seen[digest] = seen
        if len(self._seen) > self._capacity:
            self._seen.popitem(last=False)

    def __len__(self) -> int:
        return len(self._seen)


class CertificateReader:
    """Reads certificates, and remembers those that come again: of issuers, and of stations on record.

    Other leaves are never remembered: strangers could flush the memory. A leaf takes 0.7 kB and saves 22 us.
    """

    __slots__ = ("_issuers", "_leaves", "_twins")

    def __init__(self, capacity: int = 256, leaves: int = 8192) -> None:
        self._issuers = _Memory[CertificateSeen](capacity)
        self._leaves = _Memory[CertificateSeen](leaves)
        self._twins = _Memory[tuple[str, bytes | None]](leaves)

    def leaf(self, der: bytes, is_on_record: FingerprintTest) -> CertificateSeen:
        """Raises UnreadableCertificate."""
        digest = fingerprint(der)
        known = self._leaves.get(digest)
        if known is not None:
            return known
        seen = read_certificate(der)
        if is_on_record(digest):
            self._leaves.put(digest, seen)
        return seen

    def twin(
        self, der: bytes, digest: bytes, issuer: PublicKeySeen, is_on_record: FingerprintTest
    ) -> bytes | None:
        """The fingerprint of the leaf's other form, if it has one; raises UnreadableCertificate.

        `digest` is the fingerprint of `der`.
        """
        curve = issuer.curve or ""
        known = self._twins.get(digest)
        if known is not None and known[0] == curve:
            return known[1]
        try:
            twin = twin_fingerprint(der, curve)
        except ValueError as error:
            raise UnreadableCertificate("its signature does not fit its issuer's key.") from error
        if is_on_record(digest):
            self._twins.put(digest, (curve, twin))
        return twin

    def issuer(self, der: bytes, digest: bytes) -> CertificateSeen:
        """Only for certificates of a path that leads to a trusted authority; `digest` is the fingerprint."""
        known = self._issuers.get(digest)
        if known is None:
            known = read_certificate(der)
            self._issuers.put(digest, known)
        return known

    def __len__(self) -> int:
        return len(self._issuers) + len(self._leaves)


def chain_seen(
    reader: CertificateReader,
    presented: PresentedChain,
    authorities: Mapping[str, Authority],
    is_on_record: FingerprintTest = lambda _digest: False,
) -> ChainSeen:
    """What was offered, and which of `authorities` (by fingerprint in hexadecimal) it leads to (A00.FR.403).

    The authority is the one nearest to the leaf, above it, on the chain that the engine verified; a finding
    at or below it that breaks the path leaves `authority` None. Authorities that are retired do not belong
    into the mapping. `presented.peer_chain` must not be empty: without a certificate there is no ChainSeen.
    `is_on_record` tells by its fingerprint whether a leaf belongs to a station: then it is remembered.
    """
    leaf_der = presented.peer_chain[0]
    try:
        leaf = reader.leaf(leaf_der, is_on_record)
    except UnreadableCertificate as fault:
        return ChainSeen(_unreadable(leaf_der), (), None, ("unreadable",), unreadable=fault.what)
    found = _nearest_authority(leaf_der, presented.verified_chain, authorities)
    if found is None:
        # The engine's anchors may be older than our list: what was taken off it is unknown at once.
        words = findings_below(presented.chain_errors, LONGEST_CHAIN) or ("unknown-authority",)
        return ChainSeen(leaf, (leaf,), None, words)
    depth, authority = found
    words = findings_below(presented.chain_errors, depth)
    if words:
        return ChainSeen(leaf, (leaf,), None, words)
    try:
        issuers = [reader.issuer(der, fingerprint(der)) for der in presented.verified_chain[1 : depth + 1]]
        twin = reader.twin(leaf_der, leaf.fingerprint, issuers[0].key, is_on_record)
    except UnreadableCertificate:
        return ChainSeen(leaf, (leaf,), None, ("unreadable-issuer",))
    if twin is not None and is_on_record(twin) and not is_on_record(leaf.fingerprint):
        leaf, twin = replace(leaf, fingerprint=twin), leaf.fingerprint  # the same one, under its known name
    return ChainSeen(leaf, (leaf, *issuers), authority, twin=twin)


def _nearest_authority(
    leaf: bytes, verified: Sequence[bytes], authorities: Mapping[str, Authority]
) -> tuple[int, Authority] | None:
    """From depth 1 on: an authority's own certificate is nobody's credential."""
    if not verified or verified[0] != leaf:
        return None
    for depth, der in enumerate(verified[1:LONGEST_CHAIN], start=1):
        authority = authorities.get(hashlib.sha256(der).hexdigest())
        if authority is not None:
            return depth, authority
    return None


def _read(der: bytes) -> tuple[CertificateSeen, x509.Certificate]:
    if len(der) > LARGEST_CERTIFICATE:
        raise UnreadableCertificate(f"no station's certificate has {len(der)} octets.")
    try:
        certificate = x509.load_der_x509_certificate(der)
        return _facts(certificate, fingerprint(der)), certificate
    except Exception as error:
        # The parser has a dozen exceptions for foreign octets and grows new ones; each means the same here.
        raise UnreadableCertificate(f"not a readable X.509 certificate ({type(error).__name__}).") from error


def _facts(certificate: x509.Certificate, digest: bytes) -> CertificateSeen:
    subject, organisations = certificate.subject, NameOID.ORGANIZATION_NAME
    return CertificateSeen(
        fingerprint=digest,
        serial_number=f"{certificate.serial_number:x}",
        common_names=_values(subject, NameOID.COMMON_NAME),
        organisations=_shared(_values(subject, organisations)),
        subject=subject.rfc4514_string(),
        issuer=sys.intern(certificate.issuer.rfc4514_string()),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        is_ca=_is_ca(certificate),
        key=_key(certificate),
        signature_hash=_signature_hash(certificate),
    )


def _values(name: x509.Name, kind: x509.ObjectIdentifier) -> tuple[str, ...]:
    return tuple(str(attribute.value) for attribute in name.get_attributes_for_oid(kind))


@lru_cache(maxsize=256)
def _shared(names: tuple[str, ...]) -> tuple[str, ...]:
    """Of equal ones, the first: a fleet's certificates name one organisation, thousands of times."""
    return names


def _is_ca(certificate: x509.Certificate) -> bool:
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.BasicConstraints):
            return extension.value.ca
    return False


def _key(certificate: x509.Certificate) -> PublicKeySeen:
    try:
        return public_key_seen(certificate.public_key())
    except UnsupportedAlgorithm:
        return _UNREADABLE_KEY


def _signature_hash(certificate: x509.Certificate) -> str | None:
    try:
        algorithm = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return "unsupported"
    return algorithm.name if algorithm is not None else None


def _unreadable(der: bytes) -> CertificateSeen:
    """Stands in the place of a leaf that cannot be read: nobody's name, never valid."""
    return CertificateSeen(fingerprint(der), "", (), (), "", "", _NEVER, _NEVER, False, _UNREADABLE_KEY, None)  # noqa: FBT003 - the order of the fields
