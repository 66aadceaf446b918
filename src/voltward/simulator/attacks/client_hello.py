"""ClientHellos by hand, and what comes back: for offers that a sound TLS library no longer makes.

Only the plain part of TLS 1.0 to 1.2 (RFC 5246, 7.4.1.2 and 7.2): records, hello, alert. No sockets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

TLS_1_0: Final = 0x0301
TLS_1_1: Final = 0x0302
TLS_1_2: Final = 0x0303

HANDSHAKE: Final = 22
ALERT: Final = 21

#: What a station of its time offered with TLS 1.1: AES and 3DES in CBC mode.
SUITES_OF_TLS_1_1: Final = (0xC00A, 0xC009, 0xC014, 0xC013, 0x0035, 0x002F, 0x000A)

#: Suites that must never be agreed on (A00.FR.320): the names are IANA's.
WEAK_SUITES: Final = {
    0x0001: "RSA_WITH_NULL_MD5",
    0x0002: "RSA_WITH_NULL_SHA",
    0x003B: "RSA_WITH_NULL_SHA256",
    0xC006: "ECDHE_ECDSA_WITH_NULL_SHA",
    0xC010: "ECDHE_RSA_WITH_NULL_SHA",
    0x0003: "RSA_EXPORT_WITH_RC4_40_MD5",
    0x0008: "RSA_EXPORT_WITH_DES40_CBC_SHA",
    0x0014: "DHE_RSA_EXPORT_WITH_DES40_CBC_SHA",
    0x0004: "RSA_WITH_RC4_128_MD5",
    0x0005: "RSA_WITH_RC4_128_SHA",
    0xC007: "ECDHE_ECDSA_WITH_RC4_128_SHA",
    0xC011: "ECDHE_RSA_WITH_RC4_128_SHA",
    0x0009: "RSA_WITH_DES_CBC_SHA",
    0x000A: "RSA_WITH_3DES_EDE_CBC_SHA",
    0xC008: "ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA",
    0xC012: "ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    0x0018: "DH_anon_WITH_RC4_128_MD5",
    0x0034: "DH_anon_WITH_AES_128_CBC_SHA",
    0x00A6: "DH_anon_WITH_AES_128_GCM_SHA256",
    0xC015: "ECDH_anon_WITH_NULL_SHA",
    0xC018: "ECDH_anon_WITH_AES_128_CBC_SHA",
    0xC019: "ECDH_anon_WITH_AES_256_CBC_SHA",
}

#: RFC 8446, section 6; RFC 5246, 7.2 for the older ones.
_ALERT_NAMES: Final = {
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    22: "record_overflow",
    40: "handshake_failure",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    100: "no_renegotiation",
    109: "missing_extension",
    110: "unsupported_extension",
    112: "unrecognized_name",
    116: "certificate_required",
}

P_256: Final = 0x0017
_GROUPS: Final = (P_256, 0x0018, 0x001D)  # and P-384, X25519
_SIGNATURES: Final = (0x0403, 0x0503, 0x0804, 0x0401, 0x0501, 0x0203, 0x0201)
_SIGNALLED_RENEGOTIATION: Final = 0x00FF  # RFC 5746: says that old renegotiation is no issue here


@dataclass(frozen=True, slots=True)
class Alert:
    """`level` 1 warning, 2 fatal."""

    level: int
    code: int

    @property
    def name(self) -> str:
        """As in the RFC; the number where it has no name here."""
        return _ALERT_NAMES.get(self.code, f"alert {self.code}")


@dataclass(frozen=True, slots=True)
class ServerHello:
    """The other side agreed to this version and suite."""

    version: int
    suite: int


@dataclass(frozen=True, slots=True)
class NotTls:
    """What came back is no TLS record."""


Reply = Alert | ServerHello | NotTls


@dataclass(frozen=True, slots=True)
class HelloOffer:
    """What a ClientHello offers. `extensions` are added as they stand (type, body)."""

    version: int
    suites: Sequence[int]
    server_name: str = "localhost"
    groups: Sequence[int] = _GROUPS
    extensions: Sequence[tuple[int, bytes]] = ()


def hello_message(offer: HelloOffer, random: bytes) -> bytes:
    """The handshake message, without its record; `random` has 32 octets."""
    body = b"".join([
        offer.version.to_bytes(2, "big"),
        random,
        b"\x00",  # no session to go on with
        _sized(2, b"".join(suite.to_bytes(2, "big") for suite in offer.suites)),
        b"\x01\x00",  # no compression
        _sized(2, b"".join(_extension(kind, content) for kind, content in _extensions(offer))),
    ])  # fmt: skip
    return b"\x01" + _sized(3, body)


def client_hello(offer: HelloOffer, random: bytes) -> bytes:
    """The octets to send: one record, marked 1.0 as the first record always was."""
    offer = replace(offer, suites=(*offer.suites, _SIGNALLED_RENEGOTIATION))
    return record(HANDSHAKE, hello_message(offer, random), TLS_1_0)


def record(kind: int, content: bytes, version: int = TLS_1_2) -> bytes:
    """One plain TLS record."""
    return bytes([kind]) + version.to_bytes(2, "big") + _sized(2, content)


def split_record(octets: bytes) -> tuple[int, bytes, bytes] | None:
    """(kind, content, the rest), or None while the first record is not complete."""
    if len(octets) < 5:
        return None
    length = int.from_bytes(octets[3:5], "big")
    if len(octets) < 5 + length:
        return None
    return octets[0], octets[5 : 5 + length], octets[5 + length :]


def read_alert(content: bytes) -> Alert | None:
    """The alert in a record's content."""
    return Alert(content[0], content[1]) if len(content) == 2 else None


def read_reply(octets: bytes) -> Reply | None:
    """What the peer made of the hello; None while too little has arrived to tell."""
    if octets and (octets[0] not in (HANDSHAKE, ALERT) or octets[1:2] not in (b"", b"\x03")):
        return NotTls()
    first = split_record(octets)
    if first is None:
        return None
    kind, content, _ = first
    if kind == ALERT:
        return read_alert(content) or NotTls()
    return read_server_hello(content) or NotTls()


def read_server_hello(message: bytes) -> ServerHello | None:
    """Version and suite of a ServerHello; None for any other message."""
    if len(message) < 41 or message[0] != 2:
        return None
    at = 39 + message[38]  # behind the session id
    return ServerHello(int.from_bytes(message[4:6], "big"), int.from_bytes(message[at : at + 2], "big"))


def _extensions(offer: HelloOffer) -> list[tuple[int, bytes]]:
    name = offer.server_name.encode("ascii")
    extensions = [
        (0, _sized(2, b"\x00" + _sized(2, name))),  # server_name
        (10, _sized(2, b"".join(group.to_bytes(2, "big") for group in offer.groups))),
        (11, b"\x01\x00"),  # points uncompressed
    ]
    if offer.version >= TLS_1_2:
        extensions.append((13, _sized(2, b"".join(each.to_bytes(2, "big") for each in _SIGNATURES))))
    return [*extensions, *offer.extensions]


def _extension(kind: int, content: bytes) -> bytes:
    return kind.to_bytes(2, "big") + _sized(2, content)


def _sized(octets: int, content: bytes) -> bytes:
    return len(content).to_bytes(octets, "big") + content
