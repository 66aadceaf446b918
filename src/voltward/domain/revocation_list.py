"""Lists of revoked certificates of authorities that are not ours: where each comes from, and what it said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class OnStale(StrEnum):
    """What holds for certificates that nobody can say anything new about."""

    ADMIT = "admit"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class ListRule:
    """`source`: an address (http, https) or an absolute path, from the operator, never from a certificate."""

    source: str
    on_stale: OnStale = OnStale.ADMIT


@dataclass(frozen=True, slots=True)
class ListHead:
    """A list without its entries. It holds until `next_update`; afterwards it is stale, and no less true."""

    authority: str  # id of the `Authority` that signed it
    number: int | None  # RFC 5280, 5.2.3
    issued_at: datetime
    next_update: datetime
    entries: int


@dataclass(frozen=True, slots=True)
class ForeignList:
    """`serials`: the numbers in hexadecimal without leading zeros, as ASCII, with a space between them."""

    head: ListHead
    serials: bytes

    def numbers(self) -> frozenset[str]:
        """To look one up; 0.1 us an entry to make."""
        return frozenset(self.serials.decode("ascii").split())
