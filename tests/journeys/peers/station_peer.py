"""An independent station: PyPI `ocpp` (its runtime, its schemas) on `websockets`. Nothing of Voltward is in it.

    async with station_peer(url, "ocpp1.6", ssl=context, headers=[("Authorization", "Basic ...")]) as station:
        answers = await station.live_a_day()       # boot, status, heartbeat, a transaction, vendor data
        station.asked                              # [(action, fields), ...] that the CSMS asked of it, in order
    await station.was_asked("TriggerMessage")  # now, or in time: the fields

A CALLERROR to one of its calls is raised, as is an answer against the schema.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Protocol

import ocpp.v16
import ocpp.v21
import ocpp.v201
from ocpp.routing import on
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

# The runtime's dataclasses ask for its enumerations; the words themselves read better and do as well.
_V16: Any = ocpp.v16

VENDOR = "org.example.peer"
SERIAL = "SN-PEER"
ID_TAG = "PEER-TAG"
REQUEST_NUMBER = 77  # of its request for a certificate, where its version numbers them
_PATIENCE = 20.0  # seconds for something to be asked
_TOKEN = {"id_token": ID_TAG, "type": "Central"}

Answers = list[tuple[str, Any]]


class StationPeer(Protocol):
    """What the tests use of a station, whatever its version."""

    asked: list[tuple[str, dict[str, Any]]]
    connection: ClientConnection

    async def live_a_day(self) -> Answers:
        """Say all that a day has to say; [(action, answer), ...] in order."""
        ...

    async def beat(self) -> None:
        """One heartbeat, answered."""
        ...

    async def was_asked(self, *actions: str) -> dict[str, Any]:
        """The fields of the first call of one of these actions."""
        ...

    async def ask_for_certificate(self, request_pem: str) -> str:
        """SignCertificate; the status of the answer."""
        ...


class _Speaking:
    """Bookkeeping that both generations share; `call` is the runtime's."""

    def __init__(self, identity: str, connection: ClientConnection) -> None:
        super().__init__(identity, connection)  # pyright: ignore[reportCallIssue] -- the runtime's class is next
        self.connection = connection
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self._news = asyncio.Event()

    async def was_asked(self, *actions: str) -> dict[str, Any]:
        async with asyncio.timeout(_PATIENCE):
            while not (found := [fields for action, fields in self.asked if action in actions]):
                self._news.clear()
                await self._news.wait()
        return found[0]

    async def _say_all(self, messages: Sequence[Any]) -> Answers:
        return [await self._say(message) for message in messages]

    async def _say(self, message: Any) -> tuple[str, Any]:
        call = getattr(self, "call")  # noqa: B009 -- of the runtime's class
        return type(message).__name__, await call(message, suppress=False)

    def _note(self, action: str, fields: dict[str, Any]) -> None:
        self.asked.append((action, fields))
        self._news.set()


class Station16(_Speaking, ocpp.v16.ChargePoint):
    """A 1.6 station."""

    async def live_a_day(self) -> Answers:
        call = _V16.call
        answers = await self._say_all([
            call.BootNotification("Peer", "PyPI", charge_point_serial_number=SERIAL),
            _status16("Available"),
            call.Heartbeat(),
            call.Authorize(ID_TAG),
            _status16("Preparing"),
        ])  # fmt: skip
        started = await self._say(call.StartTransaction(1, ID_TAG, 100, _now()))
        number = started[1].transaction_id
        return [
            *answers,
            started,
            *await self._say_all([
                call.MeterValues(1, [_reading16("700")], number),
                call.MeterValues(1, [_reading16("1300")], number),
                call.StopTransaction(1300, _now(), number, reason="Local", id_tag=ID_TAG),
                _status16("Available"),
                call.DataTransfer(VENDOR, "hello", '{"from": "station"}'),
            ]),
        ]  # fmt: skip

    async def beat(self) -> None:
        await self._say(_V16.call.Heartbeat())

    async def ask_for_certificate(self, request_pem: str) -> str:
        _, answer = await self._say(_V16.call.SignCertificate(request_pem))
        return answer.status

    @on("ExtendedTriggerMessage")
    def on_trigger(self, **fields: Any) -> Any:
        self._note("ExtendedTriggerMessage", fields)
        return _V16.call_result.ExtendedTriggerMessage("Accepted")

    @on("CertificateSigned")
    def on_certificate_signed(self, **fields: Any) -> Any:
        self._note("CertificateSigned", fields)
        return _V16.call_result.CertificateSigned("Accepted")

    @on("RemoteStartTransaction")
    def on_remote_start(self, **fields: Any) -> Any:
        self._note("RemoteStartTransaction", fields)
        return _V16.call_result.RemoteStartTransaction("Accepted")

    @on("RemoteStopTransaction")
    def on_remote_stop(self, **fields: Any) -> Any:
        self._note("RemoteStopTransaction", fields)
        return _V16.call_result.RemoteStopTransaction("Accepted")

    @on("GetConfiguration")
    def on_get_configuration(self, **fields: Any) -> Any:
        self._note("GetConfiguration", fields)
        known = [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}]
        return _V16.call_result.GetConfiguration(known, unknown_key=["Nonsense"])

    @on("ChangeConfiguration")
    def on_change_configuration(self, **fields: Any) -> Any:
        self._note("ChangeConfiguration", fields)
        return _V16.call_result.ChangeConfiguration("Accepted")

    @on("Reset")
    def on_reset(self, **fields: Any) -> Any:
        self._note("Reset", fields)
        return _V16.call_result.Reset("Accepted")

    @on("DataTransfer")
    def on_data_transfer(self, **fields: Any) -> Any:
        self._note("DataTransfer", fields)
        return _V16.call_result.DataTransfer("Accepted", data=fields.get("data"))


class _Speaking2(_Speaking):
    """2.0.1 and 2.1 say the same; `_module` is the generation of the runtime."""

    _module: Any = None
    _request_number: Mapping[str, int] = MappingProxyType(
        {}
    )  # what this version adds to a request for a certificate

    async def live_a_day(self) -> Answers:
        call = self._module.call
        station = {"model": "PyPI", "vendor_name": "Peer", "serial_number": SERIAL}
        return await self._say_all([
            call.BootNotification(charging_station=station, reason="PowerUp"),
            self._status("Available"),
            call.Heartbeat(),
            call.Authorize(id_token=_TOKEN),
            self._status("Occupied"),
            self._event("Started", "Authorized", 0, 100.0),
            self._event("Updated", "MeterValuePeriodic", 1, 700.5),
            self._event("Updated", "MeterValuePeriodic", 2, 1300.0),
            self._event("Ended", "StopAuthorized", 3, 1300.0),
            self._status("Available"),
            call.DataTransfer(vendor_id=VENDOR, message_id="hello", data="from station"),
        ])  # fmt: skip

    def _status(self, status: str) -> Any:
        return self._module.call.StatusNotification(
            timestamp=_now(), connector_status=status, evse_id=1, connector_id=1
        )

    def _event(self, kind: str, reason: str, number: int, energy: float) -> Any:
        return self._module.call.TransactionEvent(
            event_type=kind,
            timestamp=_now(),
            trigger_reason=reason,
            seq_no=number,
            transaction_info={"transaction_id": "peer-charge-1"},
            meter_value=[{"timestamp": _now(), "sampled_value": [{"value": energy}]}],
            evse={"id": 1, "connector_id": 1},
            id_token=_TOKEN,
        )

    async def beat(self) -> None:
        await self._say(self._module.call.Heartbeat())

    async def ask_for_certificate(self, request_pem: str) -> str:
        use = "ChargingStationCertificate"
        _, answer = await self._say(
            self._module.call.SignCertificate(csr=request_pem, certificate_type=use, **self._request_number)
        )
        return answer.status

    @on("TriggerMessage")
    def on_trigger(self, **fields: Any) -> Any:
        self._note("TriggerMessage", fields)
        return self._module.call_result.TriggerMessage(status="Accepted")

    @on("CertificateSigned")
    def on_certificate_signed(self, **fields: Any) -> Any:
        self._note("CertificateSigned", fields)
        return self._module.call_result.CertificateSigned(status="Accepted")

    @on("RequestStartTransaction")
    def on_request_start(self, **fields: Any) -> Any:
        self._note("RequestStartTransaction", fields)
        return self._module.call_result.RequestStartTransaction(status="Accepted")

    @on("RequestStopTransaction")
    def on_request_stop(self, **fields: Any) -> Any:
        self._note("RequestStopTransaction", fields)
        return self._module.call_result.RequestStopTransaction(status="Accepted")

    @on("GetVariables")
    def on_get_variables(self, **fields: Any) -> Any:
        self._note("GetVariables", fields)
        results = [{**_reading2(entry["variable"]["name"]), **entry} for entry in fields["get_variable_data"]]
        return self._module.call_result.GetVariables(get_variable_result=results)

    @on("SetVariables")
    def on_set_variables(self, **fields: Any) -> Any:
        self._note("SetVariables", fields)
        results = [
            {"attribute_status": "Accepted", "component": entry["component"], "variable": entry["variable"]}
            for entry in fields["set_variable_data"]
        ]
        return self._module.call_result.SetVariables(set_variable_result=results)

    @on("Reset")
    def on_reset(self, **fields: Any) -> Any:
        self._note("Reset", fields)
        return self._module.call_result.Reset(status="Accepted")

    @on("DataTransfer")
    def on_data_transfer(self, **fields: Any) -> Any:
        self._note("DataTransfer", fields)
        return self._module.call_result.DataTransfer(status="Accepted", data=fields.get("data"))


class Station201(_Speaking2, ocpp.v201.ChargePoint):
    """A 2.0.1 station."""

    _module = ocpp.v201


class Station21(_Speaking2, ocpp.v21.ChargePoint):
    """A 2.1 station."""

    _module = ocpp.v21
    _request_number = MappingProxyType({"request_id": REQUEST_NUMBER})


STATIONS: dict[str, type[Station16 | Station201 | Station21]] = {
    "ocpp1.6": Station16,
    "ocpp2.0.1": Station201,
    "ocpp2.1": Station21,
}


@asynccontextmanager
async def station_peer(
    url: str,
    dialect: str,
    *,
    ssl: ssl.SSLContext | None = None,
    headers: Sequence[tuple[str, str]] = (),
) -> AsyncIterator[StationPeer]:
    """A station connected to `url` (its last part is the identity), which answers while the block runs."""
    identity = url.rpartition("/")[2]
    async with connect(
        url,
        subprotocols=[Subprotocol(dialect)],
        ssl=ssl,
        additional_headers=list(headers),
        compression=None,
        proxy=None,
    ) as connection:
        assert connection.subprotocol == dialect
        station = STATIONS[dialect](identity, connection)
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(_listen(station))
            try:
                yield station
            finally:
                listening.cancel()


async def _listen(station: Any) -> None:
    with suppress(ConnectionClosed):
        await station.start()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _reading2(variable: str) -> dict[str, str]:
    """It has one variable."""
    if variable != "HeartbeatInterval":
        return {"attribute_status": "UnknownVariable"}
    return {"attribute_status": "Accepted", "attribute_value": "300"}


def _status16(status: str) -> Any:
    return _V16.call.StatusNotification(1, "NoError", status, timestamp=_now())


def _reading16(energy: str) -> dict[str, Any]:
    return {"timestamp": _now(), "sampled_value": [{"value": energy, "unit": "Wh"}]}
