"""The wrappings that stations were seen to use, and those that are refused by name."""

from __future__ import annotations

import base64
import textwrap
from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.certificates import self_signed
from tests.fakes.signing_requests import request_pem, written
from voltward.crypto.requests.csr_problems import CsrFault, CsrProblem
from voltward.crypto.requests.request_text import LARGEST_REQUEST, Unwrapped, unwrap_request

DER = written()
LETTERS = base64.b64encode(DER).decode()
LINES = "\n".join(textwrap.wrap(LETTERS, 64))
BEGIN, END = "-----BEGIN CERTIFICATE REQUEST-----", "-----END CERTIFICATE REQUEST-----"
PEM = f"{BEGIN}\n{LINES}\n{END}\n"
HEX = DER.hex()

PLAIN = {
    "as the standard wants it": PEM,
    "CRLF": PEM.replace("\n", "\r\n"),
    "CR alone": PEM.replace("\n", "\r"),
    "without a final line end": PEM.strip(),
    "one long line": f"{BEGIN}\n{LETTERS}\n{END}",
    "lines of 76": f"{BEGIN}\n" + "\n".join(textwrap.wrap(LETTERS, 76)) + f"\n{END}",
    "lines of 1": f"{BEGIN}\n" + "\n".join(LETTERS) + f"\n{END}",
    "blanks for line ends": PEM.replace("\n", " "),
    "nothing for line ends": PEM.replace("\n", ""),
    "tabs and indentation": PEM.replace("\n", "\n\t  "),
    "the label of old tools": PEM.replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"),
    "text behind": PEM + "sent by fw 1.2",
    "a byte order mark": "\ufeff" + PEM,
    "quotes around": f'"{PEM}"',
    "a terminator of C": PEM + "\0",
    "no padding": f"{BEGIN}\n{LETTERS.rstrip('=')}\n{END}",
    "headers in the armour": f"{BEGIN}\nComment: from fw 1.2\n\n{LINES}\n{END}",
    "octets": PEM.encode(),
}
ODD = {
    "line ends written out": PEM.replace("\n", "\\n"),
    "line ends written out twice": PEM.replace("\n", "\\\\n"),
    "both written out": PEM.replace("\n", "\\r\\n"),
    "strokes escaped": PEM.replace("/", "\\/").replace("\n", "\\n"),
    "another label": PEM.replace("CERTIFICATE REQUEST", "PKCS10"),
    "text before": "Certificate Request:\n" + PEM,
    "no end": f"{BEGIN}\n{LINES}\n",
    "Base64 alone": LETTERS,
    "Base64 in lines": LINES,
    "Base64 for URLs": base64.urlsafe_b64encode(DER).decode(),
    "hexadecimal": HEX,
    "hexadecimal in capitals": HEX.upper(),
    "hexadecimal with a prefix": f"0x{HEX}",
    "hexadecimal with colons": DER.hex(":"),
    "hexadecimal in lines": "\n".join(textwrap.wrap(HEX, 64)),
    "DER": DER,
}


@pytest.mark.parametrize("how", PLAIN)
def test_it_is_found_and_nothing_is_odd(how: str) -> None:
    assert unwrap_request(PLAIN[how]) == Unwrapped(DER)


@pytest.mark.parametrize("how", ODD)
def test_it_is_found_and_the_oddity_is_told(how: str) -> None:
    found = unwrap_request(ODD[how])

    assert isinstance(found, Unwrapped)
    assert found.octets == DER
    assert found.oddities


@pytest.mark.parametrize(
    ("sent", "fault"),
    [
        ("", CsrFault.EMPTY),
        (" \r\n\0", CsrFault.EMPTY),
        (b"", CsrFault.EMPTY),
        ("A" * (LARGEST_REQUEST + 1), CsrFault.TOO_LARGE),
        (PEM + PEM, CsrFault.SEVERAL),
        (self_signed().certificate_pem.decode(), CsrFault.CERTIFICATE),
        (self_signed().key_pem.decode(), CsrFault.PRIVATE_KEY),
        ("-----BEGIN EC PRIVATE KEY-----\nMHc=\n-----END EC PRIVATE KEY-----", CsrFault.PRIVATE_KEY),
        ("please sign this", CsrFault.NO_ENCODING),
        ("Prüfung", CsrFault.NO_ENCODING),
        (f"{BEGIN}\n***\n{END}", CsrFault.NO_ENCODING),
        (base64.b64encode(PEM.encode()).decode(), CsrFault.NO_ENCODING),
    ],
)
def test_what_is_no_request_is_refused_by_name(sent: str | bytes, fault: CsrFault) -> None:
    found = unwrap_request(sent)

    assert isinstance(found, CsrProblem)
    assert found.fault is fault


def test_the_bound_is_the_callers() -> None:
    assert isinstance(unwrap_request(PEM, len(PEM)), Unwrapped)
    assert isinstance(unwrap_request(PEM, len(PEM) - 1), CsrProblem)


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_nothing_that_is_sent_raises(sent: str | bytes) -> None:
    assert isinstance(unwrap_request(sent), Unwrapped | CsrProblem)


@pytest.mark.parametrize(
    "piece", ["-", "- ", "-----BEGIN ", "\\", "a", "0", ":", "A:\n", "\n", "-----BEGIN A"]
)
def test_no_text_makes_it_slow(piece: str) -> None:
    for text in (piece * LARGEST_REQUEST, BEGIN + piece * LARGEST_REQUEST):
        started = thread_time()
        unwrap_request(text[:LARGEST_REQUEST])

        assert thread_time() - started < 0.5


def test_a_library_s_request_is_found() -> None:
    assert isinstance(unwrap_request(request_pem()), Unwrapped)
