"""The 2.x answers about certificates that a dialogue does not come by; their schemas are in test_messages_v2."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.simulator.certificate_samples import PEM
from tests.unit.simulator.station_play import standing
from voltward.simulator.certificate_desk import Request
from voltward.simulator.memory.uses import CertificateUse
from voltward.simulator.messages.certificate_messages_v2 import say_sign
from voltward.simulator.messages.messages import MalformedRequest, Telling
from voltward.simulator.messages.messages_v2 import V21, V201


@pytest.mark.parametrize(
    ("use", "named"),
    [
        (CertificateUse.STATION, "ChargingStationCertificate"),
        (CertificateUse.V2G, "V2GCertificate"),
        (CertificateUse.V2G_20, "V2G20Certificate"),
        (CertificateUse.COMBINED, None),
    ],
)
def test_a_request_for_both_uses_names_none(use: CertificateUse, named: str | None) -> None:
    payload = say_sign(Telling("now", "SN-1", restarted=False, request=Request("csr", use, 7)))

    assert payload.get("certificateType") == named
    assert payload["requestId"] == 7


def test_the_newer_edition_for_vehicles_is_known_to_the_newer_version_alone() -> None:
    request = {"requestedMessage": "SignV2G20Certificate"}

    assert V201.answers["TriggerMessage"](request, standing(V201)).payload == {"status": "NotImplemented"}
    assert V21.answers["TriggerMessage"](request, standing(V21)).payload == {"status": "Accepted"}


@pytest.mark.parametrize(
    ("action", "request_"),
    [
        ("CertificateSigned", {"certificateChain": PEM, "certificateType": "Other"}),
        ("CertificateSigned", {"certificateChain": PEM, "requestId": "7"}),
        ("GetInstalledCertificateIds", {"certificateType": "CSMSRootCertificate"}),
        ("InstallCertificate", {"certificateType": "Other", "certificate": PEM}),
    ],
)
def test_what_the_version_has_no_word_for_is_malformed(action: str, request_: dict[str, Any]) -> None:
    with pytest.raises(MalformedRequest):
        V201.answers[action](request_, standing(V201))
