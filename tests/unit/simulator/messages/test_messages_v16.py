"""Every 1.6 message of the simulator against its published schema."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.simulator.certificate_samples import HASH_DATA, PEM, REQUEST
from tests.unit.simulator.published_schemas import answer_faults, request_faults
from tests.unit.simulator.station_play import standing
from voltward.simulator.messages.messages import Charge, Saying, Telling
from voltward.simulator.messages.messages_v16 import V16

TELLING = Telling(
    "2026-11-20T12:00:00.000+00:00",
    "SN-1",
    restarted=False,
    charge=Charge(7, 1500, 1),
    event="StartupOfTheDevice",
    request=REQUEST,
)

REQUESTS: dict[str, dict[str, Any]] = {
    "RemoteStartTransaction": {"idTag": "A", "connectorId": 1},
    "RemoteStopTransaction": {"transactionId": 7},
    "Reset": {"type": "Soft"},
    "GetConfiguration": {"key": ["HeartbeatInterval", "AuthorizationKey", "Nonsense"]},
    "ChangeConfiguration": {"key": "HeartbeatInterval", "value": "60"},
    "TriggerMessage": {"requestedMessage": "BootNotification"},
    "ExtendedTriggerMessage": {"requestedMessage": "BootNotification"},
    "UnlockConnector": {"connectorId": 1},
    "DataTransfer": {"vendorId": "example.voltward.simulator", "data": "x"},
    "CertificateSigned": {"certificateChain": PEM},
    "DeleteCertificate": {"certificateHashData": HASH_DATA},
    "GetInstalledCertificateIds": {"certificateType": "CentralSystemRootCertificate"},
    "InstallCertificate": {"certificateType": "CentralSystemRootCertificate", "certificate": PEM},
}


@pytest.mark.parametrize("saying", sorted(set(V16.phrases) - {Saying.UNKNOWN}))
def test_what_it_says_is_as_published(saying: Saying) -> None:
    action, payload_of = V16.phrases[saying]

    assert request_faults("ocpp1.6", action, payload_of(TELLING)) == []


@pytest.mark.parametrize("action", sorted(V16.answers))
@pytest.mark.parametrize("charge", [None, Charge(7, 1500)])
@pytest.mark.parametrize("accepted", [True, False])
def test_what_it_answers_is_as_published(action: str, charge: Charge | None, accepted: bool) -> None:
    request = REQUESTS[action]
    reply = V16.answers[action](request, standing(V16, accepted=accepted, charge=charge))

    assert request_faults("ocpp1.6", action, request) == []
    assert reply.payload is not None
    assert answer_faults("ocpp1.6", action, reply.payload) == []


def test_the_schemas_find_fault_with_a_wrong_message() -> None:
    assert request_faults("ocpp1.6", "BootNotification", {"chargePointVendor": "x" * 30})


def test_triggers_name_what_is_said_next() -> None:
    told = standing(V16)
    unknown = V16.answers["TriggerMessage"]({"requestedMessage": "DiagnosticsStatusNotification"}, told)

    assert unknown.payload == {"status": "NotImplemented"}
    assert V16.answers["TriggerMessage"]({"requestedMessage": "Heartbeat"}, told).then == (Saying.HEARTBEAT,)


def test_a_charge_is_told_of_only_while_there_is_one() -> None:
    with pytest.raises(ValueError, match="without a charge"):
        V16.phrases[Saying.METER][1](Telling("now", "SN-1", restarted=False))


@pytest.mark.parametrize(
    ("answer", "number"), [({"transactionId": 5}, 5), ({"transactionId": "5"}, None), ({}, None)]
)
def test_the_charge_has_the_number_of_the_answer(answer: dict[str, Any], number: int | None) -> None:
    assert V16.charge_id_of is not None
    assert V16.charge_id_of(answer) == number


def test_another_vendors_message_is_not_taken() -> None:
    reply = V16.answers["DataTransfer"]({"vendorId": "other"}, standing(V16))

    assert reply.payload == {"status": "UnknownVendorId"}
