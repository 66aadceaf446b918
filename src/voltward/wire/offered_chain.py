"""A certificate chain that did not come through our own TLS, judged by the same OpenSSL as one that did.

Two things differ from a handshake (`tls_context`), and neither lets anybody in who would not get in there.
This call ends at the first thing that is wrong, instead of writing it down and going on: with one finding
nothing counts as verified. And it knows no purpose, so the purposes of the issuers are looked at here.
Times are not looked at, here as there: the rulebook compares them with our own clock.

Anchors of one name: where a certificate does not say which key signed it (no authority key identifier),
OpenSSL takes the first issuer of that name, and calls the signature bad if it was another. A root that came
with a new key and its old name would so turn everybody away. Here each of them is tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from OpenSSL import crypto

from voltward.domain.errors import OperatorFault
from voltward.wire.tls_context import ChainError

_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, which pyOpenSSL has no name for
_UNREADABLE, _BAD_SIGNATURE, _PURPOSE = 1, 7, 26


@dataclass(frozen=True, slots=True)
class OfferedChain:
    """As `TlsFacts` has it: DER forms, leaf first. `verified_chain` is empty unless `chain_errors` is."""

    peer_chain: tuple[bytes, ...] = ()
    verified_chain: tuple[bytes, ...] = ()
    chain_errors: tuple[ChainError, ...] = ()


NOTHING_OFFERED = OfferedChain()


class ChainVerifier:
    """The trust anchors of one moment; other trust is another verifier."""

    __slots__ = ("_store", "_without_namesakes")

    def __init__(self, anchors: Sequence[bytes]) -> None:
        """Anchors in PEM form, as `build_server_context` takes them. OperatorFault for one that is none."""
        certificates: list[x509.Certificate] = []
        for number, pem in enumerate(anchors, 1):
            try:
                certificates += x509.load_pem_x509_certificates(pem)
            except ValueError as error:
                raise OperatorFault(f"trust anchor {number} is not readable PEM") from error
        self._store = _store(certificates)
        # For each of several anchors of one name, all anchors but the others of that name.
        self._without_namesakes = [
            _store([other for other in certificates if other == one or other.subject != one.subject])
            for one in certificates
            if any(other.subject == one.subject and other != one for other in certificates)
        ]

    @property
    def has_namesakes(self) -> bool:
        """Whether any two anchors have one name: then a signature that a handshake called bad may be good."""
        return bool(self._without_namesakes)

    def verify(self, offered: tuple[bytes, ...]) -> OfferedChain:
        """How far a chain leads (DER forms, leaf first). Never raises for what strangers send."""
        if not offered:
            return NOTHING_OFFERED
        try:
            leaf, *others = [_read(der) for der in offered]
        except _Unreadable:
            return OfferedChain(offered, (), (ChainError(0, _UNREADABLE, "unreadable"),))
        found = _judged(self._store, offered, leaf, others)
        if not is_bad_signature(found.chain_errors):
            return found
        again = (_judged(store, offered, leaf, others) for store in self._without_namesakes)
        return next((other for other in again if not other.chain_errors), found)


def is_bad_signature(errors: Sequence[ChainError]) -> bool:
    """Whether a signature was found that does not fit its issuer's key."""
    return any(error.code == _BAD_SIGNATURE for error in errors)


def _store(certificates: Sequence[x509.Certificate]) -> crypto.X509Store:
    store = crypto.X509Store()
    store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN | _NO_CHECK_TIME)
    for certificate in certificates:
        store.add_cert(crypto.X509.from_cryptography(certificate))
    return store


def _judged(
    store: crypto.X509Store, offered: tuple[bytes, ...], leaf: crypto.X509, others: Sequence[crypto.X509]
) -> OfferedChain:
    try:
        built = crypto.X509StoreContext(store, leaf, others).get_verified_chain()
    except crypto.X509StoreContextError as error:
        code, depth, _ = error.errors
        return OfferedChain(offered, (), (ChainError(depth, code, f"x509_{code}"),))
    links = [certificate.to_cryptography() for certificate in built]
    for depth, issuer in enumerate(links[1:], start=1):
        if not _may_vouch_for_clients(issuer):
            return OfferedChain(offered, (), (ChainError(depth, _PURPOSE, "invalid_purpose"),))
    return OfferedChain(offered, tuple(link.public_bytes(Encoding.DER) for link in links))


class _Unreadable(Exception):
    """Inside this module: octets that are no certificate."""


def _read(der: bytes) -> crypto.X509:
    """By the stricter parser: nothing may stand behind a certificate, or be written in two ways."""
    try:
        return crypto.X509.from_cryptography(x509.load_der_x509_certificate(der))
    except Exception as error:
        # It has a dozen exceptions for foreign octets and grows new ones; each means the same here.
        raise _Unreadable from error


def _may_vouch_for_clients(issuer: x509.Certificate) -> bool:
    """An issuer that is kept to other uses issues no credentials of stations; none named is every use."""
    try:
        usage = issuer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return False  # OpenSSL took it, and the parser that would have to tell cannot read it
    return ExtendedKeyUsageOID.CLIENT_AUTH in usage
