from __future__ import annotations

import pytest

from voltward.domain.errors import StationFault
from voltward.wire.tls_failure import TlsFailure, ends_with_alert, name_reason, refusal_of_ours

ALERT = b"\x15\x03\x03\x00\x02\x02\x28"
ENCRYPTED_ALERT = b"\x17\x03\x03\x00\x13" + bytes(19)
FLIGHT = b"\x16\x03\x03\x00\x05hello"


def test_a_failure_is_the_peers_and_says_why() -> None:
    failure = TlsFailure("no shared cipher", alert_sent=True, certificate=b"der")
    assert isinstance(failure, StationFault)
    assert str(failure) == "TLS failed: no shared cipher"
    assert (failure.reason, failure.alert_sent, failure.certificate) == ("no shared cipher", True, b"der")


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ([("SSL routines", "", "unsupported protocol")], "unsupported protocol"),
        ([("rsa routines", "", "padding"), ("SSL routines", "", "bad signature")], "bad signature"),
        (
            [("SSL routines", "", "bad record mac"), ("SSL routines", "", "record layer failure")],
            "bad record mac",
        ),
        ([("SSL routines", "", ""), ("x509", "", "first"), ("asn1", "", "second")], "second"),
        ([], "unknown"),
    ],
)
def test_the_reason_is_what_tls_says_first(entries: list[tuple[str, str, str]], reason: str) -> None:
    assert name_reason(entries) == reason


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (b"", False),
        (ALERT, True),
        (FLIGHT + ALERT, True),
        (ENCRYPTED_ALERT, True),
        (ALERT + FLIGHT, False),
        (FLIGHT, False),
        (b"\x17\x03\x03\x00\x14" + bytes(20), False),
    ],
)
def test_an_alert_counts_when_it_comes_last(output: bytes, expected: bool) -> None:
    assert ends_with_alert(output) is expected


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("tlsv1 alert unknown ca", "does not know the authority"),
        ("ssl/tls alert certificate expired", "by its clock"),
        ("sslv3 alert bad certificate", "cannot use"),
    ],
)
def test_note_23_a_peer_that_refuses_our_certificate_is_told_from_others(reason: str, words: str) -> None:
    assert words in refusal_of_ours(reason)


@pytest.mark.parametrize("reason", ["no shared cipher", "tlsv1 alert protocol version", "unknown ca", ""])
def test_other_failures_are_no_refusals_of_ours(reason: str) -> None:
    assert refusal_of_ours(reason) == ""
