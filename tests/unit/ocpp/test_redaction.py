from __future__ import annotations

import json
from typing import Any

import pytest

from voltward.ocpp import DIALECTS
from voltward.ocpp.redaction import HIDDEN, Redactor

SECRET = "0a1b2c3d4e5f-very-secret"
OLD, NEW = "ocpp1.6", "ocpp2.1"


def row(component: str, variable: str, **members: Any) -> dict[str, Any]:
    return {"component": {"name": component}, "variable": {"name": variable}, **members}


@pytest.mark.parametrize(
    ("subprotocol", "action", "payload"),
    [
        (OLD, "ChangeConfiguration", {"key": "AuthorizationKey", "value": SECRET}),
        (OLD, "ChangeConfiguration", {"key": "authorization-key", "value": SECRET}),
        (OLD, "ChangeConfiguration", {"Key": "x", "value": SECRET}),
        (OLD, "GetConfiguration", {"configurationKey": [{"key": "WifiPassword", "value": SECRET}]}),
        (OLD, "GetConfiguration", {"configurationKey": [], "CONFIGURATIONKEY": SECRET}),
        (OLD, "Authorize", {"idTag": SECRET}),
        (OLD, "StartTransaction", {"connectorId": 1, "IdTag": SECRET}),
        (
            OLD,
            "SendLocalList",
            {"localAuthorizationList": [{"idTag": SECRET, "idTagInfo": {"parentIdTag": SECRET}}]},
        ),
        (OLD, "DataTransfer", {"vendorId": "v", "messageId": "m", "data": SECRET}),
        (OLD, "VendorsOwn", {"anything": {"nested": [SECRET]}, "status": {"x": SECRET}}),
        (OLD, "GetDiagnostics", {"location": f"ftp://user:{SECRET}@files.example/up"}),
        (OLD, "UpdateFirmware", {"location": f"https://files.example/fw?sig={SECRET}"}),
        (
            NEW,
            "SetVariables",
            {"setVariableData": [row("SecurityCtrlr", "BasicAuthPassword", attributeValue=SECRET)]},
        ),
        (NEW, "SetVariables", {"setVariableData": [{"attributeValue": SECRET}]}),
        (NEW, "SetVariables", {"setVariableData": [SECRET]}),
        (NEW, "GetVariables", {"getVariableResult": [row("X", "VpnPassword", attributeValue=SECRET)]}),
        (NEW, "NotifyReport", {"reportData": [row("X", "SimPin", variableAttribute=[{"value": SECRET}])]}),
        (
            NEW,
            "SetNetworkProfile",
            {
                "connectionData": {
                    "basicAuthPassword": SECRET,
                    "apn": {"apnPassword": SECRET, "simPin": SECRET, "apnUserName": SECRET},
                    "vpn": {"password": SECRET, "key": SECRET, "user": SECRET},
                }
            },
        ),
        (
            NEW,
            "Authorize",
            {"idToken": {"idToken": SECRET, "additionalInfo": [{"additionalIdToken": SECRET}]}},
        ),
        (NEW, "RequestStartTransaction", {"groupIdToken": {"idToken": SECRET}}),
    ],
)
def test_no_secret_comes_through(subprotocol: str, action: str, payload: dict[str, Any]) -> None:
    redacted = Redactor(DIALECTS[subprotocol]).redact(action, payload)

    assert SECRET not in json.dumps(redacted)
    assert SECRET in json.dumps(payload)


def test_what_is_no_secret_stays_readable() -> None:
    redactor = Redactor(DIALECTS[NEW])
    payload = {
        "setVariableData": [row("OCPPCommCtrlr", "HeartbeatInterval", attributeValue="60")],
        "n": [1, None, True],
    }

    assert redactor.redact("SetVariables", payload) == payload
    assert redactor.redact("Authorize", {"idToken": {"idToken": "x", "type": "Central"}}) == {
        "idToken": {"idToken": HIDDEN, "type": "Central"}
    }


def test_a_vendors_own_message_keeps_its_labels() -> None:
    payload = {"vendorId": "org.example", "messageId": "m", "data": {"a": 1}}

    assert Redactor(DIALECTS[OLD]).redact("DataTransfer", payload) == payload | {"data": HIDDEN}


def test_a_url_keeps_its_place() -> None:
    redacted = Redactor(DIALECTS[OLD]).redact(
        "GetDiagnostics", {"location": "sftp://u:p@files.example/a/b?c=d#e"}
    )

    assert redacted == {"location": f"sftp://{HIDDEN}@files.example/a/b?{HIDDEN}"}


def test_long_texts_are_cut() -> None:
    redacted = Redactor(DIALECTS[OLD]).redact("SignCertificate", {"csr": "M" * 5000})

    assert len(redacted["csr"]) < 500
    assert "5000" in redacted["csr"]
