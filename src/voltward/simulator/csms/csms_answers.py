"""How the small CSMS answers its stations, by version. Data.

It accepts everything, because it trusts the gateway.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from voltward.simulator.frames import Payload
from voltward.simulator.messages.messages import VENDOR_ID


@dataclass(frozen=True, slots=True)
class Desk:
    """An answer may tell: the time (RFC 3339), a new transaction's number, the seconds between heartbeats."""

    at: str
    number: int
    interval: int


Answer = Callable[[Payload, Desk], Payload]

_ACCEPTED: Payload = {"status": "Accepted"}


def _boot(_request: Payload, desk: Desk) -> Payload:
    return {"currentTime": desk.at, "interval": desk.interval, "status": "Accepted"}


def _vendor(request: Payload, _desk: Desk) -> Payload:
    return {"status": "Accepted" if request.get("vendorId") == VENDOR_ID else "UnknownVendorId"}


def _transaction_event(request: Payload, _desk: Desk) -> Payload:
    return {"idTokenInfo": _ACCEPTED} if "idToken" in request else {}


_BY_ALL: Final[Mapping[str, Answer]] = {
    "BootNotification": _boot,
    "DataTransfer": _vendor,
    "FirmwareStatusNotification": lambda _request, _desk: {},
    "Heartbeat": lambda _request, desk: {"currentTime": desk.at},
    "LogStatusNotification": lambda _request, _desk: {},
    "MeterValues": lambda _request, _desk: {},
    "SecurityEventNotification": lambda _request, _desk: {},
    "SignCertificate": lambda _request, _desk: _ACCEPTED,
    "StatusNotification": lambda _request, _desk: {},
}

_V2: Final[Mapping[str, Answer]] = {
    **_BY_ALL,
    "Authorize": lambda _request, _desk: {"idTokenInfo": _ACCEPTED},
    "NotifyEvent": lambda _request, _desk: {},
    "NotifyReport": lambda _request, _desk: {},
    "TransactionEvent": _transaction_event,
}

#: Subprotocol -> action -> answer. What is not here is answered NotImplemented.
CSMS_ANSWERS: Final[Mapping[str, Mapping[str, Answer]]] = {
    "ocpp1.6": {
        **_BY_ALL,
        "Authorize": lambda _request, _desk: {"idTagInfo": _ACCEPTED},
        "DiagnosticsStatusNotification": lambda _request, _desk: {},
        "StartTransaction": lambda _request, desk: {"transactionId": desk.number, "idTagInfo": _ACCEPTED},
        "StopTransaction": lambda _request, _desk: {"idTagInfo": _ACCEPTED},
    },
    "ocpp2.0.1": _V2,
    "ocpp2.1": _V2,
}
