"""The live links, by connection id; a station's link is found through the table and never the other way.

State is keyed by connection: the late close of an old link takes only itself down (catalogue 10.3).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

from voltward.domain.station import StationId


class LiveLink(Protocol):
    """What the table knows of a link."""

    @property
    def connection(self) -> str:
        """The id of this very connection."""
        ...

    @property
    def station(self) -> StationId:
        """Whose link it is."""
        ...


Link = TypeVar("Link", bound=LiveLink)


class ConnectionTable(Generic[Link]):
    """At most one current link per station; older ones stay listed until they are gone."""

    def __init__(self) -> None:
        self._links: dict[str, Link] = {}
        self._current: dict[StationId, str] = {}

    def __len__(self) -> int:
        return len(self._links)

    def __iter__(self) -> Iterator[Link]:
        return iter(tuple(self._links.values()))

    def __contains__(self, link: Link) -> bool:
        return self._links.get(link.connection) is link

    def current(self, station: StationId) -> Link | None:
        """The link that speaks for the station now."""
        connection = self._current.get(station)
        return self._links.get(connection) if connection is not None else None

    def enter(self, link: Link) -> Link | None:
        """The link becomes the station's current one; returns the one it displaces, to be closed."""
        displaced = self.current(link.station)
        self._links[link.connection] = link
        self._current[link.station] = link.connection
        return displaced

    def leave(self, link: Link) -> bool:
        """Forget a link. True if it was its station's current one: only then is the station offline."""
        self._links.pop(link.connection, None)
        if self._current.get(link.station) == link.connection:
            del self._current[link.station]
            return True
        return False
