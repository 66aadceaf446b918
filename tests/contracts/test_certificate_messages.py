"""Whose a message about certificates is, asked of all three dialects; and what a request says."""

from __future__ import annotations

from typing import Any

import pytest

from voltward.domain.call_purpose import CallPurpose
from voltward.domain.intents import AnchorUse, CertificateUse
from voltward.ocpp import DIALECTS, Dialect
from voltward.ocpp.certificate_facts import Matter
from voltward.ocpp.schema_files import SchemaFiles
from voltward.ocpp.validation import Validation

OLD, MIDDLE, NEW = "ocpp1.6", "ocpp2.0.1", "ocpp2.1"
LINK, UNNAMED, OTHER, UNREADABLE = Matter.LINK, Matter.UNNAMED, Matter.OTHER, Matter.UNREADABLE
HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "ab", "issuerKeyHash": "cd", "serialNumber": "00a1"}

pytestmark = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.subprotocol)

#: purpose, payload, whose it is in each version
MESSAGES: list[tuple[CallPurpose, dict[str, Any], tuple[Matter, Matter, Matter]]] = [
    (CallPurpose.CSR, {"csr": "x"}, (LINK, UNNAMED, UNNAMED)),
    (CallPurpose.CSR, {"csr": "x", "certificateType": "ChargingStationCertificate"}, (LINK, LINK, LINK)),
    (CallPurpose.CSR, {"csr": "x", "certificateType": "V2GCertificate"}, (LINK, OTHER, OTHER)),
    (CallPurpose.CSR, {"csr": "x", "certificateType": "V2G20Certificate"}, (LINK, OTHER, OTHER)),
    (CallPurpose.CSR, {"csr": "x", "certificateType": 5}, (LINK, UNREADABLE, UNREADABLE)),
    (
        CallPurpose.CERTIFICATE,
        {"certificateChain": "x", "CertificateType": "V2GCertificate"},
        (LINK, UNREADABLE, UNREADABLE),
    ),
    (
        CallPurpose.CERTIFICATE,
        {"certificateChain": "x", "certificateType": "charging-station certificate"},
        (LINK, LINK, LINK),
    ),
    (CallPurpose.TRIGGER, {"requestedMessage": "BootNotification"}, (OTHER, OTHER, OTHER)),
    (CallPurpose.TRIGGER, {"requestedMessage": "SignChargePointCertificate"}, (LINK, OTHER, OTHER)),
    (CallPurpose.TRIGGER, {"requestedMessage": "SignChargingStationCertificate"}, (OTHER, LINK, LINK)),
    (CallPurpose.TRIGGER, {"requestedMessage": "SignCombinedCertificate"}, (OTHER, LINK, LINK)),
    (CallPurpose.TRIGGER, {"requestedMessage": "SignV2GCertificate"}, (OTHER, OTHER, OTHER)),
    (CallPurpose.TRIGGER, {}, (UNREADABLE, UNREADABLE, UNREADABLE)),
    (CallPurpose.ANCHOR, {"certificateType": "CentralSystemRootCertificate"}, (LINK, OTHER, OTHER)),
    (CallPurpose.ANCHOR, {"certificateType": "CSMSRootCertificate"}, (OTHER, LINK, LINK)),
    (CallPurpose.ANCHOR, {"certificateType": "ManufacturerRootCertificate"}, (OTHER, OTHER, OTHER)),
    (CallPurpose.ANCHOR, {"certificateType": "V2GRootCertificate"}, (OTHER, OTHER, OTHER)),
    (CallPurpose.ANCHOR, {}, (UNREADABLE, UNREADABLE, UNREADABLE)),
    (CallPurpose.ANCHOR_REMOVAL, {"certificateHashData": HASH}, (LINK, LINK, LINK)),
    (CallPurpose.ANCHOR_REMOVAL, {"certificateHashData": {}}, (UNREADABLE, UNREADABLE, UNREADABLE)),
    (CallPurpose.RESET, {}, (OTHER, OTHER, OTHER)),
]


@pytest.mark.parametrize(("purpose", "payload", "whose"), MESSAGES, ids=range(len(MESSAGES)))
def test_a_message_is_ours_by_its_purpose_and_its_type(
    dialect: Dialect, purpose: CallPurpose, payload: dict[str, Any], whose: tuple[Matter, Matter, Matter]
) -> None:
    expected = whose[[OLD, MIDDLE, NEW].index(dialect.subprotocol)]

    assert dialect.certificates.matter(purpose, payload) is expected


def test_a_request_says_what_its_version_can_say(dialect: Dialect) -> None:
    payload = {
        "csr": "pem",
        "certificateType": "ChargingStationCertificate",
        "requestId": 7,
        "hashRootCertificate": HASH,
    }

    facts = dialect.certificates.csr(payload)

    assert facts is not None
    assert facts.csr == "pem"
    assert facts.use is (None if dialect.subprotocol == OLD else CertificateUse.CSMS_LINK)
    assert facts.request_id == (7 if dialect.subprotocol == NEW else None)
    assert (facts.issuing_root is not None) == (dialect.subprotocol == NEW)


@pytest.mark.parametrize("payload", [{}, {"csr": ""}, {"csr": 5}, {"csr": "a", "CSR": "b"}])
def test_a_request_without_a_request_is_none(dialect: Dialect, payload: dict[str, Any]) -> None:
    assert dialect.certificates.csr(payload) is None


def test_what_is_to_be_trusted_or_forgotten_is_read(dialect: Dialect) -> None:
    word = dialect.certificates.words.anchors[AnchorUse.CSMS]
    anchor = dialect.certificates.anchor({"certificateType": word, "certificate": "pem"})
    removed = dialect.certificates.removed({"certificateHashData": HASH})

    assert anchor is not None
    assert (anchor.use, anchor.certificate) == (AnchorUse.CSMS, "pem")
    assert dialect.certificates.anchor({"certificateType": word, "certificate": 5}) is None
    assert removed is not None
    assert removed.serial == "a1"


def test_a_refusal_says_why_where_there_is_room_for_it(dialect: Dialect) -> None:
    validation = Validation(SchemaFiles(dialect.schemas.folder, dialect.schemas.call_suffix), {})
    for action in dialect.named_values.refusals:
        refusal = dialect.refusal(action, "NotEnabled", "the security gateway does this")

        assert validation.flaw_of_answer(action, refusal) is None, action
        assert ("statusInfo" in refusal) == (dialect.subprotocol != OLD)
