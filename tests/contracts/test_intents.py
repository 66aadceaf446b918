"""Every intent, said by all three dialects and answered; the published schemas are the referee."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voltward.domain.intents import (
    AnchorUse,
    CertificateHash,
    CertificateUse,
    HashAlgorithm,
    InstallCertificate,
    InstallTrustAnchor,
    Intent,
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
from voltward.domain.security_profile import SecurityProfile
from voltward.ocpp import DIALECTS, Dialect, frames
from voltward.ocpp.frame_limits import FrameLimits
from voltward.ocpp.frames import CallError, CallResult, parse_frame
from voltward.ocpp.intent_answers import SaidCall
from voltward.ocpp.validation import Validation

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
HASH = CertificateHash(HashAlgorithm.SHA384, "aB" * 48, "cd" * 48, "fff")
OLD, MIDDLE, NEW = "ocpp1.6", "ocpp2.0.1", "ocpp2.1"
ALL = {OLD, MIDDLE, NEW}

#: (an intent, who can say it)
INTENTS: list[tuple[Intent, set[str]]] = [
    (RequestCsr(), ALL),
    (RequestCsr(CertificateUse.V2G), {MIDDLE, NEW}),
    (RequestCsr(CertificateUse.COMBINED), {MIDDLE, NEW}),
    (RequestCsr(CertificateUse.V2G_20), {NEW}),
    (InstallCertificate(PEM), ALL),
    (InstallCertificate(PEM, None), ALL),
    (InstallCertificate(PEM, None, 7), ALL),
    (InstallCertificate(PEM, CertificateUse.V2G, 7), {MIDDLE, NEW}),
    (InstallCertificate(PEM, CertificateUse.COMBINED), {MIDDLE, NEW}),
    (InstallCertificate(PEM, CertificateUse.V2G_20), {NEW}),
    (InstallTrustAnchor(AnchorUse.CSMS, PEM), ALL),
    (InstallTrustAnchor(AnchorUse.MANUFACTURER, PEM), ALL),
    (InstallTrustAnchor(AnchorUse.V2G, PEM), {MIDDLE, NEW}),
    (InstallTrustAnchor(AnchorUse.MO, PEM), {MIDDLE, NEW}),
    (InstallTrustAnchor(AnchorUse.OEM, PEM), {NEW}),
    (InstallTrustAnchor(AnchorUse.V2G_CHAIN, PEM), set()),
    (RemoveTrustAnchor(HASH), ALL),
    (ListTrustAnchors(), ALL),
    (ListTrustAnchors(AnchorUse.CSMS), ALL),
    (ListTrustAnchors(AnchorUse.V2G_CHAIN), {MIDDLE, NEW}),
    (ListTrustAnchors(AnchorUse.OEM), {NEW}),
    (SetOrganisation("Example CPO"), ALL),
    (ReadFacts((Reading.ORGANISATION, Reading.CHAIN_SIZE)), ALL),
    (ReadFacts(tuple(Reading)), ALL),
    (Restart(), ALL),
    (RaiseProfile(SecurityProfile.TLS_CERTIFICATE), {OLD}),
    (ReadFacts((Reading.NETWORKS,)), {MIDDLE, NEW}),
    (OfferNetwork(2, "wss://csms.example/ocpp", SecurityProfile.TLS_CERTIFICATE, "Wired0"), {MIDDLE, NEW}),
    (PreferNetworks((2, 1)), {MIDDLE, NEW}),
]

pytestmark = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.subprotocol)


@cache
def validation(dialect_name: str) -> Validation:
    return Validation(DIALECTS[dialect_name].schemas, {})


def result(payload: Mapping[str, Any]) -> CallResult:
    frame = parse_frame(frames.call_result("1", payload), FrameLimits())
    assert isinstance(frame, CallResult)
    return frame


def fault(code: str) -> CallError:
    frame = parse_frame(frames.call_error("1", code, "why\n"), FrameLimits())
    assert isinstance(frame, CallError)
    return frame


def answered(dialect: Dialect, call: SaidCall, **members: object) -> Mapping[str, Any]:
    """An answer that the published schema accepts, or the test is wrong."""
    flaw = validation(dialect.subprotocol).flaw_of_answer(call.action, members)
    assert flaw is None, flaw
    return members


def test_every_intent_has_a_row_in_its_table(dialect: Dialect) -> None:
    assert set(dialect.intents) == set(get_args(Intent)) == {type(intent) for intent, _ in INTENTS}


@pytest.mark.parametrize(("intent", "by"), INTENTS, ids=range(len(INTENTS)))
def test_an_intent_is_said_as_the_schema_wants_it_or_not_at_all(
    dialect: Dialect, intent: Intent, by: set[str]
) -> None:
    calls = dialect.say(intent)

    assert bool(calls) == (dialect.subprotocol in by)
    for call in calls:
        assert validation(dialect.subprotocol).flaw_of_call(call.action, dict(call.payload)) is None


def test_a_certificate_carries_the_type_and_the_id_of_its_request(dialect: Dialect) -> None:
    (named,) = dialect.say(InstallCertificate(PEM, CertificateUse.CSMS_LINK, 7))
    (unnamed,) = dialect.say(InstallCertificate(PEM, None))

    assert named.payload.get("requestId") == (7 if dialect.subprotocol == NEW else None)
    assert ("certificateType" in named.payload) == (dialect.subprotocol != OLD)
    assert unnamed.payload == {"certificateChain": PEM}


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("Accepted", Outcome.ACCEPTED), ("Rejected", Outcome.REJECTED), ("Failed", Outcome.FAILED)],
)
def test_a_status_is_an_outcome(dialect: Dialect, status: str, outcome: Outcome) -> None:
    intent = InstallTrustAnchor(AnchorUse.CSMS, PEM)
    (call,) = dialect.say(intent)

    answer = dialect.read_answer(intent, call, result(answered(dialect, call, status=status)))

    assert (answer.outcome, answer.words) == (outcome, "")


def test_a_reason_is_heard_where_the_version_has_one(dialect: Dialect) -> None:
    intent = InstallCertificate(PEM)
    (call,) = dialect.say(intent)
    said: dict[str, Any] = {"status": "Rejected"}
    if dialect.gives_reasons:
        said["statusInfo"] = {"reasonCode": "InvalidCertificate", "additionalInfo": "too long"}

    answer = dialect.read_answer(intent, call, result(answered(dialect, call, **said)))

    assert answer.words == ("InvalidCertificate: too long" if dialect.gives_reasons else "")


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("NotImplemented", Outcome.UNSUPPORTED),
        ("NotSupported", Outcome.UNSUPPORTED),
        ("InternalError", Outcome.ERROR),
    ],
)
def test_an_error_says_that_a_station_cannot_or_that_it_failed(
    dialect: Dialect, code: str, outcome: Outcome
) -> None:
    intent = RequestCsr()
    (call,) = dialect.say(intent)

    answer = dialect.read_answer(intent, call, fault(code))

    assert (answer.outcome, answer.words) == (outcome, f"{code}: why?")


def test_the_organisation_may_need_a_restart(dialect: Dialect) -> None:
    intent = SetOrganisation("Example CPO")
    (call,) = dialect.say(intent)
    row = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "OrganizationName"}}

    def said(status: str) -> Outcome:
        told: dict[str, Any] = (
            {"status": status}
            if dialect.subprotocol == OLD
            else {"setVariableResult": [{"attributeStatus": status, **row}]}
        )
        return dialect.read_answer(intent, call, result(answered(dialect, call, **told))).outcome

    unknown = "NotSupported" if dialect.subprotocol == OLD else "UnknownVariable"
    assert [said("RebootRequired"), said(unknown)] == [Outcome.NEEDS_RESTART, Outcome.UNSUPPORTED]


def wire_hash(serial: str) -> dict[str, str]:
    return {
        "hashAlgorithm": "SHA384",
        "issuerNameHash": "aB" * 48,
        "issuerKeyHash": "cd" * 48,
        "serialNumber": serial,
    }


def test_what_is_installed_is_listed_whole(dialect: Dialect) -> None:
    intent = ListTrustAnchors()
    answers = []
    for call in dialect.say(intent):
        if dialect.subprotocol == OLD:
            mine = call.payload["certificateType"] == "CentralSystemRootCertificate"
            told: dict[str, Any] = (
                {"status": "Accepted", "certificateHashData": [wire_hash("0FFF"), wire_hash("1")]}
                if mine
                else {"status": "NotFound"}
            )
        else:
            entry = {"certificateType": "CSMSRootCertificate", "certificateHashData": wire_hash("0FFF")}
            chain = {
                "certificateType": "V2GCertificateChain",
                "certificateHashData": wire_hash("1"),
                "childCertificateHashData": [wire_hash("2")],
            }
            told = {"status": "Accepted", "certificateHashDataChain": [entry, chain]}
        answers.append(dialect.read_answer(intent, call, result(answered(dialect, call, **told))))

    whole = dialect.merge_answers(answers)

    assert whole.outcome is Outcome.ACCEPTED
    assert [one.certificate.serial for one in whole.installed] == ["FFF", "1"]
    assert whole.installed[0].use is AnchorUse.CSMS
    assert whole.installed[0].certificate.algorithm is HashAlgorithm.SHA384
    assert len(whole.installed[1].children) == (0 if dialect.subprotocol == OLD else 1)


def test_a_station_without_any_has_an_empty_list(dialect: Dialect) -> None:
    intent = ListTrustAnchors(AnchorUse.CSMS)
    (call,) = dialect.say(intent)

    answer = dialect.read_answer(intent, call, result(answered(dialect, call, status="NotFound")))

    assert (answer.outcome, answer.installed) == (Outcome.ACCEPTED, ())


def test_a_list_that_cannot_be_read_is_no_list(dialect: Dialect) -> None:
    intent = ListTrustAnchors(AnchorUse.CSMS)
    (call,) = dialect.say(intent)
    broken = {**wire_hash("1"), "hashAlgorithm": "MD5"}
    told = (
        {"status": "Accepted", "certificateHashData": [broken]}
        if dialect.subprotocol == OLD
        else {
            "status": "Accepted",
            "certificateHashDataChain": [
                {"certificateType": "CSMSRootCertificate", "certificateHashData": broken}
            ],
        }
    )

    assert dialect.read_answer(intent, call, result(told)).outcome is Outcome.ERROR
    assert dialect.read_answer(intent, call, result({"status": "Accepted"})).outcome is Outcome.ERROR


def test_facts_that_a_station_does_not_know_are_left_out(dialect: Dialect) -> None:
    intent = ReadFacts((Reading.ORGANISATION, Reading.ANCHOR_PLACES))
    answers = []
    for call in dialect.say(intent):
        if dialect.subprotocol == OLD:
            told: dict[str, Any] = {
                "configurationKey": [{"key": "CpoName", "readonly": False, "value": "Example CPO"}],
                "unknownKey": ["CertificateStoreMaxLength"],
            }
        else:
            (row,) = call.payload["getVariableData"]
            is_name = row["variable"]["name"] == "OrganizationName"
            value = (
                {"attributeStatus": "Accepted", "attributeValue": "Example CPO"}
                if is_name
                else {"attributeStatus": "NotSupportedAttributeType"}
            )
            told = {"getVariableResult": [{**row, **value}]}
        answers.append(dialect.read_answer(intent, call, result(answered(dialect, call, **told))))

    whole = dialect.merge_answers(answers)

    assert whole.outcome is Outcome.ACCEPTED
    assert whole.readings == (ReadingTold(Reading.ORGANISATION, "Example CPO"),)


MEMBERS = [
    "status", "statusInfo", "certificateHashData", "certificateHashDataChain", "certificateType", "key", "value",
    "configurationKey", "getVariableResult", "setVariableResult", "attributeStatus",
]  # fmt: skip


@settings(max_examples=60)
@given(data=st.data())
def test_no_answer_of_a_station_is_more_than_an_error(dialect: Dialect, data: st.DataObject) -> None:
    intent, by = data.draw(st.sampled_from(INTENTS))
    if dialect.subprotocol not in by:
        return
    words = st.sampled_from(["Accepted", "Rejected", "SHA256", "", "00"])
    keys: st.SearchStrategy[str] = st.sampled_from(MEMBERS)
    anything = st.recursive(
        st.none() | st.integers(-9, 9) | words,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=8,
    )
    payload = data.draw(st.dictionaries(keys, anything, max_size=4))
    call = data.draw(st.sampled_from(dialect.say(intent)))

    assert dialect.read_answer(intent, call, result(payload)).outcome in Outcome
