"""What a signing request asks for beside a subject and a key: extensions and other attributes, as names.

None of it is ever granted: what stands in a certificate is its profile's. So it is read to be recorded, and
what cannot be read is recorded as that. Values are kept of alternative names alone; a challenge password is a
secret of somebody's, and only its presence is told.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from voltward.crypto.reading.der import (
    BOOLEAN,
    OCTET_STRING,
    SEQUENCE,
    SET,
    Element,
    MalformedDer,
    elements_in,
    expect,
    identifier_of,
    only_element,
)

MOST_ATTRIBUTES: Final = 16
MOST_EXTENSIONS: Final = 32
MOST_NAMES: Final = 64
LONGEST_NAME: Final = 256

_EXTENSION_REQUESTS = frozenset({"1.2.840.113549.1.9.14", "1.3.6.1.4.1.311.2.1.14"})  # the latter Microsoft's
_BASIC_CONSTRAINTS = "2.5.29.19"
_ALTERNATIVE_NAMES = "2.5.29.17"
_NAMES: Mapping[str, str] = {
    "1.2.840.113549.1.9.1": "emailAddress",
    "1.2.840.113549.1.9.2": "unstructuredName",
    "1.2.840.113549.1.9.7": "challengePassword",
    "1.2.840.113549.1.9.8": "unstructuredAddress",
    "1.3.6.1.4.1.311.13.2.3": "osVersion",
    "1.3.6.1.4.1.311.21.20": "requestClientInfo",
    "1.3.6.1.4.1.311.13.2.2": "enrolmentProvider",
    "1.3.6.1.5.5.7.1.1": "authorityInfoAccess",
    "1.3.6.1.5.5.7.1.24": "tlsFeature",
    "2.16.840.1.113730.1.1": "nsCertType",
    "2.16.840.1.113730.1.13": "nsComment",
    "2.5.29.14": "subjectKeyIdentifier",
    "2.5.29.15": "keyUsage",
    _ALTERNATIVE_NAMES: "subjectAltName",
    "2.5.29.18": "issuerAltName",
    _BASIC_CONSTRAINTS: "basicConstraints",
    "2.5.29.30": "nameConstraints",
    "2.5.29.31": "crlDistributionPoints",
    "2.5.29.32": "certificatePolicies",
    "2.5.29.35": "authorityKeyIdentifier",
    "2.5.29.37": "extendedKeyUsage",
}
_TEXT_NAMES: Mapping[int, str] = {0x81: "email", 0x82: "dns", 0x86: "uri"}
_ADDRESS: Final = 0x87


@dataclass(frozen=True, slots=True)
class AskedBeyond:
    """Names of what was asked, each once, in order; alternative names as `dns:...`, `ip:...`."""

    asked: tuple[str, ...] = ()
    alternative_names: tuple[str, ...] = ()
    is_ca: bool = False  # it asks to become an authority


def read_asked(attributes: bytes) -> AskedBeyond:
    """From the content of a request's attributes. MalformedDer only where they are no attributes at all."""
    asked: dict[str, None] = {}
    names: list[str] = []
    is_ca = False
    for attribute in elements_in(attributes, MOST_ATTRIBUTES):
        parts = elements_in(expect(attribute, SEQUENCE).content, 2)
        kind = identifier_of(parts[0]) if parts else ""
        if kind not in _EXTENSION_REQUESTS:
            asked[_NAMES.get(kind, kind)] = None
            continue
        for extension, content in _extensions(parts[1:]):
            asked[_NAMES.get(extension, extension)] = None
            if extension == _BASIC_CONSTRAINTS:
                is_ca = is_ca or _says_ca(content)
            elif extension == _ALTERNATIVE_NAMES:
                names += _alternative_names(content)
    return AskedBeyond(tuple(asked), tuple(names[:MOST_NAMES]), is_ca)


def _extensions(values: tuple[Element, ...]) -> Iterator[tuple[str, bytes]]:
    """Each extension with its content; an empty set, as some send, has none."""
    for value in values:
        for extensions in elements_in(expect(value, SET).content, 2):
            for extension in elements_in(expect(extensions, SEQUENCE).content, MOST_EXTENSIONS):
                parts = elements_in(expect(extension, SEQUENCE).content, 3)
                if len(parts) < 2:
                    raise MalformedDer("an extension has no content.")
                yield identifier_of(parts[0]), expect(parts[-1], OCTET_STRING).content


def _says_ca(content: bytes) -> bool:
    """What cannot be read is taken for asking: this is only ever recorded, and better once too often."""
    try:
        parts = elements_in(only_element(content, SEQUENCE).content, 2)
    except MalformedDer:
        return True
    return bool(parts) and parts[0].tag == BOOLEAN and any(parts[0].content)


def _alternative_names(content: bytes) -> list[str]:
    try:
        found = elements_in(only_element(content, SEQUENCE).content, MOST_NAMES)
    except MalformedDer:
        return ["unreadable"]
    return [_alternative_name(name) for name in found]


def _alternative_name(name: Element) -> str:
    if name.tag in _TEXT_NAMES:
        text = name.content[:LONGEST_NAME].decode("ascii", "replace")
        return (
            f"{_TEXT_NAMES[name.tag]}:{''.join(letter if letter.isprintable() else '?' for letter in text)}"
        )
    if name.tag == _ADDRESS and len(name.content) in (4, 16):
        return f"ip:{ipaddress.ip_address(name.content)}"
    return f"other:{name.content[:LONGEST_NAME].hex()}"
