from __future__ import annotations

import json
from typing import Any

from voltward.domain.call_purpose import CallPurpose
from voltward.ocpp import DIALECTS, frames
from voltward.ocpp.certificate_calls import CertificateCall, read_certificate_call
from voltward.ocpp.certificate_facts import Matter
from voltward.ocpp.frame_limits import FrameLimits
from voltward.ocpp.frames import Call, CallResult, parse_frame

V16, V201 = DIALECTS["ocpp1.6"], DIALECTS["ocpp2.0.1"]
VENDOR = "org.openchargealliance.iso15118pnc"


def call(action: str, payload: dict[str, Any]) -> Call:
    frame = parse_frame(frames.call("1", action, payload), FrameLimits())
    assert isinstance(frame, Call)
    return frame


def through(message: str, payload: dict[str, Any]) -> CertificateCall | None:
    data = {"vendorId": VENDOR, "messageId": message, "data": json.dumps(payload)}
    return read_certificate_call(V16, call("DataTransfer", data))


def answer(payload: dict[str, Any]) -> CallResult:
    frame = parse_frame(frames.call_result("1", payload), FrameLimits())
    assert isinstance(frame, CallResult)
    return frame


def test_a_call_in_the_open_is_read_as_it_is() -> None:
    about = read_certificate_call(V201, call("SignCertificate", {"csr": "x"}))

    assert about is not None
    assert (about.purpose, about.matter) == (CallPurpose.CSR, Matter.UNNAMED)
    facts = about.csr()
    assert facts is not None
    assert facts.csr == "x"
    assert about.refusal("InvalidCSR", "no")["status"] == "Rejected"


def test_what_comes_through_the_tunnel_is_looked_at_like_the_real_one() -> None:
    link = through("SignCertificate", {"csr": "x", "certificateType": "ChargingStationCertificate"})
    cars = through("SignCertificate", {"csr": "x"})
    root = through("InstallCertificate", {"certificateType": "CSMSRootCertificate", "certificate": "pem"})

    assert link is not None
    assert link.matter is Matter.LINK
    assert json.loads(link.refusal("InvalidCSR", "no")["data"])["status"] == "Rejected"
    assert cars is not None
    assert cars.matter is Matter.OTHER
    assert root is not None
    assert root.matter is Matter.LINK
    assert root.anchor() is not None


def test_a_tunnel_that_cannot_be_read_hides_nothing() -> None:
    data = {"vendorId": VENDOR, "messageId": "DeleteCertificate", "data": "{"}
    about = read_certificate_call(V16, call("DataTransfer", data))

    assert about is not None
    assert about.matter is Matter.UNREADABLE
    assert (about.csr(), about.anchor(), about.removed()) == (None, None, None)


def test_other_data_transfers_are_nobodys_matter_here() -> None:
    assert read_certificate_call(V16, call("DataTransfer", {"vendorId": "com.example"})) is None


def test_an_answer_says_whether_it_was_done() -> None:
    about = read_certificate_call(V201, call("InstallCertificate", {}))

    assert about is not None
    assert about.was_accepted(answer({"status": "Accepted"}))
    assert not about.was_accepted(answer({"status": "Failed"}))
