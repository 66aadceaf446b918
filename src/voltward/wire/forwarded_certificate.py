"""A station's certificate as a proxy that ended TLS tells it in headers, in the words of six proxies.

| form        | header                                     | holds                                           |
|-------------|--------------------------------------------|-------------------------------------------------|
| rfc9440     | Client-Cert, Client-Cert-Chain             | `:base64 of DER:`, the chain as a list of those |
| nginx       | X-SSL-Client-Cert                          | PEM, escaped as in a URL                        |
| haproxy     | X-SSL-Client-Cert, X-SSL-Client-Chain      | base64 of DER, the chain all in one             |
| envoy       | X-Forwarded-Client-Cert                    | `Cert="..."` and `Chain="..."`, escaped PEM     |
| traefik     | X-Forwarded-Tls-Client-Cert                | base64 of DER, leaf and chain with commas       |
| aws         | X-Amzn-Mtls-Clientcert                     | escaped PEM, leaf and chain                     |
| aws-verify  | X-Amzn-Mtls-Clientcert-Leaf                | escaped PEM                                     |

Here text becomes octets in DER form, strictly: whatever could mean two things is a fault. Whether they are
certificates, whose, and who vouches for them is for `offered_chain` and the door to see. Possession of the
key was proven to the proxy, never to us.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

LARGEST_CERTIFICATE = 16 * 1024  # octets, as `crypto.reading.certificates` takes them
LONGEST_CHAIN = 8

Certificates = tuple[bytes, ...]  # DER, leaf first; empty: none was shown


@dataclass(frozen=True, slots=True)
class CertificateHeaders:
    """Names in lower case; `chain` is empty where the form has no header of its own for it."""

    form: str
    leaf: str
    chain: str = ""


@dataclass(frozen=True, slots=True)
class ForwardedFault:
    """Why headers of a proxy cannot be believed, as a stable word."""

    code: str


class _Unreadable(Exception):
    """Inside this module: not in the form that was agreed."""


_BASE64 = re.compile(rb"[0-9A-Za-z+/]*={0,2}")
_ESCAPED = re.compile(rb"(?:[!#$&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~ ]|%[0-9A-Fa-f]{2})*")
_PEM = re.compile(rb"\s*-----BEGIN CERTIFICATE-----([0-9A-Za-z+/=\s]+)-----END CERTIFICATE-----\s*")
_STRUCTURED = re.compile(rb" *:([^:]*): *")
_ENVOY_PAIR = re.compile(rb'([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^",;]*))')


def read_forwarded(headers: Mapping[str, bytes], named: CertificateHeaders) -> Certificates | ForwardedFault:
    """The certificates that these headers tell, each named header there once at the most.

    An empty header is none: HAProxy and Cloudflare send one when no certificate was shown.
    """
    leaf, chain = headers.get(named.leaf, b"").strip(), headers.get(named.chain, b"").strip()
    if not leaf:
        return ForwardedFault("forwarded-chain-without-leaf") if chain else ()
    try:
        found = _FORMS[named.form].read(leaf, chain)
    except _Unreadable:
        return ForwardedFault("bad-forwarded-certificate")
    if not 0 < len(found) <= LONGEST_CHAIN or any(not 0 < len(one) <= LARGEST_CERTIFICATE for one in found):
        return ForwardedFault("bad-forwarded-certificate")
    return found


def headers_of(form: str, leaf: str = "", chain: str = "") -> CertificateHeaders:
    """The headers of a form, with other names where some are given."""
    known = _FORMS[form]
    chain = (chain or known.chain) if known.chain else ""
    return CertificateHeaders(form, (leaf or known.leaf).lower(), chain.lower())


def _rfc9440(leaf: bytes, chain: bytes) -> Certificates:
    """A byte sequence of RFC 8941, and a list of them; without parameters, since RFC 9440 has none."""
    return _structured(leaf), *(_structured(one) for one in chain.split(b",") if chain)


def _structured(text: bytes) -> bytes:
    found = _STRUCTURED.fullmatch(text)
    if found is None:
        raise _Unreadable
    return _base64(found[1])


def _nginx(leaf: bytes, _chain: bytes) -> Certificates:
    return _one(_pems(_unescaped(leaf)))


def _haproxy(leaf: bytes, chain: bytes) -> Certificates:
    first = _base64(leaf)
    rest = _ders(_base64(chain)) if chain else ()
    return first, *(rest[1:] if rest and rest[0] == first else rest)


def _envoy(leaf: bytes, _chain: bytes) -> Certificates:
    """One element only: a second one was told by somebody before our proxy."""
    pairs: dict[bytes, bytes] = {}
    for part in _split_outside_quotes(leaf):
        found = _ENVOY_PAIR.fullmatch(part.strip())
        if found is None or (found[1].lower() in pairs and found[1].lower() in {b"cert", b"chain"}):
            raise _Unreadable
        pairs[found[1].lower()] = found[2] if found[2] is not None else found[3]
    shown, chain = pairs.get(b"cert", b""), pairs.get(b"chain", b"")
    whole = _pems(_unescaped(chain)) if chain else ()
    first = _one(_pems(_unescaped(shown))) if shown else whole[:1]
    if not first:
        raise _Unreadable  # a proxy that tells a hash or a name, and no certificate
    return first + (whole[1:] if whole[:1] == first else whole)


def _split_outside_quotes(text: bytes) -> list[bytes]:
    parts: list[bytes] = []
    begin, quoted, at = 0, False, 0
    while at < len(text):
        sign = text[at : at + 1]
        if quoted and sign == b"\\":
            at += 1
        elif sign == b'"':
            quoted = not quoted
        elif sign == b"," and not quoted:
            raise _Unreadable
        elif sign == b";" and not quoted:
            parts.append(text[begin:at])
            begin = at + 1
        at += 1
    return [*parts, text[begin:]]


def _traefik(leaf: bytes, _chain: bytes) -> Certificates:
    """Older releases escape it as in a URL."""
    plain = _unescaped(leaf) if b"%" in leaf else leaf
    return tuple(_base64(one.strip()) for one in plain.split(b","))


def _escaped_pems(leaf: bytes, _chain: bytes) -> Certificates:
    return _pems(_unescaped(leaf))


def _escaped_pem(leaf: bytes, _chain: bytes) -> Certificates:
    return _one(_pems(_unescaped(leaf)))


@dataclass(frozen=True, slots=True)
class _Form:
    leaf: str
    chain: str
    read: Callable[[bytes, bytes], Certificates]


_FORMS: Mapping[str, _Form] = {
    "rfc9440": _Form("Client-Cert", "Client-Cert-Chain", _rfc9440),
    "nginx": _Form("X-SSL-Client-Cert", "", _nginx),
    "haproxy": _Form("X-SSL-Client-Cert", "X-SSL-Client-Chain", _haproxy),
    "envoy": _Form("X-Forwarded-Client-Cert", "", _envoy),
    "traefik": _Form("X-Forwarded-Tls-Client-Cert", "", _traefik),
    "aws": _Form("X-Amzn-Mtls-Clientcert", "", _escaped_pems),
    "aws-verify": _Form("X-Amzn-Mtls-Clientcert-Leaf", "", _escaped_pem),
}


# -- what the forms are made of ---------------------------------------------------------------------------


def _base64(text: bytes) -> bytes:
    if not _BASE64.fullmatch(text):
        raise _Unreadable
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise _Unreadable from error


def _unescaped(text: bytes) -> bytes:
    """`+` stays what it is: PEM is full of it, and none of these proxies writes a blank so."""
    if not _ESCAPED.fullmatch(text):
        raise _Unreadable
    return unquote_to_bytes(text)


def _pems(text: bytes) -> Certificates:
    found: list[bytes] = []
    at = 0
    while at < len(text):
        block = _PEM.match(text, at)
        if block is None or len(found) == LONGEST_CHAIN:
            raise _Unreadable
        found.append(_base64(b"".join(block[1].split())))
        at = block.end()
    return tuple(found)


def _one(found: Certificates) -> Certificates:
    if len(found) != 1:
        raise _Unreadable
    return found


def _ders(text: bytes) -> Certificates:
    """Certificates one behind the other: each begins with its own length (X.690, 8.1.3)."""
    found: list[bytes] = []
    at = 0
    while at < len(text):
        size = _der_size(text[at : at + 5])
        if size is None or at + size > len(text) or len(found) == LONGEST_CHAIN:
            raise _Unreadable
        found.append(text[at : at + size])
        at += size
    return tuple(found)


def _der_size(head: bytes) -> int | None:
    """Of a SEQUENCE whose length takes one to three octets; None for anything else."""
    if len(head) < 2 or head[0] != 0x30:
        return None
    if head[1] < 0x80:
        return 2 + head[1]
    octets = head[1] & 0x7F
    if octets not in {1, 2} or len(head) < 2 + octets:
        return None
    return 2 + octets + int.from_bytes(head[2 : 2 + octets], "big")
