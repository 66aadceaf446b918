"""Every 2.0.1 and 2.1 message of the simulator against its published schema."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.simulator.certificate_samples import HASH_DATA, NAME, PEM, REQUEST
from tests.unit.simulator.published_schemas import answer_faults, request_faults
from tests.unit.simulator.station_play import standing
from voltward.simulator.messages.messages import Charge, MessageTable, Saying, Telling
from voltward.simulator.messages.messages_v2 import V21, V201

BOTH = [V201, V21]
CHARGE = Charge("charge-7", 1500, 1, remote_start=5)
SPOKEN = [(table, saying) for table in BOTH for saying in sorted(set(table.phrases) - {Saying.UNKNOWN})]
ID_TOKEN = {"idToken": "A", "type": "Central"}
ENTRY = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
NETWORK = {
    "ocppVersion": "OCPP20",
    "ocppTransport": "JSON",
    "ocppCsmsUrl": "wss://csms.example/ocpp",
    "messageTimeout": 30,
    "securityProfile": 3,
    "ocppInterface": "Wired0",
}

REQUESTS: dict[str, list[dict[str, Any]]] = {
    "RequestStartTransaction": [{"remoteStartId": 5, "idToken": ID_TOKEN}],
    "RequestStopTransaction": [{"transactionId": "charge-7"}, {"transactionId": "other"}],
    "Reset": [{"type": "Immediate"}],
    "SetNetworkProfile": [
        {"configurationSlot": 2, "connectionData": NETWORK},
        {"configurationSlot": 9, "connectionData": NETWORK},
    ],
    "GetVariables": [{"getVariableData": [ENTRY]}],
    "SetVariables": [{"setVariableData": [{**ENTRY, "attributeValue": "x" * 20}]}],
    "TriggerMessage": [
        {"requestedMessage": "BootNotification"},
        {"requestedMessage": "MeterValues"},
        {"requestedMessage": "SignCombinedCertificate"},
    ],
    "UnlockConnector": [{"evseId": 1, "connectorId": 1}, {"evseId": 9, "connectorId": 1}],
    "CertificateSigned": [
        {"certificateChain": PEM},
        {"certificateChain": PEM, "certificateType": "V2GCertificate"},
    ],
    "DeleteCertificate": [{"certificateHashData": HASH_DATA}],
    "GetInstalledCertificateIds": [{}, {"certificateType": ["CSMSRootCertificate"]}],
    "InstallCertificate": [{"certificateType": "CSMSRootCertificate", "certificate": PEM}],
    "DataTransfer": [{"vendorId": "example.voltward.simulator"}, {"vendorId": "other"}],
}
ASKED = [
    (table, action, request) for table in BOTH for action in table.answers for request in REQUESTS[action]
]


def telling(charge: Charge | None = CHARGE) -> Telling:
    return Telling(
        "2026-11-20T12:00:00.000+00:00",
        "SN-1",
        restarted=True,
        charge=charge,
        event="StartupOfTheDevice",
        request=REQUEST,
        certificate=NAME,
    )


@pytest.mark.parametrize(("table", "saying"), SPOKEN, ids=lambda value: getattr(value, "dialect", value))
def test_what_it_says_is_as_published(table: MessageTable, saying: Saying) -> None:
    action, payload_of = table.phrases[saying]

    assert request_faults(table.dialect, action, payload_of(telling())) == []


@pytest.mark.parametrize("charge", [None, CHARGE])
@pytest.mark.parametrize("accepted", [True, False])
def test_what_it_answers_is_as_published(charge: Charge | None, accepted: bool) -> None:
    faults: list[str] = []
    for table, action, request in ASKED:
        reply = table.answers[action](request, standing(table, accepted=accepted, charge=charge))
        faults += request_faults(table.dialect, action, request)
        assert reply.payload is not None
        faults += answer_faults(table.dialect, action, reply.payload)

    assert faults == []


def test_the_schemas_find_fault_with_a_wrong_message() -> None:
    assert request_faults("ocpp2.1", "BootNotification", {"reason": "Boredom"})


def test_only_the_newer_version_streams() -> None:
    assert Saying.STREAM not in V201.phrases
    assert V21.unanswered == {Saying.STREAM}


def test_a_charge_is_told_of_only_while_there_is_one() -> None:
    with pytest.raises(ValueError, match="without a charge"):
        V21.phrases[Saying.METER][1](telling(charge=None))


def test_a_remote_start_is_named_in_the_event_that_begins_it_alone() -> None:
    started = V201.phrases[Saying.START][1](telling())
    updated = V201.phrases[Saying.METER][1](telling())

    assert started["transactionInfo"]["remoteStartId"] == 5
    assert "remoteStartId" not in updated["transactionInfo"]


def test_a_boot_is_triggered_only_until_it_is_accepted() -> None:
    request = {"requestedMessage": "BootNotification"}

    assert V201.answers["TriggerMessage"](request, standing(V201, accepted=False)).then == (Saying.BOOT,)
    assert V201.answers["TriggerMessage"](request, standing(V201)).then == ()
