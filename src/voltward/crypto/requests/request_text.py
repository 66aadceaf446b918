"""From what a station sends to the DER form of its request, through all the wrappings that were seen.

The standard wants PEM (A02.FR.03), and its first edition for the old version hexadecimal DER. Stations send
either, and PEM as their libraries and their JSON writers leave it: line ends written out, blanks for line
ends, no final line, other words in the armour, text around it, or the Base64 alone. What tells a request from
something else is its structure, which is read afterwards; so nothing is won by being strict here.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

from voltward.crypto.reading.der import SEQUENCE
from voltward.crypto.requests.csr_problems import CsrFault, CsrProblem

# RSA 4096 with every extension that was seen takes 2 KB; hexadecimal doubles it, and wrapping adds to that.
LARGEST_REQUEST: Final = 10_000

# Every repetition has a bound, so that no text makes a search slow.
_ARMOUR = re.compile(r"-{2,10}\s{0,4}BEGIN ([A-Z0-9 ]{1,40}?)\s{0,4}-{2,10}")
_END = re.compile(r"-{2,10}\s{0,4}END ")
_WRITTEN_OUT_END = re.compile(r"\\{1,8}(?:[rn]|u000[aAdD])")
_ESCAPED_STROKE = re.compile(r"\\{1,8}/")
_HEADER = re.compile(r"^[A-Za-z-]+:[^\n]*(?:\n|$)", re.MULTILINE)
_HEXADECIMAL = re.compile(r"(?:0[xX])?(?:[0-9A-Fa-f]{2}[:\s]*)+")
_REQUEST = frozenset({"CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"})


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """The octets that were wrapped, not yet understood, and what was odd about the wrapping."""

    octets: bytes
    oddities: tuple[str, ...] = ()


def unwrap_request(sent: str | bytes, largest: int = LARGEST_REQUEST) -> Unwrapped | CsrProblem:
    """Find the request in what was sent; `largest` is in octets, of what was sent. Never raises."""
    if len(sent) > largest:
        return CsrProblem(CsrFault.TOO_LARGE, f"{len(sent)} octets, and {largest} are accepted")
    if isinstance(sent, bytes):
        if _is_der(sent):
            return Unwrapped(sent, ("DER",))
        sent = sent.decode("latin-1")
    text = sent.replace("\ufeff", "").strip("\0 \t\r\n\"'")
    if not text:
        return CsrProblem(CsrFault.EMPTY)
    return _unwrap_text(text)


def _unwrap_text(text: str) -> Unwrapped | CsrProblem:
    oddities: list[str] = []
    if "\\" in text:
        oddities.append("line ends written out")
        text = _ESCAPED_STROKE.sub("/", _WRITTEN_OUT_END.sub("\n", text))
    found = list(_ARMOUR.finditer(text))
    if len(found) > 1:
        return CsrProblem(CsrFault.SEVERAL, f"{len(found)} blocks of PEM")
    if found:
        return _armoured(text, found[0], oddities)
    if _HEXADECIMAL.fullmatch(text):
        octets, form = bytes.fromhex(re.sub(r"^0[xX]|[:\s]", "", text)), "hexadecimal"
    else:
        octets, form = _from_base64(text) or b"", "Base64 without armour"
    if octets.startswith(b"-----BEGIN"):
        return CsrProblem(CsrFault.NO_ENCODING, "PEM that was put into Base64 once more")
    if octets[:1] != bytes([SEQUENCE]):  # many a word could be Base64
        return CsrProblem(CsrFault.NO_ENCODING)
    return Unwrapped(octets, (*oddities, form))


def _armoured(text: str, begin: re.Match[str], oddities: list[str]) -> Unwrapped | CsrProblem:
    label = begin[1]
    if label.endswith("PRIVATE KEY"):
        return CsrProblem(CsrFault.PRIVATE_KEY)
    if label.endswith("CERTIFICATE"):
        return CsrProblem(CsrFault.CERTIFICATE)
    body = text[begin.end() :]
    end = _END.search(body)
    if label not in _REQUEST:
        oddities.append("another label in the armour")
    if begin.start() > 0:
        oddities.append("text before the armour")
    if end is None:
        oddities.append("no end of the armour")
    octets = _from_base64(_HEADER.sub("", body[: end.start() if end else None].lstrip()))
    if octets is None:
        return CsrProblem(CsrFault.NO_ENCODING, "what stands in the armour is no Base64")
    return Unwrapped(octets, tuple(oddities))


def _from_base64(text: str) -> bytes | None:
    """Also with the alphabet for URLs, without its padding, and with a few stray blanks."""
    letters = "".join(text.split()).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True)
    except (binascii.Error, ValueError):  # the latter for letters outside of ASCII
        return None


def _is_der(octets: bytes) -> bool:
    """A sequence that says its length in more than one octet; in text a digit would stand there."""
    return len(octets) > 1 and octets[0] == SEQUENCE and octets[1] & 0x80 == 0x80
