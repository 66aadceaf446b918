"""X.501 names as stations write them: every string type, and text that does not keep to its own type.

A name here is only compared and shown; what we issue is written anew. So a text that breaks the rules of its
type is read as best it can be, and told as an oddity.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from voltward.crypto.reading.der import (
    SEQUENCE,
    SET,
    Element,
    MalformedDer,
    elements_in,
    expect,
    identifier_of,
)

COMMON_NAME: Final = "2.5.4.3"
ORGANISATION: Final = "2.5.4.10"

MOST_ATTRIBUTES: Final = 32
LONGEST_TEXT: Final = 256  # characters; X.520 bounds most attributes to 64

_PRINTABLE, _T61, _UNIVERSAL, _BMP = 0x13, 0x14, 0x1C, 0x1E
_ENCODINGS: Mapping[int, str] = {
    0x0C: "utf-8",
    0x12: "ascii",  # NumericString
    _PRINTABLE: "ascii",
    _T61: "latin-1",
    0x16: "ascii",  # IA5String
    0x1A: "ascii",  # VisibleString
    _UNIVERSAL: "utf-32-be",
    _BMP: "utf-16-be",
}
_NO_TEXT = Element(0x0C, b"", b"")
_PRINTABLE_LETTERS = re.compile(r"[A-Za-z0-9 '()+,./:=?-]*")
_SHORT: Mapping[str, str] = {
    COMMON_NAME: "CN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    ORGANISATION: "O",
    "2.5.4.11": "OU",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "emailAddress",
}


@dataclass(frozen=True, slots=True)
class DirectoryName:
    """The attributes of a name in their order, as (dotted type, text), and what was odd about them."""

    attributes: tuple[tuple[str, str], ...]
    oddities: tuple[str, ...] = ()

    def values(self, kind: str) -> tuple[str, ...]:
        """All texts of one type."""
        return tuple(text for found, text in self.attributes if found == kind)

    def __str__(self) -> str:
        """For people: `O=Example CPO, CN=SN-7`; bounded, and nothing that a terminal would obey."""
        told = ", ".join(f"{_SHORT.get(kind, kind)}={_shown(text)}" for kind, text in self.attributes)
        return told if len(told) <= LONGEST_TEXT else f"{told[:LONGEST_TEXT]}..."


def read_name(element: Element) -> DirectoryName:
    """A name from its DER form. MalformedDer where it is none, or larger than any name has to be."""
    attributes: list[tuple[str, str]] = []
    oddities: dict[str, None] = {}  # in order, each once
    for relative in elements_in(expect(element, SEQUENCE).content, MOST_ATTRIBUTES):
        for pair in elements_in(expect(relative, SET).content, MOST_ATTRIBUTES):
            kind, value = _pair(pair)
            text, oddity = _text_of(value)
            attributes.append((identifier_of(kind), text))
            if oddity:
                oddities[oddity] = None
    return DirectoryName(tuple(attributes), tuple(oddities))


def _pair(element: Element) -> tuple[Element, Element]:
    """Type and value of one attribute; some writers leave the value out where it is empty."""
    parts = elements_in(expect(element, SEQUENCE).content, 2)
    if not parts:
        raise MalformedDer("an attribute of a name is empty.")
    return parts[0], parts[1] if len(parts) == 2 else _NO_TEXT


def _text_of(value: Element) -> tuple[str, str]:
    """The text, cut to its bound, and what is odd about it."""
    encoding = _ENCODINGS.get(value.tag)
    if encoding is None:
        return value.content.hex()[:LONGEST_TEXT], "a name that is no text"
    oddity = "a text of the type T61String" if value.tag == _T61 else ""
    try:
        text = value.content.decode(encoding)
    except UnicodeDecodeError:
        text, oddity = _guessed(value.content), "a text that breaks the rules of its type"
    if value.tag == _PRINTABLE and not _PRINTABLE_LETTERS.fullmatch(text):
        oddity = "a text that breaks the rules of its type"
    if len(text) > LONGEST_TEXT:
        return f"{text[:LONGEST_TEXT]}...", "a text that was cut"
    return text, oddity


def _guessed(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _shown(text: str) -> str:
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)
