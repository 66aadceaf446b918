"""What the small CSMS of the demo asks its stations, by version. Data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from voltward.demo.cast import V16, V21, V201
from voltward.simulator.frames import CALL_RESULT, Frame, Payload
from voltward.simulator.messages.messages import ID_TAG
from voltward.simulator.station import StationModel


@dataclass(frozen=True, slots=True)
class Call:
    """An action and what goes with it."""

    action: str
    payload: Payload


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """The calls of one version; `stop` is the action that ends a charge."""

    read: Call
    set_harmless: Call
    set_password: Call
    start: Call
    stop: str

    def stop_call(self, model: StationModel) -> Call:
        """The call that ends the charge under way."""
        assert model.charge is not None, "a charge is under way"
        return Call(self.stop, {"transactionId": model.charge.id})


def _variable(component: str, name: str, value: str | None = None) -> Payload:
    entry: Payload = {"component": {"name": component}, "variable": {"name": name}}
    return entry if value is None else {**entry, "attributeValue": value}


_STOLEN: Final = "a-password-that-the-csms-would-know"

_V2: Final = Phrasebook(
    read=Call("GetVariables", {"getVariableData": [_variable("OCPPCommCtrlr", "HeartbeatInterval")]}),
    set_harmless=Call(
        "SetVariables", {"setVariableData": [_variable("OCPPCommCtrlr", "HeartbeatInterval", "600")]}
    ),
    set_password=Call(
        "SetVariables", {"setVariableData": [_variable("SecurityCtrlr", "BasicAuthPassword", _STOLEN)]}
    ),
    start=Call(
        "RequestStartTransaction",
        {"remoteStartId": 7, "evseId": 1, "idToken": {"idToken": ID_TAG, "type": "ISO14443"}},
    ),
    stop="RequestStopTransaction",
)

PHRASEBOOKS: Final[Mapping[str, Phrasebook]] = {
    V16: Phrasebook(
        read=Call("GetConfiguration", {"key": ["HeartbeatInterval"]}),
        set_harmless=Call("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "600"}),
        set_password=Call("ChangeConfiguration", {"key": "AuthorizationKey", "value": _STOLEN}),
        start=Call("RemoteStartTransaction", {"idTag": ID_TAG, "connectorId": 1}),
        stop="RemoteStopTransaction",
    ),
    V201: _V2,
    V21: _V2,
}


def answer_words(answer: Frame) -> str:
    """An answer in a word: its status, `answered`, or the error."""
    if answer.kind != CALL_RESULT:
        return answer.error
    payload = answer.payload or {}
    results = payload.get("setVariableResult")
    if isinstance(results, list) and results and isinstance(results[0], dict):
        return str(results[0].get("attributeStatus"))
    return str(payload.get("status", "answered"))


def is_accepted(answer: Frame) -> bool:
    """The station did what it was asked."""
    return answer_words(answer) == "Accepted"
