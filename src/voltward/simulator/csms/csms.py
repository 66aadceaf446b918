"""A small CSMS on a socket: it accepts whoever the gateway hands it, and keeps what it saw.

It knows no station and checks nothing, like the systems that Voltward stands in front of. It can call its
stations, be slow, refuse the dial, or go away and come back. In memory only, and bounded.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from voltward.domain.errors import OutsideFault
from voltward.ports.clock import Clock
from voltward.simulator.csms.csms_answers import CSMS_ANSWERS, Desk
from voltward.simulator.dial import SUBPROTOCOLS, CertificateLogin
from voltward.simulator.frames import (
    CALL,
    CALL_ERROR,
    CALL_RESULT,
    Frame,
    Payload,
    read_frame,
    write_call,
    write_error,
    write_result,
)
from voltward.simulator.tls_context import server_context

CALL_SECONDS: Final = 10.0
CLOSE_SECONDS: Final = 2.0
KEPT_STATIONS: Final = 20_000
MAX_MESSAGE: Final = 2 * 1024 * 1024


@dataclass(slots=True)
class Conduct:
    """How it behaves from now on; change it while it runs."""

    interval: int = 300  # seconds between heartbeats, in the answer to a boot
    refuse_with: HTTPStatus | None = None  # answer upgrades with this status
    dial_delay: float = 0.0  # seconds before an upgrade is answered
    answer_delay: float = 0.0  # seconds before a message is answered
    is_silent: bool = False  # answers no message
    kept_frames: int = 200  # per station, the newest


@dataclass(frozen=True, slots=True)
class Received:
    """One message as it came."""

    frame: bytes
    connection: int


@dataclass(slots=True)
class StationLog:
    """What was seen of one station. `headers` are those of its newest connection, in order, as they came."""

    identity: str
    received: deque[Received]
    headers: tuple[tuple[str, str], ...] = ()
    subprotocol: str | None = None
    path: str = ""
    connections: int = 0
    messages: int = 0
    certificate: bytes | None = None  # what it showed on its newest connection (DER)
    at_once: int = 0  # connections that are open now
    doubled: float = 0.0  # seconds in which it had more than one
    doubled_since: float = 0.0

    def header(self, name: str) -> str | None:
        """The first value of a header, the name in any case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def actions(self) -> list[str]:
        """The actions of the calls and sends that are kept, oldest first."""
        frames = (read_frame(entry.frame) for entry in self.received)
        return [frame.action for frame in frames if frame is not None and frame.action]


@dataclass(slots=True)
class _Session:
    socket: ServerConnection
    number: int
    # A future that ends with None: the station went away before it answered.
    answers: dict[str, asyncio.Future[Frame | None]] = field(
        default_factory=dict[str, "asyncio.Future[Frame | None]"]
    )
    line: asyncio.Lock = field(default_factory=asyncio.Lock)  # one open call at a time (OCPP-J 4.1.1)


@dataclass(frozen=True, slots=True)
class CsmsTls:
    """What it shows, and whose certificates it wants to see; None: nobody's."""

    identity: CertificateLogin
    client_ca_pem: str | None = None


class StationAway(OutsideFault):
    """The station is not connected, went away during the call, or did not answer it in time."""


class SmallCsms:
    """Open it with `small_csms`; `url` is what the gateway dials."""

    def __init__(self, clock: Clock, conduct: Conduct, tls: CsmsTls | None) -> None:
        self.conduct = conduct
        self.stations: OrderedDict[str, StationLog] = OrderedDict()
        self.port = 0
        self.observe: Callable[[str, Frame], None] | None = (
            None  # called for each message that can be read, once it is answered
        )
        self._clock = clock
        self._tls = tls
        self._server: Server | None = None
        self._sessions: dict[str, _Session] = {}
        self._connections = 0
        self._calls = 0
        self._transactions = 0

    @property
    def url(self) -> str:
        """What a gateway dials, without the identity; over TLS by the name that certificates are made for."""
        return f"wss://localhost:{self.port}/ocpp" if self._tls else f"ws://127.0.0.1:{self.port}/ocpp"

    @property
    def connected(self) -> frozenset[str]:
        """The identities that are connected now."""
        return frozenset(self._sessions)

    async def come_back(self) -> None:
        """Listen: at the first time on the port asked for, afterwards on the same one again."""
        self._server = await serve(
            self._serve_station,
            "127.0.0.1",
            self.port,
            select_subprotocol=_choose,
            process_request=self._answer_upgrade,
            compression=None,
            ping_interval=None,
            close_timeout=CLOSE_SECONDS,
            max_size=MAX_MESSAGE,
            backlog=1024,
            ssl=server_context(self._tls.identity, self._tls.client_ca_pem) if self._tls else None,
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    def show(self, identity: CertificateLogin) -> None:
        """Show another certificate from the next `come_back` on."""
        self._tls = CsmsTls(identity, self._tls.client_ca_pem if self._tls else None)

    async def go_away(self) -> None:
        """Stop listening, and close every connection (1001)."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def call(
        self, identity: str, action: str, payload: Payload, *, seconds: float = CALL_SECONDS
    ) -> Frame:
        """Ask a station, and await its answer (a result or an error); StationAway when there is none."""
        session = self._session(identity)
        async with session.line:
            self._calls += 1
            message_id = f"csms-{self._calls}"
            waiting: asyncio.Future[Frame | None] = asyncio.get_running_loop().create_future()
            session.answers[message_id] = waiting
            try:
                async with asyncio.timeout(seconds):
                    await session.socket.send(write_call(message_id, action, payload), text=True)
                    answer = await waiting
            except (TimeoutError, ConnectionClosed) as error:
                raise StationAway(f"no answer to {action}", subject=identity) from error
            finally:
                session.answers.pop(message_id, None)
        if answer is None:
            raise StationAway(f"it went away before it answered {action}", subject=identity)
        return answer

    async def send_raw(self, identity: str, frame: bytes) -> None:
        """Send these octets as a text message."""
        await self._session(identity).socket.send(frame, text=True)

    async def disconnect(self, identity: str, code: int = 1000, reason: str = "") -> None:
        """Close a station's connection."""
        await self._session(identity).socket.close(code, reason)

    def _session(self, identity: str) -> _Session:
        session = self._sessions.get(identity)
        if session is None:
            raise StationAway("the station is not connected", subject=identity)
        return session

    # -- serving

    async def _answer_upgrade(self, socket: ServerConnection, request: Request) -> Response | None:
        await asyncio.sleep(self.conduct.dial_delay)
        status = self.conduct.refuse_with
        return None if status is None else socket.respond(status, f"{status.phrase}\n")

    async def _serve_station(self, socket: ServerConnection) -> None:
        log = self._log_connection(socket)
        if log.subprotocol is None:
            await socket.close(
                1002, "no common subprotocol"
            )  # (OCPP-J 3.2): finish the handshake, then close
            return
        session = _Session(socket, log.connections)
        self._sessions[log.identity] = session
        self._count(log, 1)
        try:
            async for raw in socket:
                octets = raw.encode() if isinstance(raw, str) else raw
                log.received.append(Received(octets, session.number))
                log.messages += 1
                await self._take(log, session, octets)
        except ConnectionClosed:
            pass  # the station went away; that is its business
        finally:
            self._count(log, -1)
            # A late end of an older connection takes nothing from the newer one.
            if self._sessions.get(log.identity) is session:
                del self._sessions[log.identity]
            for waiting in session.answers.values():
                if not waiting.done():
                    waiting.set_result(None)

    def _count(self, log: StationLog, more: int) -> None:
        now = self._clock.monotonic()
        if log.at_once > 1:
            log.doubled += now - log.doubled_since
        log.at_once, log.doubled_since = log.at_once + more, now

    async def _take(self, log: StationLog, session: _Session, octets: bytes) -> None:
        frame = read_frame(octets)
        if frame is None:
            return
        if frame.kind in (CALL_RESULT, CALL_ERROR):
            waiting = session.answers.get(frame.message_id)
            if waiting is not None and not waiting.done():
                waiting.set_result(frame)
        try:
            if frame.kind == CALL and not self.conduct.is_silent:
                await asyncio.sleep(self.conduct.answer_delay)
                await session.socket.send(self._answer(log, frame), text=True)
        finally:
            if self.observe is not None:
                self.observe(log.identity, frame)

    def _answer(self, log: StationLog, frame: Frame) -> bytes:
        assert log.subprotocol is not None, "closed otherwise"
        answer = CSMS_ANSWERS[log.subprotocol].get(frame.action)
        if answer is None:
            return write_error(frame.message_id, "NotImplemented")
        self._transactions += 1
        now = self._clock.now().isoformat(timespec="milliseconds")
        desk = Desk(now, self._transactions, self.conduct.interval)
        return write_result(frame.message_id, answer(frame.payload or {}, desk))

    def _log_connection(self, socket: ServerConnection) -> StationLog:
        request = socket.request
        assert request is not None, "served after its upgrade"
        identity = unquote(request.path.partition("?")[0].rpartition("/")[2])
        log = self.stations.setdefault(identity, StationLog(identity, deque(maxlen=self.conduct.kept_frames)))
        self.stations.move_to_end(identity)
        if len(self.stations) > KEPT_STATIONS:
            self.stations.popitem(last=False)
        log.headers = tuple(request.headers.raw_items())
        log.subprotocol = socket.subprotocol
        log.path = request.path
        log.connections += 1
        secure = socket.transport.get_extra_info("ssl_object")
        log.certificate = secure.getpeercert(binary_form=True) if secure else None
        return log


def _choose(_socket: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """The first that the station offers and this CSMS speaks, if there is one."""
    return next((name for name in offered if name in SUBPROTOCOLS), None)


@asynccontextmanager
async def small_csms(
    clock: Clock,
    *,
    conduct: Conduct | None = None,
    port: int = 0,
    tls: CertificateLogin | None = None,
    client_ca_pem: str | None = None,
) -> AsyncIterator[SmallCsms]:
    """A small CSMS that listens on 127.0.0.1 for as long as the block runs.

    With `tls` and `client_ca_pem`, it takes only whoever shows a certificate of that authority.
    """
    secure = CsmsTls(tls, client_ca_pem) if tls is not None else None
    csms = SmallCsms(clock, conduct or Conduct(), secure)
    csms.port = port
    await csms.come_back()
    try:
        yield csms
    finally:
        await csms.go_away()
