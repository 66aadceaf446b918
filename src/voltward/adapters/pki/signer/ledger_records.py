"""What the signer's ledger says: one record for each thing that must never be forgotten or done twice.

Serial numbers are hexadecimal text: they are longer than any number of the encoding.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec import Struct


class CertificateIssued(Struct, frozen=True, tag="issued", array_like=True):
    """`certificate`: DER; `order` is unique among all of them."""

    order: str
    issuer: str
    serial: str
    certificate: bytes
    at: datetime


class CertificateRevoked(Struct, frozen=True, tag="revoked", array_like=True):
    """For good. `until`: when the certificate is over anyway, where it was issued here."""

    issuer: str
    serial: str
    at: datetime
    reason: str
    until: datetime | None


class ListNumbered(Struct, frozen=True, tag="list", array_like=True):
    """A revocation list took this number."""

    issuer: str
    number: int


class StateChanged(Struct, frozen=True, tag="state", array_like=True):
    """An authority came into this state of its life."""

    name: str
    state: str
    at: datetime


LedgerRecord = CertificateIssued | CertificateRevoked | ListNumbered | StateChanged

_DECODER = msgspec.msgpack.Decoder(LedgerRecord)


def record_octets(record: LedgerRecord) -> bytes:
    """As it is sealed into the ledger."""
    return msgspec.msgpack.encode(record)


def read_record_octets(octets: bytes) -> LedgerRecord:
    """What `record_octets` made; msgspec.DecodeError where a later version wrote it."""
    return _DECODER.decode(octets)
