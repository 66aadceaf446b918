from __future__ import annotations

import json
from typing import Any

import pytest

from voltward.domain.call_purpose import CallPurpose
from voltward.ocpp.certificate_facts import CertificateFacts, Matter
from voltward.ocpp.intents_v2 import WORDS_V201
from voltward.ocpp.tunnel import Tunnel

VENDOR = "org.example.tunnel"
TUNNEL = Tunnel(
    "DataTransfer",
    VENDOR,
    {"SignCertificate": CallPurpose.CSR, "DeleteCertificate": CallPurpose.ANCHOR_REMOVAL},
    CertificateFacts(WORDS_V201),
)


def through(message: str, data: object, vendor: str = VENDOR) -> dict[str, Any]:
    return {"vendorId": vendor, "messageId": message, "data": data}


def test_a_message_inside_is_read_like_a_real_one() -> None:
    inner = {"csr": "pem", "certificateType": "V2GCertificate"}

    came = TUNNEL.unwrap(through("SignCertificate", json.dumps(inner)))

    assert came is not None
    assert (came.action, came.purpose, came.payload) == ("SignCertificate", CallPurpose.CSR, inner)
    assert TUNNEL.certificates.matter(came.purpose, inner) is Matter.OTHER


def test_sloppy_spelling_opens_the_tunnel_too() -> None:
    came = TUNNEL.unwrap(through("signcertificate", "{}", VENDOR.upper()))

    assert came is not None
    assert came.action == "SignCertificate"


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"vendorId": "com.other", "messageId": "SignCertificate", "data": "{}"},
        through("Authorize", "{}"),
        {"vendorId": VENDOR},
    ],
)
def test_other_vendors_and_other_messages_are_no_matter_of_ours(payload: dict[str, Any]) -> None:
    assert TUNNEL.unwrap(payload) is None


@pytest.mark.parametrize(
    "data", [None, 5, "", "[]", '{"csr":"a","csr":"b"}', '{"a":NaN}', "{" * 40, '{}],["', "\ud800"]
)
def test_what_cannot_be_read_for_sure_has_no_payload(data: object) -> None:
    came = TUNNEL.unwrap(through("SignCertificate", data))

    assert came is not None
    assert came.payload is None


def test_a_member_that_could_be_mistaken_makes_the_tunnel_unreadable() -> None:
    came = TUNNEL.unwrap({**through("SignCertificate", "{}"), "VendorID": "com.other"})
    twice = TUNNEL.unwrap({**through("SignCertificate", "{}"), "Data": "{}"})

    assert came is not None
    assert came.payload is None
    assert twice is not None
    assert twice.payload is None


def test_an_answer_travels_back_as_a_text() -> None:
    assert TUNNEL.wrap({"status": "Rejected"}) == {"status": "Accepted", "data": '{"status": "Rejected"}'}
