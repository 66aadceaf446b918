"""An independent CSMS: PyPI `ocpp` (its runtime, its schemas) on `websockets`. Nothing of Voltward is in it.

    async with csms_peer() as csms:                 # csms.url is what a gateway dials: ws://127.0.0.1:PORT/ocpp
        session = await csms.session("CP-1")        # waits until that station is connected
        answers = await session.ask_everything()    # remote start, configuration, vendor data, reset
        session.told                                # [(action, fields), ...] that the station said, in order
        session.headers                             # what came with the upgrade: the attested identity

It accepts whoever is handed to it. A CALLERROR to one of its calls is raised, as is an answer against the schema.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import unquote

import ocpp.v16
import ocpp.v21
import ocpp.v201
from ocpp.routing import on
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

# The runtime's dataclasses ask for its enumerations; the words themselves read better and do as well.
_V16: Any = ocpp.v16

VENDOR = "org.example.peer"
_TOKEN = {"id_token": "PEER-TAG", "type": "Central"}
_VARIABLE = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}

Answers = list[tuple[str, Any]]


class CsmsSession(Protocol):
    """What the tests use of one station's session, whatever its version."""

    told: list[tuple[str, dict[str, Any]]]
    headers: Headers
    connection: ServerConnection

    async def ask_everything(self) -> Answers:
        """Make all calls that a CSMS makes in a day; [(action, answer), ...] in order. The last one is Reset."""
        ...

    async def ask(self, message: Any) -> tuple[str, Any]:
        """Make one call of the runtime's `call` module."""
        ...


class _Listening:
    """Bookkeeping that both generations share; `call` is the runtime's."""

    def __init__(self, identity: str, connection: ServerConnection) -> None:
        super().__init__(identity, connection)  # pyright: ignore[reportCallIssue] -- the runtime's class is next
        assert connection.request is not None
        self.connection = connection
        self.headers = connection.request.headers
        self.told: list[tuple[str, dict[str, Any]]] = []

    async def ask(self, message: Any) -> tuple[str, Any]:
        call = getattr(self, "call")  # noqa: B009 -- of the runtime's class
        return type(message).__name__, await call(message, suppress=False)

    def _note(self, action: str, fields: dict[str, Any]) -> None:
        self.told.append((action, fields))


class Session16(_Listening, ocpp.v16.ChargePoint):
    """A session with a 1.6 station."""

    async def ask_everything(self) -> Answers:
        call = _V16.call
        return [
            await self.ask(message)
            for message in (
                call.RemoteStartTransaction("PEER-TAG", connector_id=1),
                call.GetConfiguration(["HeartbeatInterval", "Nonsense"]),
                call.ChangeConfiguration("HeartbeatInterval", "300"),
                call.DataTransfer(VENDOR, "hello", "from csms"),
                call.RemoteStopTransaction(1),
                call.Reset("Soft"),
            )
        ]

    @on("BootNotification")
    def on_boot(self, **fields: Any) -> Any:
        self._note("BootNotification", fields)
        return _V16.call_result.BootNotification(_now(), 300, "Accepted")

    @on("Heartbeat")
    def on_heartbeat(self, **fields: Any) -> Any:
        self._note("Heartbeat", fields)
        return _V16.call_result.Heartbeat(_now())

    @on("StatusNotification")
    def on_status(self, **fields: Any) -> Any:
        self._note("StatusNotification", fields)
        return _V16.call_result.StatusNotification()

    @on("Authorize")
    def on_authorize(self, **fields: Any) -> Any:
        self._note("Authorize", fields)
        return _V16.call_result.Authorize({"status": "Accepted"})

    @on("StartTransaction")
    def on_start(self, **fields: Any) -> Any:
        self._note("StartTransaction", fields)
        return _V16.call_result.StartTransaction(4711, {"status": "Accepted"})

    @on("MeterValues")
    def on_meter_values(self, **fields: Any) -> Any:
        self._note("MeterValues", fields)
        return _V16.call_result.MeterValues()

    @on("StopTransaction")
    def on_stop(self, **fields: Any) -> Any:
        self._note("StopTransaction", fields)
        return _V16.call_result.StopTransaction()

    @on("SecurityEventNotification")
    def on_security_event(self, **fields: Any) -> Any:
        self._note("SecurityEventNotification", fields)
        return _V16.call_result.SecurityEventNotification()

    @on("DataTransfer")
    def on_data_transfer(self, **fields: Any) -> Any:
        self._note("DataTransfer", fields)
        return _V16.call_result.DataTransfer("Accepted", data=fields.get("data"))


class _Listening2(_Listening):
    """2.0.1 and 2.1 are asked the same; `_module` is the generation of the runtime."""

    _module: Any = None

    async def ask_everything(self) -> Answers:
        call = self._module.call
        return [
            await self.ask(message)
            for message in (
                call.RequestStartTransaction(id_token=_TOKEN, remote_start_id=1, evse_id=1),
                call.GetVariables(get_variable_data=[_VARIABLE]),
                call.SetVariables(set_variable_data=[{**_VARIABLE, "attribute_value": "300"}]),
                call.DataTransfer(vendor_id=VENDOR, message_id="hello", data="from csms"),
                call.RequestStopTransaction(transaction_id="peer-charge-1"),
                call.Reset(type="OnIdle"),
            )
        ]

    @on("BootNotification")
    def on_boot(self, **fields: Any) -> Any:
        self._note("BootNotification", fields)
        return self._module.call_result.BootNotification(current_time=_now(), interval=300, status="Accepted")

    @on("Heartbeat")
    def on_heartbeat(self, **fields: Any) -> Any:
        self._note("Heartbeat", fields)
        return self._module.call_result.Heartbeat(current_time=_now())

    @on("StatusNotification")
    def on_status(self, **fields: Any) -> Any:
        self._note("StatusNotification", fields)
        return self._module.call_result.StatusNotification()

    @on("Authorize")
    def on_authorize(self, **fields: Any) -> Any:
        self._note("Authorize", fields)
        return self._module.call_result.Authorize(id_token_info={"status": "Accepted"})

    @on("TransactionEvent")
    def on_transaction_event(self, **fields: Any) -> Any:
        self._note("TransactionEvent", fields)
        return self._module.call_result.TransactionEvent(id_token_info={"status": "Accepted"})

    @on("SecurityEventNotification")
    def on_security_event(self, **fields: Any) -> Any:
        self._note("SecurityEventNotification", fields)
        return self._module.call_result.SecurityEventNotification()

    @on("DataTransfer")
    def on_data_transfer(self, **fields: Any) -> Any:
        self._note("DataTransfer", fields)
        return self._module.call_result.DataTransfer(status="Accepted", data=fields.get("data"))


class Session201(_Listening2, ocpp.v201.ChargePoint):
    """A session with a 2.0.1 station."""

    _module = ocpp.v201


class Session21(_Listening2, ocpp.v21.ChargePoint):
    """A session with a 2.1 station."""

    _module = ocpp.v21


SESSIONS: dict[str, type[Session16 | Session201 | Session21]] = {
    "ocpp1.6": Session16,
    "ocpp2.0.1": Session201,
    "ocpp2.1": Session21,
}


class CsmsPeer:
    """The sessions of all stations that are or were connected, the newest of each."""

    def __init__(self, scheme: str) -> None:
        self.port = 0
        self.sessions: dict[str, CsmsSession] = {}
        self._scheme = scheme
        self._arrived = asyncio.Condition()

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}/ocpp"

    async def session(self, identity: str, *, seconds: float = 5.0) -> CsmsSession:
        """The session of a station, as soon as it is connected."""
        async with asyncio.timeout(seconds), self._arrived:
            await self._arrived.wait_for(lambda: identity in self.sessions)
        return self.sessions[identity]

    async def serve(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        identity = unquote(connection.request.path.rpartition("/")[2])
        session = SESSIONS[connection.subprotocol or ""](identity, connection)
        async with self._arrived:
            self.sessions[identity] = session
            self._arrived.notify_all()
        with suppress(ConnectionClosed):
            await session.start()


@asynccontextmanager
async def csms_peer(*, ssl: ssl.SSLContext | None = None) -> AsyncIterator[CsmsPeer]:
    """A CSMS that listens on 127.0.0.1 while the block runs."""
    csms = CsmsPeer("ws" if ssl is None else "wss")
    names = [Subprotocol(name) for name in SESSIONS]
    async with serve(csms.serve, "127.0.0.1", 0, subprotocols=names, compression=None, ssl=ssl) as server:
        csms.port = next(iter(server.sockets)).getsockname()[1]
        yield csms


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
