"""Authorities that sign, for whoever needs one: a small hierarchy, a desk on a folder, a client of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from tests.fakes.certificates import PrivateKey, new_key, subject_of
from tests.fakes.chance import CountedTokens
from tests.fakes.clock import NOON, FakeClock
from tests.fakes.pooled_keys import PooledKeys
from voltward.adapters.pki.signer.authority_shelf import FindKey, ShelvedAuthority, no_token, read_shelf
from voltward.adapters.pki.signer.ledger import Ledger
from voltward.adapters.pki.signer.signed_orders import SigningTerms
from voltward.adapters.pki.signer.signing_desk import DeskParts, SigningDesk
from voltward.adapters.vault import Room
from voltward.crypto.issuing.hierarchy import Hierarchy, make_hierarchy
from voltward.crypto.issuing.issuance import IssuingAuthority
from voltward.crypto.keys import private_key_pem
from voltward.crypto.revocation.revocation_lists import (
    ListTimes,
    RevokedSerial,
    revocation_entry,
    sign_revocation_list,
)
from voltward.domain.secret import Secret
from voltward.ports.authority import CertificateKind, CertificateOrder
from voltward.ports.vault import RoomName, Unlock, UnlockKind

UNLOCK = Unlock(Secret(bytes(range(32))), UnlockKind.KEY)
OPERATOR = "Example CPO"


@cache
def hierarchy() -> Hierarchy:
    """One for all tests of a process: RSA keys are slow to make."""
    return make_hierarchy(OPERATOR, NOON, CountedTokens("hierarchy"), PooledKeys())


def csr_of(key: PrivateKey | str = "ec", common_name: str = "whatever the station says") -> bytes:
    """A request for a certificate, as DER."""
    made = new_key(key)
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject_of(common_name))
    return builder.sign(made, hashes.SHA256()).public_bytes(Encoding.DER)


def order_of(csr: bytes, number: str = "order-1", **changes: object) -> CertificateOrder:
    """For a station."""
    fields: dict[str, object] = {
        "id": number,
        "kind": CertificateKind.STATION,
        "csr": csr,
        "common_name": "SN-0001",
        "organisation": OPERATOR,
    }
    return CertificateOrder(**{**fields, **changes})  # type: ignore[arg-type]


@dataclass(slots=True)
class SignerSite:
    """The folders of a deployment as far as the signer needs them."""

    folder: Path
    clock: FakeClock = field(default_factory=FakeClock)
    entropy: CountedTokens = field(default_factory=CountedTokens)
    terms: SigningTerms = field(default_factory=SigningTerms)
    find_key: FindKey = no_token

    def make(self) -> SignerSite:
        """Keys and certificates."""
        room = Room.create(self.folder / "signer", RoomName.SIGNER, UNLOCK, self.entropy)
        (self.folder / "public").mkdir()
        for name, authority in hierarchy().named().items():
            room.put(name, private_key_pem(authority.key))
            (self.folder / "public" / f"{name}.pem").write_bytes(authority.pem)
        return self

    @property
    def room(self) -> Room:
        return Room.open(self.folder / "signer", RoomName.SIGNER, UNLOCK.secret, self.entropy)

    def shelf(self) -> Mapping[str, ShelvedAuthority]:
        return read_shelf(self.folder / "public", self.room, self.find_key)

    def ledger(self) -> Ledger:
        return Ledger.open(self.folder / "signer", self.room, self.entropy)

    def desk(self) -> SigningDesk:
        """A new one, as after a start; the shelf is read once."""
        shelf = self.shelf()
        return SigningDesk(DeskParts(lambda: shelf, self.ledger(), self.terms, self.clock, self.entropy))


def list_of(by: IssuingAuthority, *revoked: RevokedSerial, now: datetime = NOON, number: int = 1) -> bytes:
    """A revocation list (DER) that was made then."""
    return sign_revocation_list(by, number, map(revocation_entry, revoked), ListTimes.since(now))


def authority_id(certificate: x509.Certificate) -> str:
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()
