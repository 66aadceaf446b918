"""Whoever signs certificates: our own signer, or an authority outside. One suite of tests for all.

An authority may be slow, down, refuse, or answer late. So an order has an id: asked again with the
same id, it gives the same certificate and never a second one. `OutsideFault` where it cannot
be reached: ask again later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from voltward.domain.station import Station


class CertificateKind(StrEnum):
    """Which of our profiles a certificate follows; what it looks like is the profile's, not the asker's."""

    STATION = "station"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class CertificateOrder:
    """`csr` (DER, PKCS #10) is checked already and bound to its asker; only its public key is taken over.

    Subject and hosts are ours, from the registry. `hosts` is for servers alone.
    """

    id: str
    kind: CertificateKind
    csr: bytes
    common_name: str
    organisation: str
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Issued:
    """`chain`: DER forms, the leaf first, then what stands above it; the root last, where it is known."""

    chain: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Pending:
    """It has taken the order and wants time: ask again, not before `retry_at`."""

    retry_at: datetime
    words: str = ""


@dataclass(frozen=True, slots=True)
class Declined:
    """It will not do this, ever; why, in its words."""

    words: str


OrderOutcome = Issued | Pending | Declined


class RevocationReason(StrEnum):
    """RFC 5280, 5.3.1; `cessation of operation` for a retired station, `superseded` never cuts a station."""

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "keyCompromise"
    CA_COMPROMISE = "cACompromise"
    AFFILIATION_CHANGED = "affiliationChanged"
    SUPERSEDED = "superseded"
    CESSATION_OF_OPERATION = "cessationOfOperation"
    PRIVILEGE_WITHDRAWN = "privilegeWithdrawn"


@dataclass(frozen=True, slots=True)
class Revocation:
    """One certificate, by issuer and serial number; revoked twice, it is revoked once, at its first time."""

    issuer: str  # SHA-256 of the authority's DER form, in hexadecimal: the id of a `domain.Authority`
    serial: int
    at: datetime
    reason: RevocationReason
    certificate: bytes = b""  # DER, where it is at hand: some protocols name it so


class OrderMemory(Protocol):
    """What an authority answered that does not know our orders: it is on the disk when `put` ends."""

    def get(self, order: str) -> tuple[bytes, ...] | None: ...

    def put(self, order: str, chain: tuple[bytes, ...]) -> None: ...


class CertificateAuthority(Protocol):
    """Raises OutsideFault where it cannot be reached or fails for now."""

    @property
    def at_once(self) -> int:
        """How many orders it is given at a time; those that are given in one breath may travel together."""
        ...

    async def issue(self, order: CertificateOrder) -> OrderOutcome:
        """Sign, or say why not; the same order id gives the same answer."""
        ...

    async def revoke(self, revocation: Revocation) -> Declined | None:
        """Have it on the authority's next list of revoked certificates; harmless when repeated.

        `Declined`: it takes no such order, from us or at all; None: it took it.
        """
        ...


class Authorities(Protocol):
    """All whom this deployment has certificates signed by, under the names that its settings give them."""

    def name_for(self, station: Station, /) -> str:
        """Who signs for the stations of its group."""
        ...

    def named(self, name: str, /) -> CertificateAuthority:
        """OperatorFault: the settings know no such authority (any more)."""
        ...
