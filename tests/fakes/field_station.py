"""A station as it stands in the field: what it holds, trusts and does, beside what it says.

It holds a certificate only if it has the key for it, so it takes one once for each request. Of roots it
keeps what it is given, and lists it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from tests.fakes.certificates import Authority
from tests.fakes.renewals import station_csr
from tests.fakes.rotations import NEW, OLD, listed
from tests.fakes.signers import OPERATOR
from voltward.crypto.reading.certificates import fingerprint
from voltward.crypto.reading.pem import read_pem_bundle
from voltward.domain.intents import (
    InstallCertificate,
    InstallTrustAnchor,
    Intent,
    IntentAnswer,
    ListTrustAnchors,
    Outcome,
    ReadFacts,
    Reading,
    ReadingTold,
    RemoveTrustAnchor,
    RequestCsr,
)

YES = IntentAnswer(Outcome.ACCEPTED)
NO = IntentAnswer(Outcome.REJECTED, "no")


@dataclass
class FieldStation:
    """`held`: fingerprints, oldest first; `request`: the last one that it sent, while it has its key."""

    held: list[bytes]
    trusts: list[Authority] = field(default_factory=lambda: [OLD])
    request: bytes | None = None
    owes_request: bool = False
    says_organisation: bool = True

    def asks(self) -> bytes:
        """A request with a new key."""
        self.owes_request = False
        self.request = station_csr(ec.generate_private_key(ec.SECP256R1()))
        return self.request

    def does(self, intent: Intent) -> IntentAnswer:
        """Does it, as far as it can, and returns what it would say."""
        match intent:
            case ReadFacts():
                told = (ReadingTold(Reading.ORGANISATION, OPERATOR),) if self.says_organisation else ()
                return IntentAnswer(Outcome.ACCEPTED, readings=told)
            case RequestCsr():
                self.owes_request = True
            case InstallCertificate(chain_pem=pem):
                return self._takes(read_pem_bundle(pem.encode())[0])
            case InstallTrustAnchor(certificate_pem=pem):
                root = read_pem_bundle(pem.encode())[0]
                self.trusts += [one for one in (OLD, NEW) if one.der == root and one not in self.trusts]
            case ListTrustAnchors():
                return IntentAnswer(Outcome.ACCEPTED, "", listed(*self.trusts))
            case RemoveTrustAnchor(certificate=named):
                gone = [one for one in self.trusts if listed(one)[0].certificate == named]
                self.trusts = [one for one in self.trusts if one not in gone]
                return YES if gone else IntentAnswer(Outcome.NOT_FOUND)
            case _:
                pass
        return YES

    def _takes(self, leaf: bytes) -> IntentAnswer:
        if self.request is None:
            return NO
        key = x509.load_der_x509_csr(self.request).public_key()
        if x509.load_der_x509_certificate(leaf).public_key() != key:
            return NO
        self.request = None
        self.held.append(fingerprint(leaf))
        return YES
