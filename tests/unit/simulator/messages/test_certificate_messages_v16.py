"""The 1.6 answers about certificates that a dialogue does not come by; their schemas are in test_messages_v16."""

from __future__ import annotations

from tests.unit.simulator.certificate_samples import PEM
from tests.unit.simulator.station_play import standing
from voltward.simulator.messages.certificate_messages_v16 import ANSWERS, trigger
from voltward.simulator.messages.messages_v16 import V16


def test_a_kind_of_root_that_it_does_not_know_is_refused() -> None:
    request = {"certificateType": "V2GRootCertificate", "certificate": PEM}

    assert ANSWERS["InstallCertificate"](request, standing(V16)).payload == {"status": "Rejected"}
    assert ANSWERS["GetInstalledCertificateIds"](request, standing(V16)).payload == {"status": "NotFound"}


def test_only_the_extended_trigger_asks_for_a_certificate() -> None:
    request = {"requestedMessage": "SignChargePointCertificate"}

    assert trigger({"requestedMessage": "Heartbeat"}, standing(V16)) is None
    assert V16.answers["ExtendedTriggerMessage"](request, standing(V16)).payload == {"status": "Accepted"}
    assert V16.answers["TriggerMessage"](request, standing(V16)).payload == {"status": "NotImplemented"}
