"""The least that a server on our engine pays: TLS, the head of the upgrade, a link to the CSMS, then octets.

No door, no journal, no relay: whoever's chain leads to the stations' root is passed on blindly, as by nginx.
What Voltward costs above this is the door; what this costs above nginx is the engine.
Run as `python -m benchmarks.peers.bare JSON` with {port, chain, key, stations, csms}.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import uvloop

from voltward.domain.secret import Secret
from voltward.gateway.channel.peer import Peer
from voltward.wire.tls import TlsServerEngine
from voltward.wire.tls_context import ServerChain, ServerContext, build_server_context
from voltward.wire.tls_failure import TlsFailure
from voltward.wire.upgrade import UpgradeRequest, parse_request_head


class Tunnel:
    """A station's end: dials when the head is whole, and from then on hands over what comes."""

    __slots__ = ("_csms", "_csms_port", "_dialling", "_engine", "_head", "peer")

    def __init__(self, context: ServerContext, csms_port: int) -> None:
        self._engine = TlsServerEngine(context)
        self._csms_port = csms_port
        self._csms: FarEnd | None = None
        self._dialling: asyncio.Task[None] | None = None
        self._head = b""
        self.peer = Peer(self, self._engine)

    def connected(self) -> None:
        """The handshake is done; nginx demands a certificate, and so does this."""
        facts = self._engine.facts()
        if facts.chain_errors or not facts.peer_chain:
            self.peer.abort()

    def received(self, data: bytes) -> None:
        """The head first; after it everything goes on as it is."""
        if self._csms is not None:
            self._csms.peer.send(data)
            return
        self._head += data
        if isinstance(parse_request_head(self._head), UpgradeRequest):
            self._csms = FarEnd(self.peer, self._engine, self._head)
            self._dialling = asyncio.create_task(self._dial(self._csms.peer))

    async def _dial(self, peer: Peer) -> None:
        await asyncio.get_running_loop().create_connection(lambda: peer, "127.0.0.1", self._csms_port)

    def handshake_due(self) -> None:
        """At once."""
        self.peer.go_on()

    def failed(self, failure: TlsFailure) -> None:
        """The peer closes by itself."""

    def ended(self) -> None:
        """The station is gone."""
        if self._csms is not None:
            self._csms.peer.finish()

    def writable(self, *, is_writable: bool) -> None:
        """The benchmark reads as fast as it writes."""


class FarEnd:
    """The CSMS's end of a tunnel."""

    __slots__ = ("_engine", "_head", "_station", "peer")

    def __init__(self, station: Peer, engine: TlsServerEngine, head: bytes) -> None:
        self._station = station
        self._engine = engine
        self._head = head
        self.peer = Peer(self)

    def connected(self) -> None:
        """Pass the request on."""
        self.peer.send(self._head)

    def received(self, data: bytes) -> None:
        """Pass the answer, and all else, back."""
        self._station.send(data)
        if self._head:  # this was the 101
            self._head = b""
            self._engine.settle()

    def handshake_due(self) -> None:
        """There is no TLS here."""

    def failed(self, failure: TlsFailure) -> None:
        """Nor here."""

    def ended(self) -> None:
        """The CSMS is gone, and so the station goes."""
        self._station.finish()

    def writable(self, *, is_writable: bool) -> None:
        """The benchmark reads as fast as it writes."""


def context_of(wanted: dict[str, str]) -> ServerContext:
    """As a listener of Voltward has it."""
    key = Secret(Path(wanted["key"]).read_bytes())
    chain = ServerChain("bare", Path(wanted["chain"]).read_bytes(), key)
    return build_server_context([chain], [Path(wanted["stations"]).read_bytes()])


async def run(context: ServerContext, port: int, csms_port: int) -> None:
    """Serve until the process is ended."""
    server = await asyncio.get_running_loop().create_server(
        lambda: Tunnel(context, csms_port).peer, "127.0.0.1", port, backlog=4096
    )
    await server.serve_forever()


if __name__ == "__main__":
    told: dict[str, str] = json.loads(sys.argv[1])
    uvloop.run(run(context_of(told), int(told["port"]), int(told["csms"])))
