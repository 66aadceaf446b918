"""What a server's chain says to the stations that will check it: names, times, keys, how far it leads.

Facts only, for whoever checks a deployment. Signatures are not verified here: the TLS context does that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from voltward.crypto.reading.certificates import UnreadableCertificate, read_certificate
from voltward.crypto.reading.pem import read_pem_bundle
from voltward.rulebook.observation import CertificateSeen

_MINIMUM_BITS = {"rsa": 2048, "ec": 224}  # A00.FR.502, A00.FR.503
_BROKEN_HASHES = frozenset({"md5", "sha1"})  # A00.FR.504


@dataclass(frozen=True, slots=True)
class ServerChainSeen:
    """A chain, leaf first. `hosts` and `addresses` are the leaf's alternative names, as text."""

    certificates: tuple[CertificateSeen, ...]
    hosts: tuple[str, ...]
    addresses: tuple[str, ...]

    @property
    def leaf(self) -> CertificateSeen:
        """The server's own certificate."""
        return self.certificates[0]

    @property
    def ends_with_a_root(self) -> bool:
        """Whether a self-signed certificate is sent along, which no station needs (field note 30)."""
        last = self.certificates[-1]
        return len(self.certificates) > 1 and last.subject == last.issuer

    @property
    def issuer(self) -> str:
        """Who must be known to a station that gets this chain: the issuer of its last certificate."""
        return self.certificates[-1].issuer

    def first_to_begin(self, now: datetime) -> CertificateSeen | None:
        """The certificate that is not valid yet, if there is one."""
        return next((one for one in self.certificates if now < one.not_before), None)

    @property
    def first_to_end(self) -> CertificateSeen:
        """The certificate that ends before the others: the whole chain ends with it."""
        return min(self.certificates, key=lambda one: one.not_after)

    def weaknesses(self) -> list[str]:
        """What a station that follows the standard refuses, as sentences without an end."""
        found: list[str] = []
        for one in self.certificates:
            minimum = _MINIMUM_BITS.get(one.key.kind)
            if minimum is None or one.key.bits < minimum:
                found.append(
                    f"{one.subject} has a key that is too weak ({one.key.kind}, {one.key.bits} bits)"
                )
            if one.signature_hash in _BROKEN_HASHES:
                found.append(f"{one.subject} is signed with {one.signature_hash}")
        return found


def read_server_certificates(chain_pem: bytes) -> ServerChainSeen:
    """The facts of a chain in PEM form, leaf first. Raises UnreadableCertificate."""
    ders = read_pem_bundle(chain_pem)
    if not ders:
        raise UnreadableCertificate("there is no certificate in it.")
    hosts, addresses = _names(x509.load_der_x509_certificate(ders[0]))
    return ServerChainSeen(tuple(read_certificate(der) for der in ders), hosts, addresses)


def _names(leaf: x509.Certificate) -> tuple[tuple[str, ...], tuple[str, ...]]:
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return (), ()
    addresses = names.get_values_for_type(x509.IPAddress)
    return tuple(names.get_values_for_type(x509.DNSName)), tuple(str(address) for address in addresses)


def without_root(chain: Sequence[bytes]) -> list[bytes]:
    """What of a chain (DER, leaf first) is sent: stations have the root (field notes 18, 30)."""
    last = x509.load_der_x509_certificate(chain[-1])
    is_root = len(chain) > 1 and last.issuer == last.subject
    return list(chain[:-1] if is_root else chain)
