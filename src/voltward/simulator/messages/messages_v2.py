"""What 2.0.1 and 2.1 stations say and answer: 2.1 is 2.0.1's table with rows replaced. Data, no state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from voltward.domain.secret import Secret
from voltward.domain.security_profile import SecurityProfile
from voltward.simulator.frames import Payload
from voltward.simulator.memory.uses import CertificateUse
from voltward.simulator.messages import certificate_messages_v2 as certificates
from voltward.simulator.messages.certificate_messages import triggered
from voltward.simulator.messages.messages import (
    FIRMWARE,
    ID_TAG,
    MODEL,
    VENDOR,
    VENDOR_ID,
    Ending,
    MalformedRequest,
    MessageTable,
    Reply,
    Saying,
    Standing,
    Telling,
    required,
)
from voltward.simulator.network_desk import ORDER, Network

_ACCEPTED: Payload = {"status": "Accepted"}
_REJECTED: Payload = {"status": "Rejected"}
_EVSE: Payload = {"id": 1, "connectorId": 1}
_ID_TOKEN: Payload = {"idToken": ID_TAG, "type": "ISO14443"}
_PASSWORD = "SecurityCtrlr.BasicAuthPassword"
_READ_ONLY = frozenset({"SecurityCtrlr.SecurityProfile", "ChargingStation.Model"}) | certificates.READ_ONLY
_WRITE_ONLY = frozenset({_PASSWORD})
_PASSWORD_SIZES = range(16, 41)  # characters


def _boot(telling: Telling) -> Payload:
    station = {
        "serialNumber": telling.serial,
        "model": MODEL,
        "vendorName": VENDOR,
        "firmwareVersion": FIRMWARE,
    }
    return {"reason": "RemoteReset" if telling.restarted else "PowerUp", "chargingStation": station}


def _status(name: str, telling: Telling) -> Payload:
    return {"timestamp": telling.at, "connectorStatus": name, "evseId": 1, "connectorId": 1}


def _event(kind: str, trigger: str, context: str, telling: Telling) -> Payload:
    charge = telling.charge
    if charge is None:
        raise ValueError("a message of a charge without a charge under way")
    info: Payload = {"transactionId": str(charge.id), "chargingState": "Charging"}
    if charge.remote_start is not None and kind == "Started":
        info["remoteStartId"] = charge.remote_start
    if kind == "Ended":
        info.update(chargingState="EVConnected", stoppedReason="Local")
    sample = {"value": charge.meter_wh, "context": context, "measurand": "Energy.Active.Import.Register"}
    return {
        "eventType": kind,
        "timestamp": telling.at,
        "triggerReason": trigger,
        "seqNo": charge.sequence,
        "transactionInfo": info,
        "evse": _EVSE,
        "idToken": _ID_TOKEN,
        "meterValue": [{"timestamp": telling.at, "sampledValue": [sample]}],
    }


def _stream(telling: Telling) -> Payload:
    return {"id": 1, "pending": 0, "basetime": telling.at, "data": [{"t": 0.0, "v": "230.4"}]}


def _request_start(request: Payload, standing: Standing) -> Reply:
    number = required(request, "remoteStartId", int)
    required(request, "idToken", dict)
    if standing.charge is not None or not standing.accepted:
        return Reply(_REJECTED)
    then = (Saying.STATUS_OCCUPIED, Saying.START, Saying.METER)
    return Reply(_ACCEPTED, then=then, remote_start=number)


def _request_stop(request: Payload, standing: Standing) -> Reply:
    wanted = required(request, "transactionId", str)
    if standing.charge is None or str(standing.charge.id) != wanted or not standing.accepted:
        return Reply(_REJECTED)
    return Reply(_ACCEPTED, then=(Saying.STOP, Saying.STATUS_AVAILABLE))


def _reset(request: Payload, _standing: Standing) -> Reply:
    required(request, "type", str)
    return Reply(_ACCEPTED, ending=Ending.REBOOT)


def _name(entry: object) -> str:
    if not isinstance(entry, dict):
        raise MalformedRequest("an entry is no object")
    component, variable = required(entry, "component", dict), required(entry, "variable", dict)
    return f"{required(component, 'name', str)}.{required(variable, 'name', str)}"


def _knows(standing: Standing, name: str) -> str:
    """What the station says of a name it cannot read: which half of it is unknown."""
    component = name.partition(".")[0]
    known = {key.partition(".")[0] for key in (*standing.settings, *_WRITE_ONLY)}
    return "UnknownVariable" if component in known else "UnknownComponent"


def _get_variables(request: Payload, standing: Standing) -> Reply:
    results: list[Payload] = []
    for entry in required(request, "getVariableData", list):
        name = _name(entry)
        result = {"component": entry["component"], "variable": entry["variable"]}
        if entry.get("attributeType", "Actual") != "Actual":
            result["attributeStatus"] = "NotSupportedAttributeType"
        elif name in standing.settings:
            result.update(attributeStatus="Accepted", attributeValue=standing.settings[name])
        else:
            # A write-only variable is refused, not unknown (2.x, B06.FR.09).
            result["attributeStatus"] = "Rejected" if name in _WRITE_ONLY else _knows(standing, name)
        results.append(result)
    return Reply({"getVariableResult": results})


def _set_variables(request: Payload, standing: Standing) -> Reply:
    results: list[Payload] = []
    has_new_password = False
    for entry in required(request, "setVariableData", list):
        name, value = _name(entry), required(entry, "attributeValue", str)
        status = _set_variable(name, value, standing)
        has_new_password |= name == _PASSWORD and status == "Accepted"
        found = {"component": entry["component"], "variable": entry["variable"]}
        results.append({"attributeStatus": status, **found})
    comes_back = has_new_password and not standing.certificates.uses_certificate
    return Reply({"setVariableResult": results}, ending=Ending.RECONNECT if comes_back else None)


def _set_variable(name: str, value: str, standing: Standing) -> str:
    if name == _PASSWORD and len(value) in _PASSWORD_SIZES:
        standing.certificates.memory.password = Secret(value.encode())
        return "Accepted"
    if name == ORDER:
        kept = standing.networks.prefer(value, has_root=bool(standing.anchors.roots()))
        return "RebootRequired" if kept else "Rejected"
    if name in _READ_ONLY or name in _WRITE_ONLY:
        return "Rejected"
    if name not in standing.settings:
        return _knows(standing, name)
    standing.settings[name] = value
    return "Accepted"


def _set_network_profile(request: Payload, standing: Standing) -> Reply:
    slot, data = required(request, "configurationSlot", int), required(request, "connectionData", dict)
    profile, url = required(data, "securityProfile", int), required(data, "ocppCsmsUrl", str)
    known = profile in {int(one) for one in SecurityProfile}
    network = Network(SecurityProfile(profile), url) if known else None
    reason = standing.networks.offer(slot, network) if network is not None else "InvalidNetworkConf"
    return Reply({**_REJECTED, "statusInfo": {"reasonCode": reason}} if reason else _ACCEPTED)


def _trigger(uses: Mapping[str, CertificateUse], request: Payload, standing: Standing) -> Reply:
    wanted = required(request, "requestedMessage", str)
    if wanted in uses:
        return triggered(uses[wanted], standing)
    if wanted == "BootNotification":
        # Once accepted, a boot is not said again (2.x, F06.FR.17).
        return Reply(_REJECTED) if standing.accepted else Reply(_ACCEPTED, then=(Saying.BOOT,))
    sayings = {"Heartbeat": Saying.HEARTBEAT, "StatusNotification": Saying.STATUS_AVAILABLE}
    saying = sayings.get(wanted)
    return Reply({"status": "NotImplemented"}) if saying is None else Reply(_ACCEPTED, then=(saying,))


def _unlock(request: Payload, standing: Standing) -> Reply:
    number = required(request, "evseId", int)
    if number != _EVSE["id"]:
        return Reply({"status": "UnknownConnector"})
    return Reply({"status": "Unlocked" if standing.charge is None else "OngoingAuthorizedTransaction"})


def _vendor(request: Payload, _standing: Standing) -> Reply:
    known = required(request, "vendorId", str) == VENDOR_ID
    return Reply({"status": "Accepted", "data": {"pong": True}} if known else {"status": "UnknownVendorId"})


V201 = MessageTable(
    dialect="ocpp2.0.1",
    phrases={
        Saying.BOOT: ("BootNotification", _boot),
        Saying.STATUS_AVAILABLE: ("StatusNotification", lambda told: _status("Available", told)),
        Saying.STATUS_OCCUPIED: ("StatusNotification", lambda told: _status("Occupied", told)),
        Saying.HEARTBEAT: ("Heartbeat", lambda _told: {}),
        Saying.AUTHORIZE: ("Authorize", lambda _told: {"idToken": _ID_TOKEN}),
        Saying.START: (
            "TransactionEvent",
            lambda told: _event("Started", "Authorized", "Transaction.Begin", told),
        ),
        Saying.METER: (
            "TransactionEvent",
            lambda told: _event("Updated", "MeterValuePeriodic", "Sample.Periodic", told),
        ),
        Saying.STOP: (
            "TransactionEvent",
            lambda told: _event("Ended", "StopAuthorized", "Transaction.End", told),
        ),
        Saying.SECURITY_EVENT: (
            "SecurityEventNotification",
            lambda told: {"type": told.event, "timestamp": told.at},
        ),
        Saying.SIGN: ("SignCertificate", certificates.say_sign),
        Saying.CERTIFICATE_STATUS: ("GetCertificateStatus", certificates.say_certificate_status),
        Saying.VENDOR: (
            "DataTransfer",
            lambda _told: {"vendorId": VENDOR_ID, "messageId": "ping", "data": {"seen": True}},
        ),
        Saying.UNKNOWN: ("SelfTestReport", lambda told: {"passed": True, "at": told.at}),
    },
    answers={
        "RequestStartTransaction": _request_start,
        "RequestStopTransaction": _request_stop,
        "Reset": _reset,
        "GetVariables": _get_variables,
        "SetNetworkProfile": _set_network_profile,
        "SetVariables": _set_variables,
        "TriggerMessage": partial(_trigger, certificates.USES_201),
        "UnlockConnector": _unlock,
        "DataTransfer": _vendor,
        **certificates.ANSWERS_201,
    },
    settings={
        "OCPPCommCtrlr.HeartbeatInterval": "300",
        ORDER: "1",
        "SampledDataCtrlr.TxUpdatedInterval": "60",
        "ChargingStation.Model": MODEL,
        **certificates.SETTINGS,
    },
    rules=certificates.RULES_201,
    malformed_code="FormatViolation",
    refuses_calls_when_rejected=True,
)

V21 = replace(
    V201,
    dialect="ocpp2.1",
    phrases={**V201.phrases, Saying.STREAM: ("NotifyPeriodicEventStream", _stream)},
    answers={
        **V201.answers,
        "TriggerMessage": partial(_trigger, certificates.USES_21),
        **certificates.ANSWERS_21,
    },
    rules=certificates.RULES_21,
    unanswered=frozenset({Saying.STREAM}),
)
