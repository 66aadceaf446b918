"""How intents are said in 2.0.1 and 2.1, which differ in words alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from voltward.domain.intents import (
    AnchorUse,
    CertificateUse,
    InstallCertificate,
    InstalledCertificate,
    InstallTrustAnchor,
    IntentAnswer,
    ListTrustAnchors,
    OfferNetwork,
    Outcome,
    PreferNetworks,
    RaiseProfile,
    ReadFacts,
    Reading,
    ReadingTold,
    RemoveTrustAnchor,
    RequestCsr,
    Restart,
    SetOrganisation,
)
from voltward.ocpp.certificate_words import CertificateWords, hash_data, read_hash_data
from voltward.ocpp.intent_answers import (
    UNREADABLE,
    SaidCall,
    Saying,
    Sayings,
    read_status,
    status_of,
)

MOST_LISTED: Final = 1000  # certificates of one answer; no store holds so many
_SECURITY: Final = "SecurityCtrlr"
_LINK: Final = "OCPPCommCtrlr"
_PATIENCE: Final = 30  # seconds that a station waits for our answers

_ROOTS: Final = {
    AnchorUse.CSMS: "CSMSRootCertificate",
    AnchorUse.MANUFACTURER: "ManufacturerRootCertificate",
    AnchorUse.V2G: "V2GRootCertificate",
    AnchorUse.MO: "MORootCertificate",
}
WORDS_V201: Final = CertificateWords(
    uses={CertificateUse.CSMS_LINK: "ChargingStationCertificate", CertificateUse.V2G: "V2GCertificate"},
    unnamed=frozenset({None, CertificateUse.COMBINED}),
    triggers={
        CertificateUse.CSMS_LINK: "SignChargingStationCertificate",
        CertificateUse.V2G: "SignV2GCertificate",
        CertificateUse.COMBINED: "SignCombinedCertificate",
    },
    anchors=_ROOTS,
    listed={**_ROOTS, AnchorUse.V2G_CHAIN: "V2GCertificateChain"},
)
_OEM: Final = {AnchorUse.OEM: "OEMRootCertificate"}
WORDS_V21: Final = replace(
    WORDS_V201,
    uses={**WORDS_V201.uses, CertificateUse.V2G_20: "V2G20Certificate"},
    triggers={**WORDS_V201.triggers, CertificateUse.V2G_20: "SignV2G20Certificate"},
    anchors={**WORDS_V201.anchors, **_OEM},
    listed={**WORDS_V201.listed, **_OEM},
    has_request_id=True,
)

# How many places there are is the upper limit of how many are taken.
_VARIABLES: Final = {
    Reading.ORGANISATION: (_SECURITY, "OrganizationName", None),
    Reading.CHAIN_SIZE: (_SECURITY, "MaxCertificateChainSize", None),
    Reading.ANCHOR_PLACES: (_SECURITY, "CertificateEntries", "MaxSet"),
    Reading.ADDITIONAL_ROOT_CHECK: (_SECURITY, "AdditionalRootCertificateCheck", None),
    Reading.SIGNING_WAIT: (_SECURITY, "CertSigningWaitMinimum", None),
    Reading.SIGNING_REPEATS: (_SECURITY, "CertSigningRepeatTimes", None),
    Reading.NETWORKS: (_LINK, "NetworkConfigurationPriority", None),
}
_READING_OF: Final = {variable: reading for reading, (_, variable, _) in _VARIABLES.items()}


@dataclass(frozen=True, slots=True)
class _Speech:
    """What is said with a version's words; the rest is said alike."""

    words: CertificateWords

    def trigger(self, intent: RequestCsr) -> tuple[SaidCall, ...]:
        word = self.words.triggers.get(intent.use)
        return (SaidCall("TriggerMessage", {"requestedMessage": word}),) if word is not None else ()

    def certificate(self, intent: InstallCertificate) -> tuple[SaidCall, ...]:
        """The type is echoed, and so is its absence (A02.FR.14, field note 26); 2.1's id too (FR.25)."""
        payload: dict[str, Any] = {"certificateChain": intent.chain_pem}
        if intent.use is not None and intent.use not in self.words.unnamed:
            if intent.use not in self.words.uses:
                return ()
            payload["certificateType"] = self.words.uses[intent.use]
        if intent.request_id is not None and self.words.has_request_id:
            payload["requestId"] = intent.request_id
        return (SaidCall("CertificateSigned", payload),)

    def anchor(self, intent: InstallTrustAnchor) -> tuple[SaidCall, ...]:
        word = self.words.anchors.get(intent.use)
        payload = {"certificateType": word, "certificate": intent.certificate_pem}
        return (SaidCall("InstallCertificate", payload),) if word is not None else ()

    def list_of(self, intent: ListTrustAnchors) -> tuple[SaidCall, ...]:
        """No type means all of them."""
        if intent.use is None:
            return (SaidCall("GetInstalledCertificateIds"),)
        word = self.words.listed.get(intent.use)
        return (SaidCall("GetInstalledCertificateIds", {"certificateType": [word]}),) if word else ()


def _removal(intent: RemoveTrustAnchor) -> tuple[SaidCall, ...]:
    return (SaidCall("DeleteCertificate", {"certificateHashData": hash_data(intent.certificate)}),)


def _organisation(intent: SetOrganisation) -> tuple[SaidCall, ...]:
    row = {**_variable(_SECURITY, "OrganizationName"), "attributeValue": intent.name}
    return (SaidCall("SetVariables", {"setVariableData": [row]}),)


def _facts(intent: ReadFacts) -> tuple[SaidCall, ...]:
    """One by one: how many a station takes at a time is a variable of its own (ItemsPerMessage)."""
    rows = [_variable(*_VARIABLES[reading]) for reading in intent.readings]
    return tuple(SaidCall("GetVariables", {"getVariableData": [row]}) for row in rows)


def _profile(_intent: RaiseProfile) -> tuple[SaidCall, ...]:
    """Not in one word: with a network profile, its place in the order, and a restart (A05, B09, B10)."""
    return ()


def _network(version: str, intent: OfferNetwork) -> tuple[SaidCall, ...]:
    """`version` is for show: a station chooses by subprotocol."""
    data = {
        "ocppVersion": version,
        "ocppTransport": "JSON",
        "ocppCsmsUrl": intent.url,
        "messageTimeout": _PATIENCE,
        "securityProfile": int(intent.profile),
        "ocppInterface": intent.interface,
    }
    return (SaidCall("SetNetworkProfile", {"configurationSlot": intent.slot, "connectionData": data}),)


def _order(intent: PreferNetworks) -> tuple[SaidCall, ...]:
    component, name, _ = _VARIABLES[Reading.NETWORKS]
    row = {**_variable(component, name), "attributeValue": ",".join(map(str, intent.slots))}
    return (SaidCall("SetVariables", {"setVariableData": [row]}),)


def _restart(_intent: Restart) -> tuple[SaidCall, ...]:
    return (SaidCall("Reset", {"type": "OnIdle"}),)


def _variable(component: str, name: str, attribute: str | None = None) -> dict[str, Any]:
    row: dict[str, Any] = {"component": {"name": component}, "variable": {"name": name}}
    return row if attribute is None else {**row, "attributeType": attribute}


def _read_list(words: CertificateWords, call: SaidCall, payload: Mapping[str, Any]) -> IntentAnswer:
    answer = read_status(call, payload)
    if answer.outcome is Outcome.NOT_FOUND:
        return IntentAnswer(Outcome.ACCEPTED)  # it holds none: a whole answer
    entries = payload.get("certificateHashDataChain")
    if answer.outcome is not Outcome.ACCEPTED:
        return answer
    if not isinstance(entries, list) or len(entries) > MOST_LISTED:
        return UNREADABLE
    uses = {word: use for use, word in words.listed.items()}
    found = [_installed(entry, uses) for entry in entries]
    installed = tuple(one for one in found if one is not None)
    return IntentAnswer(Outcome.ACCEPTED, "", installed) if len(installed) == len(found) else UNREADABLE


def _installed(entry: object, uses: Mapping[str, AnchorUse]) -> InstalledCertificate | None:
    if not isinstance(entry, Mapping):
        return None
    word, below = entry.get("certificateType"), entry.get("childCertificateHashData", [])
    use = uses.get(word) if isinstance(word, str) else None
    certificate = read_hash_data(entry.get("certificateHashData"))
    if use is None or certificate is None or not isinstance(below, list):
        return None
    children = [read_hash_data(child) for child in below[:MOST_LISTED]]
    return InstalledCertificate(use, certificate, tuple(child for child in children if child is not None))


def _read_row(payload: Mapping[str, Any], at: str) -> tuple[IntentAnswer, Mapping[str, Any]]:
    """The one row of an answer by rows, and what its status says."""
    rows = payload.get(at)
    row = rows[0] if isinstance(rows, list) and len(rows) == 1 else None
    if not isinstance(row, Mapping):
        return UNREADABLE, {}
    return status_of(row.get("attributeStatus"), row.get("attributeStatusInfo")), row


def _read_setting(_call: SaidCall, payload: Mapping[str, Any]) -> IntentAnswer:
    return _read_row(payload, "setVariableResult")[0]


def _read_fact(call: SaidCall, payload: Mapping[str, Any]) -> IntentAnswer:
    """A variable that the station does not know, or does not tell, is left out."""
    answer, row = _read_row(payload, "getVariableResult")
    if answer.outcome in (Outcome.UNSUPPORTED, Outcome.REJECTED):
        return IntentAnswer(Outcome.ACCEPTED)
    value = row.get("attributeValue")
    if answer.outcome is not Outcome.ACCEPTED or not isinstance(value, str):
        return answer
    asked = call.payload["getVariableData"][0]["variable"]["name"]
    return replace(answer, readings=(ReadingTold(_READING_OF[asked], value),))


def _sayings(words: CertificateWords, version: str) -> Sayings:
    speech = _Speech(words)
    return {
        RequestCsr: Saying(speech.trigger, read_status),
        InstallCertificate: Saying(speech.certificate, read_status),
        InstallTrustAnchor: Saying(speech.anchor, read_status),
        RemoveTrustAnchor: Saying(_removal, read_status),
        ListTrustAnchors: Saying(speech.list_of, partial(_read_list, words)),
        SetOrganisation: Saying(_organisation, _read_setting),
        ReadFacts: Saying(_facts, _read_fact),
        Restart: Saying(_restart, read_status),
        RaiseProfile: Saying(_profile, read_status),
        OfferNetwork: Saying(partial(_network, version), read_status),
        PreferNetworks: Saying(_order, _read_setting),
    }


INTENTS_V201: Final = _sayings(WORDS_V201, "OCPP20")
INTENTS_V21: Final = _sayings(WORDS_V21, "OCPP21")
