"""Our own signer, beyond what every authority can: its authorities, their revocation lists and answers.

It is a process of its own and alone has the keys (ruling 33). Whoever calls it names an authority by its id:
the SHA-256 of its certificate's DER form, in hexadecimal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from voltward.ports.authority import CertificateAuthority, Revocation


class KeyPlace(StrEnum):
    """Where an authority's key is kept."""

    ROOM = "room"  # sealed, in the signer's room
    TOKEN = "token"  # in a PKCS #11 token, which it never leaves
    ELSEWHERE = "elsewhere"  # offline, or with a corporate PKI: it signs nothing here


class AuthorityState(StrEnum):
    """An authority's life: it is made, it signs, it only vouches for what it has signed."""

    PREPARED = "prepared"
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class SignerAuthority:
    """`name` as its files have it (`stations-ca-ecdsa`). `chain`, as DER: its own, then those above.

    `carried`: the number of the list that was carried over from where its key is; 0: none.
    """

    name: str
    id: str
    chain: tuple[bytes, ...]
    key_place: KeyPlace
    state: AuthorityState
    issued: int
    revoked: int
    carried: int = 0


@dataclass(frozen=True, slots=True)
class RevocationList:
    """A signed list, as DER, with its number and what it is good for."""

    der: bytes
    number: int
    made_at: datetime
    next_update: datetime
    entries: int


@dataclass(frozen=True, slots=True)
class StatusAnswer:
    """A signed OCSP answer about one certificate, as DER."""

    serial: int
    der: bytes
    next_update: datetime


@dataclass(frozen=True, slots=True)
class KnownRevocation:
    """As the ledger has it; `certificate` is in its DER form, empty where it was not issued here."""

    revocation: Revocation
    certificate: bytes


class Signer(CertificateAuthority, Protocol):
    """Raises OutsideFault where it is away; OperatorFault for an authority that it does not have."""

    async def authorities(self) -> Sequence[SignerAuthority]: ...

    async def revocation_list(self, issuer: str) -> RevocationList:
        """The list in force; a new one when something was revoked, or half of its time is over."""
        ...

    async def status_answers(
        self, issuer: str, serials: Sequence[int], name_hash: str, nonce: bytes = b""
    ) -> Sequence[StatusAnswer]:
        """Signed ahead, for the publisher; at most 1,000 at a time. `name_hash`: `sha1` or `sha256`.

        With a nonce (at most 128 octets): about one certificate, for one asker.
        """
        ...

    async def revocations(self, *, after: int, limit: int) -> Sequence[KnownRevocation]:
        """All that were ever made, in their order, from number `after` on: no backup takes one back."""
        ...

    async def set_state(self, name: str, state: AuthorityState) -> None: ...
