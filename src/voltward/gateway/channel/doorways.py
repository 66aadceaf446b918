"""The sockets that a gateway listens on: each with its listener, which a reload may move or replace.

A listener that stays at its address keeps its socket, with everybody who waits in its queue. One that moves
or goes accepts nobody any more; who came in by it stays until the gateway leads it out.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from voltward.domain.errors import OutsideFault
from voltward.gateway.channel.listener import Listener
from voltward.gateway.channel.peer import Peer
from voltward.gateway.channel.sockets import BACKLOG, Place, SocketsAtHand


@dataclass(slots=True)
class Doorway:
    """A listening socket; whoever connects meets the listener of that moment."""

    listener: Listener
    socket: socket.socket
    server: asyncio.Server | None = None

    def close(self) -> None:
        """Accept nobody any more."""
        if self.server is not None:
            self.server.close()
        self.socket.close()


Doors = dict[Place, Doorway]


class Doorways:
    """See the module. `make_peer` is the protocol of a new connection."""

    def __init__(self, make_peer: Callable[[Listener], Peer]) -> None:
        self._make_peer = make_peer
        self._doors: Doors = {}

    def __iter__(self) -> Iterator[Doorway]:
        return iter(tuple(self._doors.values()))

    def opened(self, listeners: Sequence[Listener], at_hand: SocketsAtHand) -> Doors:
        """Sockets for these listeners where there are none yet; nobody is accepted on them.

        OutsideFault says who is in the way; then nothing was opened.
        """
        made: Doors = {}
        for listener in listeners:
            place = place_of(listener)
            if place in self._doors:
                continue
            try:
                made[place] = Doorway(listener, at_hand.listen(place))
            except OSError as error:
                for door in made.values():
                    door.close()
                raise _in_the_way(listener, error) from error
        return made

    def become(self, listeners: Sequence[Listener], opened: Doors) -> list[Doorway]:
        """From now on these listeners; returns the doors that are theirs no more, closed."""
        for listener in listeners:
            if place_of(listener) in self._doors:
                self._doors[place_of(listener)].listener = listener
        self._doors |= opened
        wanted = {place_of(listener) for listener in listeners}
        gone = [self._doors.pop(place) for place in tuple(self._doors) if place not in wanted]
        for door in gone:
            door.close()
        return gone

    def leads_here(self, listener: Listener) -> bool:
        """Whether whoever came in by this listener could do so now."""
        return place_of(listener) in self._doors

    async def serve(self) -> None:
        """Accept connections on all of them."""
        loop = asyncio.get_running_loop()
        for door in self:
            if door.server is None:
                door.server = await loop.create_server(
                    lambda door=door: self._make_peer(door.listener),
                    sock=door.socket,
                    backlog=BACKLOG,  # it listens again, and with a number of its own where it is told none
                )

    @property
    def ports(self) -> dict[str, int | None]:
        """`tls_port`, `plain_port` and, where there is one, `terminated_port`."""
        said: dict[str, int | None] = {"tls_port": None, "plain_port": None}
        return said | {f"{door.listener.name}_port": door.socket.getsockname()[1] for door in self}

    def close(self) -> None:
        """Accept nobody any more."""
        for door in self:
            door.close()


def place_of(listener: Listener) -> Place:
    """What makes a listener the same one after a reload."""
    return Place(listener.name, (listener.host, listener.port))


def _in_the_way(listener: Listener, error: OSError) -> OutsideFault:
    return OutsideFault(
        f"cannot listen on {listener.host}:{listener.port}: {error.strerror or error}.",
        mend="Is another Voltward, or another program, using the port? `ss -ltnp` tells. "
        "Choose another with gateway.listen.",
        subject=listener.name,
    )
