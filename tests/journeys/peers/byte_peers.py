"""Peers that speak octets: what they send is sent as it stands, what they get is kept as it came.

    async with byte_csms() as csms, byte_station(url, "ocpp1.6", ssl=context) as station:
        far = await csms.peer("CP-1")
        for exchange in odd_exchanges("up"):
            far.answers[exchange.call] = exchange.answer      # exact octets -> exact octets
            await station.send(exchange.call)
        await station.got(len(odd_exchanges("up")))
        assert far.received == [exchange.call for exchange in odd_exchanges("up")]
        assert station.received == [exchange.answer for exchange in odd_exchanges("up")]

The same the other way round with `far.send` and `station.answers`. Frames are text messages throughout.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import unquote

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

SUBPROTOCOLS = [Subprotocol(name) for name in ("ocpp2.1", "ocpp2.0.1", "ocpp1.6")]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A call and its answer, both sound and both odd in the same way."""

    name: str
    call: bytes
    answer: bytes


class BytePeer:
    """One end of a connection."""

    def __init__(self, connection: ClientConnection | ServerConnection) -> None:
        self.connection = connection
        self.received: list[bytes] = []
        self.answers: dict[bytes, bytes] = {}
        self._news = asyncio.Condition()

    async def send(self, frame: bytes) -> None:
        await self.connection.send(frame, text=True)

    async def got(self, count: int, *, seconds: float = 5.0) -> list[bytes]:
        """All that was received, as soon as it is so many frames; TimeoutError otherwise."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(lambda: len(self.received) >= count)
        return self.received

    async def listen(self) -> None:
        """Keep what comes, answer what has an answer; until the connection ends."""
        try:
            while True:
                frame = await self.connection.recv(decode=False)
                async with self._news:
                    self.received.append(frame)
                    self._news.notify_all()
                if frame in self.answers:
                    await self.send(self.answers[frame])
        except ConnectionClosed:
            pass


class ByteCsms:
    """The far end: one peer per station, the newest of each."""

    def __init__(self) -> None:
        self.port = 0
        self.peers: dict[str, BytePeer] = {}
        self._arrived = asyncio.Condition()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ocpp"

    async def peer(self, identity: str, *, seconds: float = 5.0) -> BytePeer:
        """The end of a station's connection, as soon as it is there."""
        async with asyncio.timeout(seconds), self._arrived:
            await self._arrived.wait_for(lambda: identity in self.peers)
        return self.peers[identity]

    async def serve(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        peer = BytePeer(connection)
        async with self._arrived:
            self.peers[unquote(connection.request.path.rpartition("/")[2])] = peer
            self._arrived.notify_all()
        await peer.listen()


@asynccontextmanager
async def byte_csms() -> AsyncIterator[ByteCsms]:
    """Listens on 127.0.0.1 while the block runs."""
    csms = ByteCsms()
    async with serve(csms.serve, "127.0.0.1", 0, subprotocols=SUBPROTOCOLS, compression=None) as server:
        csms.port = next(iter(server.sockets)).getsockname()[1]
        yield csms


@asynccontextmanager
async def byte_station(
    url: str,
    dialect: str,
    *,
    ssl: ssl.SSLContext | None = None,
    headers: Sequence[tuple[str, str]] = (),
) -> AsyncIterator[BytePeer]:
    """Connected to `url` (its last part is the identity) while the block runs."""
    async with connect(
        url,
        subprotocols=[Subprotocol(dialect)],
        ssl=ssl,
        additional_headers=list(headers),
        compression=None,
        proxy=None,
    ) as connection:
        peer = BytePeer(connection)
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(peer.listen())
            try:
                yield peer
            finally:
                listening.cancel()


def odd_exchanges(prefix: str) -> tuple[Exchange, ...]:
    """Sound messages in unusual clothes; message ids begin with `prefix`."""

    def exchange(name: str, call: str, answer: str) -> Exchange:
        message_id = f"{prefix}-{name}"
        return Exchange(
            name, call.replace("ID", message_id).encode(), answer.replace("ID", message_id).encode()
        )

    return (
        exchange(
            "spacing",
            '[ 2 ,\t"ID",\r\n "DataTransfer" , { "vendorId" : "org.example" , "data" : "x" } ]\n',
            ' [ 3 , "ID" , { "status" : "Accepted" } ] ',
        ),
        exchange(
            "escapes",
            r'[2,"ID","DataTransfer",{"vendorId":"org.example","data":"\u00e9\/\u0041\ud83d\ude00\"\\"}]',
            r'[3,"ID",{"status":"Accepted","data":"\u2028\b\f"}]',
        ),
        exchange(
            "unicode",
            '[2,"ID","DataTransfer",{"vendorId":"org.example","data":"Größe ⚡ 充電 😀"}]',
            '[3,"ID",{"status":"Accepted","data":"žluťoučký"}]',
        ),
        exchange(
            "numbers",
            '[2,"ID","VendorProbe",{"a":1.0,"b":1e3,"c":-0.0,"d":1E-2,"e":0.10,"f":9007199254740993}]',
            '[3,"ID",{"a":1.00,"b":-1.5E+10}]',
        ),
        exchange(
            "unknown-action", '[2,"ID","SelfTestReport",{"passed":true}]', '[4,"ID","NotImplemented","",{}]'
        ),
        exchange(
            "extra-fields",
            '[2,"ID","Heartbeat",{"customData":{"vendorId":"org.example","more":[1,[2,[3]]]}}]',
            '[3,"ID",{"currentTime":"2026-11-20T12:00:00Z","unheardOf":null}]',
        ),
        exchange(
            "error-details",
            '[2,"ID","DataTransfer",{"vendorId":"org.example"}]',
            '[4,"ID","InternalError","no \\"luck\\"",{"code":17,"tried":[true,false]}]',
        ),
        exchange(
            "long",
            '[2,"ID","DataTransfer",{"vendorId":"org.example","data":"' + "0123456789" * 4000 + '"}]',
            '[3,"ID",{"status":"Rejected","data":"' + "é" * 20000 + '"}]',
        ),
        exchange("empty", '[2,"ID","Heartbeat",{}]', '[3,"ID",{ }]'),
    )


def odd_sends(prefix: str) -> tuple[bytes, ...]:
    """Messages of type 6, which 2.1 has and nobody answers."""
    return (
        f'[6,"{prefix}-s1","NotifyPeriodicEventStream",'
        '{"id":1,"pending":0,"basetime":"2026-11-20T12:00:00Z","data":[{"t":0.50,"v":"230.4"}]}]'.encode(),
        f'[ 6, "{prefix}-s2", "VendorStream", {{ "values" : [ 1e1, 2.0 ] }} ]'.encode(),
    )
