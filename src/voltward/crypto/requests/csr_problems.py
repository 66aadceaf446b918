"""Why a certificate signing request cannot be read: a word, a sentence, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class CsrFault(StrEnum):
    """What is wrong with what was sent. Words stay: they stand in journals."""

    EMPTY = "empty"
    TOO_LARGE = "too-large"
    NO_ENCODING = "no-encoding"
    SEVERAL = "several"
    CERTIFICATE = "certificate"
    PRIVATE_KEY = "private-key"
    CUT_SHORT = "cut-short"
    MALFORMED = "malformed"
    UNUSABLE_KEY = "unusable-key"


_SENTENCES: Mapping[CsrFault, str] = {
    CsrFault.EMPTY: "nothing was sent",
    CsrFault.TOO_LARGE: "it is larger than any request has to be",
    CsrFault.NO_ENCODING: "it is neither PEM, nor Base64, nor hexadecimal",
    CsrFault.SEVERAL: "it holds more than one request",
    CsrFault.CERTIFICATE: "it is a certificate, not a request for one",
    CsrFault.PRIVATE_KEY: "it holds a private key, which has to be taken as known to others now",
    CsrFault.CUT_SHORT: "it ends too early: a part was lost on its way",
    CsrFault.MALFORMED: "its structure is not that of a PKCS #10 request",
    CsrFault.UNUSABLE_KEY: "no certificate can be issued for its public key",
}
_MENDS: Mapping[CsrFault, str] = {
    CsrFault.TOO_LARGE: "Look at what the station sent; a request takes 400 to 2,000 octets.",
    CsrFault.PRIVATE_KEY: "Have the station make a new key, and ask its maker for another firmware.",
    CsrFault.CUT_SHORT: "Look for a limit on the size of messages between the station and here.",
    CsrFault.UNUSABLE_KEY: "Have the station make an RSA key of 2048 bits or an EC key on P-256.",
}
_ASK_THE_MAKER = "Ask the station again; if it sends the same, ask its maker for another firmware."


@dataclass(frozen=True, slots=True)
class CsrProblem:
    """Why a request cannot be read; `detail` is what was seen, short and printable."""

    fault: CsrFault
    detail: str = ""

    @property
    def sentence(self) -> str:
        """What is wrong, in words, as the rest of a sentence."""
        return f"{_SENTENCES[self.fault]} ({self.detail})" if self.detail else _SENTENCES[self.fault]

    @property
    def mend(self) -> str:
        """What to do about it."""
        return _MENDS.get(self.fault, _ASK_THE_MAKER)
