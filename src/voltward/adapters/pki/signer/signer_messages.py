"""What is said on the signer's socket, and how it is framed: one request, one answer, then the end.

    length (4 octets, big-endian), MessagePack

Both sides bound what they read. Serial numbers are hexadecimal text, as in the ledger. What is no serial
number, no reason or no moment makes no request: the ledger would keep it, and no list could be written again.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from voltward.ports.authority import CertificateOrder, RevocationReason
from voltward.ports.signer import AuthorityState, SignerAuthority

LARGEST_REQUEST: Final = 256 * 1024  # octets; a request for a certificate has a few thousand at the most
LARGEST_ANSWER: Final = 64 * 1024 * 1024  # a list of a million revoked certificates
MOST_TOGETHER: Final = 128  # orders in one message
MOST_SERIALS: Final = 1000
MOST_REVOCATIONS: Final = 1000
_LENGTH: Final = 4

# Positive, of at most 20 octets (RFC 5280, 4.1.2.2), written in one way.
Serial = Annotated[str, Meta(pattern=r"\A[1-9a-f][0-9a-f]{0,39}\Z")]
AuthorityName = Annotated[str, Meta(max_length=64)]


class Describe(Struct, frozen=True, tag=True):
    """Which authorities are there? Answered by `Described`."""


class Issue(Struct, frozen=True, tag=True):
    """Sign a certificate. Answered by `Signed` or `Refused`."""

    order: CertificateOrder


class IssueAll(Struct, frozen=True, tag=True):
    """Sign several; each is answered by itself. Answered by `AllAnswered`."""

    orders: Annotated[list[CertificateOrder], Meta(max_length=MOST_TOGETHER)]


class Revoke(Struct, frozen=True, tag=True):
    """Answered by `Done`."""

    issuer: str
    serial: Serial
    at: Annotated[datetime, Meta(tz=True)]
    reason: RevocationReason


class GetList(Struct, frozen=True, tag=True):
    """The revocation list of an authority. Answered by `SignedList`."""

    issuer: str


class GetStatuses(Struct, frozen=True, tag=True):
    """Answered by `SignedStatuses`. With a nonce, about one certificate."""

    issuer: str
    serials: list[Serial]
    name_hash: str
    nonce: bytes = b""


class GetRevocations(Struct, frozen=True, tag=True):
    """Answered by `Revocations`."""

    after: Annotated[int, Meta(ge=0)]
    limit: Annotated[int, Meta(ge=0)]


class SetState(Struct, frozen=True, tag=True):
    """Answered by `Done`."""

    name: AuthorityName
    state: AuthorityState


Request = Describe | Issue | IssueAll | Revoke | GetList | GetStatuses | GetRevocations | SetState


class Described(Struct, frozen=True, tag=True):
    """All authorities, by name."""

    authorities: list[SignerAuthority]


class Signed(Struct, frozen=True, tag=True):
    """A certificate with those above it, as DER."""

    chain: list[bytes]


class Refused(Struct, frozen=True, tag=True):
    """This order will never be signed."""

    words: str


class Done(Struct, frozen=True, tag=True):
    """It is in the ledger."""


class SignedList(Struct, frozen=True, tag=True):
    """A revocation list."""

    der: bytes
    number: int
    made_at: datetime
    next_update: datetime
    entries: int


class SignedStatus(Struct, frozen=True, tag=True):
    """One OCSP answer."""

    serial: str
    der: bytes
    next_update: datetime


class SignedStatuses(Struct, frozen=True, tag=True):
    """In the order of the request."""

    answers: list[SignedStatus]


class RevocationRow(Struct, frozen=True, array_like=True):
    """One row of `Revocations`."""

    issuer: str
    serial: str
    at: datetime
    reason: str
    certificate: bytes


class Revocations(Struct, frozen=True, tag=True):
    """A page of them."""

    rows: list[RevocationRow]


class Wrong(Struct, frozen=True, tag=True):
    """The request makes no sense here: an OperatorFault for whoever asked."""

    what: str
    mend: str


class Failed(Struct, frozen=True, tag=True):
    """It cannot be done now: an OutsideFault."""

    what: str
    mend: str


OrderAnswer = Signed | Refused | Wrong | Failed


class AllAnswered(Struct, frozen=True, tag=True):
    """In the order of the orders."""

    answers: list[OrderAnswer]


Answer = OrderAnswer | AllAnswered | Described | Done | SignedList | SignedStatuses | Revocations

_REQUESTS: Final = msgspec.msgpack.Decoder(Request)
_ANSWERS: Final = msgspec.msgpack.Decoder(Answer)


def read_request(octets: bytes) -> Request:
    """msgspec.DecodeError (or its child ValidationError) for what is none."""
    return _REQUESTS.decode(octets)


def read_answer(octets: bytes) -> Answer:
    """As `read_request`."""
    return _ANSWERS.decode(octets)


async def read_framed(reader: asyncio.StreamReader, most: int) -> bytes:
    """One message; asyncio.IncompleteReadError where the peer left, ValueError where it is too long."""
    size = int.from_bytes(await reader.readexactly(_LENGTH), "big")
    if size > most:
        raise ValueError(f"a message of {size} octets")
    return await reader.readexactly(size)


def framed(message: Any) -> bytes:
    """A request or an answer, ready for the socket."""
    octets = msgspec.msgpack.encode(message)
    return len(octets).to_bytes(_LENGTH, "big") + octets
