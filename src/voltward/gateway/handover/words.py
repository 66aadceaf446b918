"""What two gateways say to each other while the one takes over from the other: one JSON object a line.

Only these two hold the ends of their socket, so nothing here proves who speaks. What does not fit is a fault.
"""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from voltward.domain.credential import Purpose
from voltward.domain.errors import OutsideFault
from voltward.domain.station import StationId
from voltward.gateway.channel.sockets import Place
from voltward.gateway.links.precedence import Newcomer
from voltward.lifecycles.second_connection import Contender, Proof, ProofKind

LONGEST: Final = 64 * 1024  # octets of a line
MOST_SOCKETS: Final = 16


class Offered(Struct, frozen=True, tag="offered"):
    """The old one's first word: with it come its listening sockets, in this order."""

    places: tuple[Place, ...]


class Declined(Struct, frozen=True, tag="declined"):
    """The old one's other first word: it goes on."""

    reason: str


class Prepared(Struct, frozen=True, tag="prepared"):
    """The new one could serve now."""


class Yours(Struct, frozen=True, tag="yours"):
    """The old one accepts nobody any more."""


class MayCome(Struct, frozen=True, tag="may come"):
    """The new one asks about a station at its door; `number` comes back with the answer."""

    number: int
    tenant: str
    identity: str
    connection: str
    kind: int
    purpose: str
    generation: int
    fingerprint: bytes | None
    source: str
    serial: str | None
    keeps_new: bool

    @classmethod
    def of(cls, number: int, newcomer: Newcomer) -> MayCome:
        """The question about this one."""
        contender, station = newcomer.contender, newcomer.station
        proof = contender.proof
        return cls(
            number=number,
            tenant=station.tenant,
            identity=station.identity,
            connection=newcomer.connection,
            kind=proof.kind.value,
            purpose=proof.purpose.value,
            generation=proof.generation,
            fingerprint=proof.fingerprint,
            source=contender.source,
            serial=contender.serial,
            keeps_new=newcomer.keeps_new,
        )

    @property
    def newcomer(self) -> Newcomer:
        """Who it is about."""
        proof = Proof(ProofKind(self.kind), Purpose(self.purpose), self.generation, self.fingerprint)
        contender = Contender(proof, self.source, self.serial)
        return Newcomer(StationId(self.identity, self.tenant), self.connection, contender, self.keeps_new)


class Answered(Struct, frozen=True, tag="answered"):
    """The old one has closed what it had of that station, or says that it is alive and stays."""

    number: int
    may_come: bool


class Left(Struct, frozen=True, tag="left"):
    """So many links the old one still has."""

    links: int


class Empty(Struct, frozen=True, tag="empty"):
    """The old one has no link, and will have none: it need not be asked any more."""


_Word = TypeVar("_Word")
OldWord = Offered | Declined | Yours | Answered | Left | Empty
NewWord = Prepared | MayCome

_encoder: Final = msgspec.json.Encoder()
_old: Final = msgspec.json.Decoder(OldWord)
_new: Final = msgspec.json.Decoder(NewWord)


def line_of(word: OldWord | NewWord) -> bytes:
    """As it travels."""
    return _encoder.encode(word) + b"\n"


def read_old(line: bytes) -> OldWord:
    """What the old one said."""
    return _read(_old, line)


def read_new(line: bytes) -> NewWord:
    """What the new one said."""
    return _read(_new, line)


def _read(decoder: msgspec.json.Decoder[_Word], line: bytes) -> _Word:
    try:
        return decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise OutsideFault(
            f"the two gateways do not understand each other: {error}.",
            mend="Stop this version and start the other one, as between versions far apart.",
        ) from error
