"""The change feed: in which order the store changed, for whoever keeps a memory level with it (ruling 9)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from voltward.domain.station import StationId


class Aggregate(StrEnum):
    """What an entry of the change feed is about."""

    STATION = "station"  # covers its credentials and exceptions
    AUTHORITY = "authority"
    DENIAL = "denial"
    BREAKER = "breaker"
    FOREIGN_LIST = "foreign-list"
    ASK = "ask"  # by station: what it is to be asked
    SERVER_CHAIN = "server-chain"  # no row: what lies on the gateway's disk
    LIFECYCLE = (
        "life-cycle"  # by station: one was opened or has ended; without: the worker has something to do
    )


@dataclass(frozen=True, slots=True)
class RegistryChange:
    """One entry of the change feed: what moved, to be read again.

    `key`: the station that it is about; `denied`: the certificate (its fingerprint) that came onto the
    deny-list. A denial without one was written by an earlier version: read them all.
    """

    revision: int
    aggregate: Aggregate
    key: StationId | None
    denied: bytes | None = None


@dataclass(frozen=True, slots=True)
class FeedSlice:
    """What came after a revision, oldest first.

    `must_reload`: the feed no longer reaches back that far (or is another store's): nothing is listed; take
    `latest` from here, read every aggregate anew, and go on from `latest`, in that order.
    """

    changes: tuple[RegistryChange, ...]
    latest: int
    must_reload: bool = False


class ChangeFeed(Protocol):
    """The order of the store's changes (ruling 9); polled: a lost wake-up costs half a second at most.

    Revisions become visible in their order: nobody sees 7 and later a 6.
    """

    async def latest(self) -> int:
        """The newest revision; 0 in a new store. Read it before a full load, never after."""
        ...

    async def moved(self, seconds: float) -> None:
        """Returns when something may have moved, and else after about so many seconds: then look."""
        ...

    async def since(self, revision: int, limit: int = 1000) -> FeedSlice:
        """At most `limit` changes after `revision`."""
        ...
