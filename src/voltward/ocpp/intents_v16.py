"""How intents are said in 1.6 with the security whitepaper."""

from __future__ import annotations

from collections.abc import Mapping
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
from voltward.ocpp.intent_answers import UNREADABLE, SaidCall, Saying, Sayings, read_status
from voltward.ocpp.names import fold

MOST_LISTED: Final = 1000  # certificates of one answer; no store holds so many

_ROOTS: Final = {
    AnchorUse.CSMS: "CentralSystemRootCertificate",
    AnchorUse.MANUFACTURER: "ManufacturerRootCertificate",
}
_USE_OF: Final = {word: use for use, word in _ROOTS.items()}
WORDS_V16: Final = CertificateWords(
    uses={},
    unnamed=frozenset({None, CertificateUse.CSMS_LINK}),
    triggers={CertificateUse.CSMS_LINK: "SignChargePointCertificate"},
    anchors=_ROOTS,
    listed=_ROOTS,
)

# The last two come with the application note on Plug & Charge; stations have them without it, too.
_KEYS: Final = {
    Reading.ORGANISATION: "CpoName",
    Reading.CHAIN_SIZE: "CertificateSignedMaxChainSize",
    Reading.ANCHOR_PLACES: "CertificateStoreMaxLength",
    Reading.ADDITIONAL_ROOT_CHECK: "AdditionalRootCertificateCheck",
    Reading.SIGNING_WAIT: "CertSigningWaitMinimum",
    Reading.SIGNING_REPEATS: "CertSigningRepeatTimes",
}
_READING_OF: Final = {fold(key): reading for reading, key in _KEYS.items()}


def _trigger(intent: RequestCsr) -> tuple[SaidCall, ...]:
    word = WORDS_V16.triggers.get(intent.use)
    return (SaidCall("ExtendedTriggerMessage", {"requestedMessage": word}),) if word is not None else ()


def _certificate(intent: InstallCertificate) -> tuple[SaidCall, ...]:
    if intent.use not in WORDS_V16.unnamed:
        return ()
    return (SaidCall("CertificateSigned", {"certificateChain": intent.chain_pem}),)


def _anchor(intent: InstallTrustAnchor) -> tuple[SaidCall, ...]:
    word = _ROOTS.get(intent.use)
    if word is None:
        return ()
    return (SaidCall("InstallCertificate", {"certificateType": word, "certificate": intent.certificate_pem}),)


def _removal(intent: RemoveTrustAnchor) -> tuple[SaidCall, ...]:
    return (SaidCall("DeleteCertificate", {"certificateHashData": hash_data(intent.certificate)}),)


def _list(intent: ListTrustAnchors) -> tuple[SaidCall, ...]:
    """Exactly one type must be named: everything takes two calls."""
    uses = tuple(_ROOTS) if intent.use is None else (intent.use,)
    words = [_ROOTS[use] for use in uses if use in _ROOTS]
    return tuple(SaidCall("GetInstalledCertificateIds", {"certificateType": word}) for word in words)


def _organisation(intent: SetOrganisation) -> tuple[SaidCall, ...]:
    return (SaidCall("ChangeConfiguration", {"key": "CpoName", "value": intent.name}),)


def _facts(intent: ReadFacts) -> tuple[SaidCall, ...]:
    keys = [_KEYS[reading] for reading in intent.readings if reading in _KEYS]
    return (SaidCall("GetConfiguration", {"key": keys}),) if keys else ()  # no key at all would mean all


def _restart(_intent: Restart) -> tuple[SaidCall, ...]:
    """There is no "when nobody charges" here: a soft reset ends transactions in order, and reboots."""
    return (SaidCall("Reset", {"type": "Soft"}),)


def _profile(intent: RaiseProfile) -> tuple[SaidCall, ...]:
    return (SaidCall("ChangeConfiguration", {"key": "SecurityProfile", "value": str(int(intent.profile))}),)


def _no_networks(_intent: OfferNetwork | PreferNetworks) -> tuple[SaidCall, ...]:
    """Network profiles are the newer versions': here, a station's profile is raised in one word."""
    return ()


def _read_list(call: SaidCall, payload: Mapping[str, Any]) -> IntentAnswer:
    answer = read_status(call, payload)
    if answer.outcome is Outcome.NOT_FOUND:
        return IntentAnswer(Outcome.ACCEPTED)  # it holds none: a whole answer
    entries = payload.get("certificateHashData")
    if answer.outcome is not Outcome.ACCEPTED:
        return answer
    if not isinstance(entries, list) or len(entries) > MOST_LISTED:
        return UNREADABLE
    use = _USE_OF[call.payload["certificateType"]]
    found = [read_hash_data(entry) for entry in entries]
    installed = tuple(InstalledCertificate(use, one) for one in found if one is not None)
    return IntentAnswer(Outcome.ACCEPTED, "", installed) if len(installed) == len(found) else UNREADABLE


def _read_facts(_call: SaidCall, payload: Mapping[str, Any]) -> IntentAnswer:
    rows = payload.get("configurationKey", [])
    if not isinstance(rows, list):
        return UNREADABLE
    told: dict[Reading, str] = {}
    for row in rows:
        key, value = (row.get("key"), row.get("value")) if isinstance(row, Mapping) else (None, None)
        reading = _READING_OF.get(fold(key)) if isinstance(key, str) else None
        if reading is not None and isinstance(value, str):
            told.setdefault(reading, value)
    return IntentAnswer(Outcome.ACCEPTED, readings=tuple(ReadingTold(r, value) for r, value in told.items()))


INTENTS_V16: Final[Sayings] = {
    RequestCsr: Saying(_trigger, read_status),
    InstallCertificate: Saying(_certificate, read_status),
    InstallTrustAnchor: Saying(_anchor, read_status),
    RemoveTrustAnchor: Saying(_removal, read_status),
    ListTrustAnchors: Saying(_list, _read_list),
    SetOrganisation: Saying(_organisation, read_status),
    ReadFacts: Saying(_facts, _read_facts),
    Restart: Saying(_restart, read_status),
    RaiseProfile: Saying(_profile, read_status),
    OfferNetwork: Saying(_no_networks, read_status),
    PreferNetworks: Saying(_no_networks, read_status),
}
