"""What 2.0.1 and 2.1 stations say and answer about certificates. Data, no state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from voltward.simulator.certificate_desk import Delivery, Taken
from voltward.simulator.certificate_rules import CertificateRules, EventKind, Key
from voltward.simulator.frames import Payload
from voltward.simulator.memory.key_box import Choice
from voltward.simulator.memory.uses import AnchorUse, CertificateUse
from voltward.simulator.messages.certificate_messages import (
    delivered,
    read_hash_data,
    unless_it_lacks_it,
    written_hash_data,
)
from voltward.simulator.messages.messages import (
    Answering,
    MalformedRequest,
    Reply,
    Standing,
    Telling,
    required,
)

Anchors = Mapping[str, AnchorUse]
Uses = Mapping[str, CertificateUse]

_VEHICLE_CHAIN: Final = "V2GCertificateChain"
_RESPONDER: Final = "http://127.0.0.1:9/ocsp"  # nobody answers there: a simulated certificate names none

ANCHORS_201: Final[Anchors] = {
    "CSMSRootCertificate": AnchorUse.CSMS,
    "ManufacturerRootCertificate": AnchorUse.MANUFACTURER,
    "MORootCertificate": AnchorUse.MO,
    "V2GRootCertificate": AnchorUse.V2G,
}
ANCHORS_21: Final[Anchors] = {**ANCHORS_201, "OEMRootCertificate": AnchorUse.OEM}

_TYPES_201: Final[Uses] = {
    "ChargingStationCertificate": CertificateUse.STATION,
    "V2GCertificate": CertificateUse.V2G,
}
_TYPES_21: Final[Uses] = {**_TYPES_201, "V2G20Certificate": CertificateUse.V2G_20}

#: What TriggerMessage may ask for.
USES_201: Final[Uses] = {
    "SignChargingStationCertificate": CertificateUse.STATION,
    "SignV2GCertificate": CertificateUse.V2G,
    "SignCombinedCertificate": CertificateUse.COMBINED,
}
USES_21: Final[Uses] = {**USES_201, "SignV2G20Certificate": CertificateUse.V2G_20}

_REASONS: Final[Mapping[Taken, str]] = {
    Taken.INVALID: "InvalidCertificate",
    Taken.TOO_LARGE: "TooLargeElement",
    Taken.UNASKED: "UnknownRequest",
}

RULES_201: Final = CertificateRules(
    keys={
        Key.OWNER: "SecurityCtrlr.OrganizationName",
        Key.VEHICLE_NAME: "ISO15118Ctrlr.SeccId",
        Key.CHAIN_SIZE: "SecurityCtrlr.MaxCertificateChainSize",
        Key.ENTRIES: "SecurityCtrlr.CertificateEntries",
        Key.ROOT_CHECK: "SecurityCtrlr.AdditionalRootCertificateCheck",
        Key.SIGNING_WAIT: "SecurityCtrlr.CertSigningWaitMinimum",
        Key.SIGNING_REPEATS: "SecurityCtrlr.CertSigningRepeatTimes",
        Key.ATTEMPTS: "OCPPCommCtrlr.NetworkProfileConnectionAttempts",
        Key.PROFILE: "SecurityCtrlr.SecurityProfile",
    },
    events={
        EventKind.STARTUP: "StartupOfTheDevice",
        EventKind.INVALID_STATION_CERTIFICATE: "InvalidChargingStationCertificate",
        EventKind.INVALID_CSMS_CERTIFICATE: "InvalidCsmsCertificate",
        EventKind.DISCARDED_RENEWED: "DiscardedRenewedClientCertificate",
    },
    choice=Choice.LAST_INSTALLED,
    keeps_old=None,
    asks_again=True,
    numbers_requests=False,
    has_to_have_begun=True,
    spares_root_in_use=False,
)
RULES_21: Final = replace(RULES_201, numbers_requests=True)

SETTINGS: Final[Mapping[str, str]] = {
    "ISO15118Ctrlr.SeccId": "",
    "OCPPCommCtrlr.NetworkProfileConnectionAttempts": "1",
    "SecurityCtrlr.AdditionalRootCertificateCheck": "false",
    "SecurityCtrlr.CertSigningRepeatTimes": "2",
    "SecurityCtrlr.CertSigningWaitMinimum": "30",
    "SecurityCtrlr.CertificateEntries": "0",
    "SecurityCtrlr.MaxCertificateChainSize": "10000",
    "SecurityCtrlr.OrganizationName": "Simulated",
    "SecurityCtrlr.SecurityProfile": "2",
}
READ_ONLY: Final = frozenset({
    "SecurityCtrlr.AdditionalRootCertificateCheck",
    "SecurityCtrlr.CertificateEntries",
    "SecurityCtrlr.MaxCertificateChainSize",
})  # fmt: skip


def say_sign(telling: Telling) -> Payload:
    """The request that is due; without a type it is for both uses (A02.FR.13)."""
    request = telling.request
    assert request is not None, "said only when one is due"
    named = next((name for name, use in _TYPES_21.items() if use is request.use), None)
    payload: Payload = {"csr": request.pem}
    if named is not None:
        payload["certificateType"] = named
    if request.number is not None:
        payload["requestId"] = request.number
    return payload


def say_certificate_status(telling: Telling) -> Payload:
    """The station wants to know whether one of its certificates still holds (M06)."""
    assert telling.certificate is not None, "said only of a certificate"
    return {"ocspRequestData": {**written_hash_data(telling.certificate), "responderURL": _RESPONDER}}


def _certificate_signed(types: Uses, request: Payload, standing: Standing) -> Reply:
    chain, named = required(request, "certificateChain", str), request.get("certificateType")
    number = request.get("requestId")
    use = types.get(named) if isinstance(named, str) else None
    if (named is not None and use is None) or not isinstance(number, int | None):
        raise MalformedRequest("certificateType or requestId is not what it has to be")
    return delivered(Delivery(chain, use, number), standing, _rejection)


def _rejection(taken: Taken) -> Payload:
    return {"status": "Rejected", "statusInfo": {"reasonCode": _REASONS[taken]}}


def _install(anchors: Anchors, request: Payload, standing: Standing) -> Reply:
    use = anchors.get(required(request, "certificateType", str))
    pem = required(request, "certificate", str)
    if use is None:
        raise MalformedRequest("the field certificateType names no root of this version")
    return Reply({"status": standing.anchors.install(use, pem, standing.now).value})


def _delete(request: Payload, standing: Standing) -> Reply:
    data = required(request, "certificateHashData", dict)
    return Reply({"status": standing.anchors.delete(read_hash_data(data)).value})


def _installed_ids(anchors: Anchors, request: Payload, standing: Standing) -> Reply:
    wanted = request.get("certificateType", [*anchors, _VEHICLE_CHAIN])
    if not isinstance(wanted, list):
        raise MalformedRequest("the field certificateType is no list")
    names = {use: name for name, use in anchors.items()}
    found: list[Payload] = [
        {"certificateType": names[use], "certificateHashData": written_hash_data(data)}
        for use, data in standing.anchors.list([use for name, use in anchors.items() if name in wanted])
    ]
    for chain in standing.anchors.vehicle_chains() if _VEHICLE_CHAIN in wanted else ():
        entry: Payload = {
            "certificateType": _VEHICLE_CHAIN,
            "certificateHashData": written_hash_data(chain.leaf),
        }
        if chain.children:
            entry["childCertificateHashData"] = [written_hash_data(child) for child in chain.children]
        found.append(entry)
    return Reply(
        {"status": "Accepted", "certificateHashDataChain": found} if found else {"status": "NotFound"}
    )


ANSWERS_201: Final[Mapping[str, Answering]] = {
    "CertificateSigned": partial(_certificate_signed, _TYPES_201),
    "DeleteCertificate": _delete,
    "GetInstalledCertificateIds": partial(_installed_ids, ANCHORS_201),
    "InstallCertificate": unless_it_lacks_it(partial(_install, ANCHORS_201)),
}
ANSWERS_21: Final[Mapping[str, Answering]] = {
    **ANSWERS_201,
    "CertificateSigned": partial(_certificate_signed, _TYPES_21),
    "GetInstalledCertificateIds": partial(_installed_ids, ANCHORS_21),
    "InstallCertificate": unless_it_lacks_it(partial(_install, ANCHORS_21)),
}
