"""Where a gateway is found: its doors for stations and its port for metrics, opened and closed together."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence

from voltward.domain.errors import OutsideFault
from voltward.gateway.channel.doorways import Doorway, Doorways, place_of
from voltward.gateway.channel.listener import Listener
from voltward.gateway.channel.peer import Peer
from voltward.gateway.channel.sockets import Address, Place, SocketsAtHand
from voltward.gateway.health import HealthServer

Ports = dict[str, int | None]


class Entrance:
    """Opened by `open`, answering from `serve` on. Who came with the process comes with `at_hand`."""

    def __init__(
        self, make_peer: Callable[[Listener], Peer], health: HealthServer, at_hand: SocketsAtHand
    ) -> None:
        self.doors = Doorways(make_peer)
        self._health = health
        self._at_hand = at_hand
        self._metrics: tuple[Place, socket.socket] | None = None

    def open(self, listeners: Sequence[Listener], metrics_at: Address) -> None:
        """All sockets; nobody is accepted yet. OutsideFault says which one cannot be had."""
        self.doors.become(listeners, self.doors.opened(listeners, self._at_hand))
        try:
            place = Place("metrics", metrics_at)
            self._metrics = place, self._at_hand.listen(place)
        except OSError as error:
            host, port = metrics_at
            raise OutsideFault(
                f"cannot listen on {host}:{port}: {error.strerror or error}.",
                mend="Choose another address with metrics.listen.",
                subject="metrics",
            ) from error
        finally:
            self._at_hand.close()

    async def serve(self) -> Ports:
        """Accept and answer; returns the ports."""
        assert self._metrics is not None
        await self.doors.serve()
        _, listening = self._metrics
        ports = {**self.doors.ports, "metrics_port": listening.getsockname()[1]}
        await self._health.start(listening)
        return ports

    def sockets(self) -> Iterator[tuple[Place, socket.socket]]:
        """All that listen, each with what it was opened for."""
        for door in self.doors:
            yield place_of(door.listener), door.socket
        if self._metrics is not None:
            yield self._metrics

    def move(self, listeners: Sequence[Listener]) -> list[Doorway]:
        """From now on these listeners; returns what they left, closed. `serve` the doors afterwards.

        OutsideFault if one cannot be had: all stays as it was.
        """
        return self.doors.become(listeners, self.doors.opened(listeners, SocketsAtHand()))

    async def close(self) -> None:
        """Nobody is accepted, nothing is answered."""
        self.doors.close()
        await self._health.close()
        if self._metrics is not None:
            self._metrics[1].close()
