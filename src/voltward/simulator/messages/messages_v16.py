"""What a 1.6 station says and answers, with the messages of the security whitepaper. Data, no state."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from voltward.domain.secret import Secret
from voltward.simulator.frames import Payload
from voltward.simulator.messages import certificate_messages_v16 as certificates
from voltward.simulator.messages.messages import (
    FIRMWARE,
    ID_TAG,
    MODEL,
    VENDOR,
    VENDOR_ID,
    Charge,
    Ending,
    MalformedRequest,
    MessageTable,
    Reply,
    Saying,
    Standing,
    Telling,
    required,
)

_ACCEPTED: Payload = {"status": "Accepted"}
_REJECTED: Payload = {"status": "Rejected"}
_READ_ONLY = frozenset({"NumberOfConnectors", "SupportedFeatureProfiles"}) | certificates.READ_ONLY
_WRITE_ONLY = frozenset({"AuthorizationKey"})


def _boot(telling: Telling) -> Payload:
    return {
        "chargePointVendor": VENDOR,
        "chargePointModel": MODEL,
        "chargePointSerialNumber": telling.serial,
        "firmwareVersion": FIRMWARE,
    }


def _status(name: str, telling: Telling) -> Payload:
    return {"connectorId": 1, "errorCode": "NoError", "status": name, "timestamp": telling.at}


def _start(telling: Telling) -> Payload:
    return {"connectorId": 1, "idTag": ID_TAG, "meterStart": 0, "timestamp": telling.at}


def _meter(telling: Telling) -> Payload:
    charge = _charge(telling)
    sample = {
        "value": str(charge.meter_wh),
        "context": "Sample.Periodic",
        "measurand": "Energy.Active.Import.Register",
        "unit": "Wh",
    }
    return {
        "connectorId": 1,
        "transactionId": charge.id,
        "meterValue": [{"timestamp": telling.at, "sampledValue": [sample]}],
    }


def _stop(telling: Telling) -> Payload:
    charge = _charge(telling)
    return {
        "transactionId": charge.id,
        "idTag": ID_TAG,
        "meterStop": charge.meter_wh,
        "timestamp": telling.at,
        "reason": "Local",
    }


def _charge(telling: Telling) -> Charge:
    if telling.charge is None:
        raise ValueError("a message of a charge without a charge under way")
    return telling.charge


def _remote_start(request: Payload, standing: Standing) -> Reply:
    required(request, "idTag", str)
    if standing.charge is not None or not standing.accepted:
        return Reply(_REJECTED)
    return Reply(_ACCEPTED, then=(Saying.STATUS_OCCUPIED, Saying.START, Saying.METER))


def _remote_stop(request: Payload, standing: Standing) -> Reply:
    number = required(request, "transactionId", int)
    if standing.charge is None or standing.charge.id != number:
        return Reply(_REJECTED)
    return Reply(_ACCEPTED, then=(Saying.STOP, Saying.STATUS_AVAILABLE))


def _reset(request: Payload, _standing: Standing) -> Reply:
    required(request, "type", str)
    return Reply(_ACCEPTED, ending=Ending.REBOOT)


def _get_configuration(request: Payload, standing: Standing) -> Reply:
    wanted = _texts(request.get("key", [])) or list(standing.settings)
    known = [
        {"key": key, "readonly": key in _READ_ONLY, "value": standing.settings[key]}
        for key in wanted
        if key in standing.settings
    ]
    # A write-only key is known, and shows no value (catalogue 2.1).
    known += [{"key": key, "readonly": False} for key in wanted if key in _WRITE_ONLY]
    unknown = [key for key in wanted if key not in standing.settings and key not in _WRITE_ONLY]
    return Reply({"configurationKey": known, "unknownKey": unknown})


def _texts(values: object) -> list[str]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise MalformedRequest("the field key is not a list of texts")
    return values


def _change_configuration(request: Payload, standing: Standing) -> Reply:
    key, value = required(request, "key", str), required(request, "value", str)
    if key in _CREDENTIAL_KEYS:
        return _CREDENTIAL_KEYS[key](value, standing)
    if key in _READ_ONLY:
        return Reply(_REJECTED)
    if key not in standing.settings:
        return Reply({"status": "NotSupported"})
    standing.settings[key] = value
    return Reply(_ACCEPTED)


def _change_password(value: str, standing: Standing) -> Reply:
    """16 to 20 octets in hexadecimal; the station comes back with them (A01)."""
    try:
        octets = bytes.fromhex(value)
    except ValueError:
        return Reply(_REJECTED)
    if not 16 <= len(octets) <= 20:
        return Reply(_REJECTED)
    standing.certificates.memory.password = Secret(value.encode("ascii"))
    return Reply(_ACCEPTED, ending=None if standing.certificates.uses_certificate else Ending.RECONNECT)


def _raise_profile(value: str, standing: Standing) -> Reply:
    """Only upwards, and only with what the new profile needs (WP-A05.FR.01 to FR.05)."""
    is_raised = standing.certificates.raise_profile(value, has_root=bool(standing.anchors.roots()))
    return Reply(_ACCEPTED, ending=Ending.RECONNECT) if is_raised else Reply(_REJECTED)


_CREDENTIAL_KEYS: Mapping[str, Callable[[str, Standing], Reply]] = {
    "AuthorizationKey": _change_password,
    "SecurityProfile": _raise_profile,
}


def _trigger(request: Payload, _standing: Standing) -> Reply:
    wanted = {
        "BootNotification": Saying.BOOT,
        "Heartbeat": Saying.HEARTBEAT,
        "StatusNotification": Saying.STATUS_AVAILABLE,
    }
    saying = wanted.get(required(request, "requestedMessage", str))
    return Reply({"status": "NotImplemented"}) if saying is None else Reply(_ACCEPTED, then=(saying,))


def _extended_trigger(request: Payload, standing: Standing) -> Reply:
    return certificates.trigger(request, standing) or _trigger(request, standing)


def _unlock(request: Payload, standing: Standing) -> Reply:
    required(request, "connectorId", int)
    return Reply({"status": "Unlocked" if standing.charge is None else "UnlockFailed"})


def _vendor(request: Payload, _standing: Standing) -> Reply:
    known = required(request, "vendorId", str) == VENDOR_ID
    return Reply({"status": "Accepted", "data": "pong"} if known else {"status": "UnknownVendorId"})


def _charge_id(answer: Payload) -> int | None:
    number = answer.get("transactionId")
    return number if isinstance(number, int) else None


V16 = MessageTable(
    dialect="ocpp1.6",
    phrases={
        Saying.BOOT: ("BootNotification", _boot),
        Saying.STATUS_AVAILABLE: ("StatusNotification", lambda told: _status("Available", told)),
        Saying.STATUS_OCCUPIED: ("StatusNotification", lambda told: _status("Preparing", told)),
        Saying.HEARTBEAT: ("Heartbeat", lambda _told: {}),
        Saying.AUTHORIZE: ("Authorize", lambda _told: {"idTag": ID_TAG}),
        Saying.START: ("StartTransaction", _start),
        Saying.METER: ("MeterValues", _meter),
        Saying.STOP: ("StopTransaction", _stop),
        Saying.SECURITY_EVENT: (
            "SecurityEventNotification",
            lambda told: {"type": told.event, "timestamp": told.at},
        ),
        Saying.SIGN: ("SignCertificate", certificates.say_sign),
        Saying.VENDOR: (
            "DataTransfer",
            lambda _told: {"vendorId": VENDOR_ID, "messageId": "ping", "data": '{"seen": true}'},
        ),
        Saying.UNKNOWN: ("SelfTestReport", lambda told: {"passed": True, "at": told.at}),
    },
    answers={
        "RemoteStartTransaction": _remote_start,
        "RemoteStopTransaction": _remote_stop,
        "Reset": _reset,
        "GetConfiguration": _get_configuration,
        "ChangeConfiguration": _change_configuration,
        "TriggerMessage": _trigger,
        "ExtendedTriggerMessage": _extended_trigger,
        "UnlockConnector": _unlock,
        "DataTransfer": _vendor,
        **certificates.ANSWERS,
    },
    settings={
        "HeartbeatInterval": "300",
        "MeterValueSampleInterval": "60",
        "NumberOfConnectors": "1",
        "SupportedFeatureProfiles": "Core,RemoteTrigger",
        **certificates.SETTINGS,
    },
    rules=certificates.RULES,
    malformed_code="FormationViolation",
    refuses_calls_when_rejected=False,
    charge_id_of=_charge_id,
)
