"""What a 1.6 station answers about certificates: the messages and keys of the security whitepaper. Data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from voltward.simulator.certificate_desk import Delivery
from voltward.simulator.certificate_rules import CertificateRules, EventKind, Key
from voltward.simulator.frames import Payload
from voltward.simulator.memory.key_box import Choice
from voltward.simulator.memory.uses import AnchorUse, CertificateUse
from voltward.simulator.messages.certificate_messages import (
    delivered,
    read_hash_data,
    triggered,
    unless_it_lacks_it,
    written_hash_data,
)
from voltward.simulator.messages.messages import Answering, Reply, Standing, Telling, required

ANCHORS: Final[Mapping[str, AnchorUse]] = {
    "CentralSystemRootCertificate": AnchorUse.CSMS,
    "ManufacturerRootCertificate": AnchorUse.MANUFACTURER,
}

RULES: Final = CertificateRules(
    keys={
        Key.OWNER: "CpoName",
        Key.CHAIN_SIZE: "CertificateSignedMaxChainSize",
        Key.STORE_SIZE: "CertificateStoreMaxLength",
        Key.ROOT_CHECK: "AdditionalRootCertificateCheck",
        Key.PROFILE: "SecurityProfile",
    },
    events={
        EventKind.STARTUP: "StartupOfTheDevice",
        EventKind.INVALID_STATION_CERTIFICATE: "InvalidChargePointCertificate",
        EventKind.INVALID_CSMS_CERTIFICATE: "InvalidCentralSystemCertificate",
    },
    choice=Choice.NEWEST,
    keeps_old=timedelta(days=30),  # (FR.10: one month is recommended)
    asks_again=False,
    numbers_requests=False,
    has_to_have_begun=False,
    spares_root_in_use=True,
)

SETTINGS: Final[Mapping[str, str]] = {
    "CpoName": "",
    "CertificateSignedMaxChainSize": "10000",
    "CertificateStoreMaxLength": "20",
    "AdditionalRootCertificateCheck": "false",
    "SecurityProfile": "0",
}
READ_ONLY: Final = frozenset(
    {"CertificateSignedMaxChainSize", "CertificateStoreMaxLength", "AdditionalRootCertificateCheck"}
)


def say_sign(telling: Telling) -> Payload:
    """The request that is due."""
    assert telling.request is not None, "said only when one is due"
    return {"csr": telling.request.pem}


def trigger(request: Payload, standing: Standing) -> Reply | None:
    """The answer to ExtendedTriggerMessage where it is about a certificate; None otherwise."""
    if required(request, "requestedMessage", str) != "SignChargePointCertificate":
        return None
    return triggered(CertificateUse.STATION, standing)


def _certificate_signed(request: Payload, standing: Standing) -> Reply:
    delivery = Delivery(required(request, "certificateChain", str), CertificateUse.STATION)
    return delivered(delivery, standing, lambda _taken: {"status": "Rejected"})


def _install(request: Payload, standing: Standing) -> Reply:
    use = ANCHORS.get(required(request, "certificateType", str))
    pem = required(request, "certificate", str)
    if use is None:
        return Reply({"status": "Rejected"})
    return Reply({"status": standing.anchors.install(use, pem, standing.now).value})


def _delete(request: Payload, standing: Standing) -> Reply:
    data = required(request, "certificateHashData", dict)
    return Reply({"status": standing.anchors.delete(read_hash_data(data)).value})


def _installed_ids(request: Payload, standing: Standing) -> Reply:
    use = ANCHORS.get(required(request, "certificateType", str))
    found = standing.anchors.list([use]) if use else ()
    if not found:
        return Reply({"status": "NotFound"})
    return Reply(
        {
            "status": "Accepted",
            "certificateHashData": [written_hash_data(name) for _use, name in found],
        }
    )


ANSWERS: Final[Mapping[str, Answering]] = {
    "CertificateSigned": _certificate_signed,
    "DeleteCertificate": _delete,
    "GetInstalledCertificateIds": _installed_ids,
    "InstallCertificate": unless_it_lacks_it(_install),
}
