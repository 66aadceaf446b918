"""A TLS 1.2 client by hand (RFC 5246, 5288, 8422), for the one thing that no library lets one do.

It completes a handshake and then asks for another one inside it. It checks nothing of what the server
shows: it is an attacker's tool. ECDHE on P-256 with AES-128-GCM only; no sockets, no chance of its own.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from enum import Enum, auto
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from voltward.simulator.attacks.client_hello import (
    ALERT,
    HANDSHAKE,
    P_256,
    TLS_1_0,
    TLS_1_2,
    Alert,
    HelloOffer,
    hello_message,
    read_alert,
    record,
    split_record,
)

_SUITES: Final = (0xC02B, 0xC02F)  # ECDHE with ECDSA or RSA, AES-128-GCM, SHA-256
_CHANGE_CIPHER_SPEC: Final = 20
_RENEGOTIATION_INFO: Final = 0xFF01  # RFC 5746

_SERVER_HELLO, _CERTIFICATE, _KEY_EXCHANGE, _CERTIFICATE_REQUEST = 2, 11, 12, 13
_HELLO_DONE, _CLIENT_KEY_EXCHANGE, _FINISHED = 14, 16, 20


class Stage(Enum):
    """How far the conversation came."""

    GREETING = auto()
    ESTABLISHED = auto()  # the first handshake is complete
    RENEGOTIATED = auto()  # the server answered the second hello
    REFUSED = auto()  # the server sent an alert, see `alert`
    CONFUSED = auto()  # what the server sent makes no sense


class HandmadeTls:
    """One connection. `seed` (32 octets or more) stands for chance: nothing here is worth protecting."""

    def __init__(self, server_name: str, seed: bytes) -> None:
        self.stage = Stage.GREETING
        self.alert: Alert | None = None
        self._server_name = server_name
        self._random = hashlib.sha256(b"random" + seed).digest()
        scalar = int.from_bytes(hashlib.sha256(b"key" + seed).digest(), "big") >> 1 | 1
        self._key = ec.derive_private_key(scalar, ec.SECP256R1())
        self._transcript = b""
        self._server_random = b""
        self._server_point = b""
        self._wants_certificate = False
        self._master = b""
        self._writing: _Direction | None = None
        self._reading: _Direction | None = None
        self._verify_data = b""
        self._inbox = b""
        self._messages = b""
        self._is_enciphered = False

    def start(self) -> bytes:
        """The first hello; it speaks of secure renegotiation, so that a refusal is not for its lack."""
        return record(HANDSHAKE, self._note(self._hello(b"")), TLS_1_0)

    def renegotiate(self) -> bytes:
        """Ask for a second handshake inside the first one."""
        assert self._writing is not None, "renegotiate follows the first handshake"
        return self._writing.seal(HANDSHAKE, self._hello(self._verify_data))

    def receive(self, octets: bytes) -> bytes:
        """Take what the server sent; what is returned is to be sent."""
        try:
            return self._receive(octets)
        except (ValueError, IndexError, InvalidTag):
            self.stage = Stage.CONFUSED
            return b""

    def _receive(self, octets: bytes) -> bytes:
        self._inbox += octets
        answer = b""
        while (first := split_record(self._inbox)) is not None:
            kind, content, self._inbox = first
            if kind == _CHANGE_CIPHER_SPEC:
                self._is_enciphered = True
                continue
            if self._is_enciphered and self._reading is not None:
                content = self._reading.open(kind, content)
            if kind == ALERT:
                self.alert = read_alert(content)
                self.stage = Stage.REFUSED
            elif kind == HANDSHAKE:
                answer += b"".join(self._take(message) for message in self._split_messages(content))
        return answer

    # -- the handshake, message by message

    def _hello(self, verify_data: bytes) -> bytes:
        info = bytes([len(verify_data)]) + verify_data
        offer = HelloOffer(TLS_1_2, _SUITES, self._server_name, [P_256], [(_RENEGOTIATION_INFO, info)])
        return hello_message(offer, self._random)

    def _split_messages(self, content: bytes) -> Iterator[bytes]:
        self._messages += content
        while len(self._messages) >= 4:
            end = 4 + int.from_bytes(self._messages[1:4], "big")
            if len(self._messages) < end:
                return
            message, self._messages = self._messages[:end], self._messages[end:]
            yield message

    def _take(self, message: bytes) -> bytes:
        kind, body = message[0], message[4:]
        if self.stage is not Stage.GREETING:
            if kind == _SERVER_HELLO and self.stage is Stage.ESTABLISHED:
                self.stage = Stage.RENEGOTIATED
            return b""
        self._note(message)
        if kind == _SERVER_HELLO:
            self._server_random = body[2:34]
        elif kind == _KEY_EXCHANGE:
            # named curve (1), its number (2), the length of the point (1), the point
            self._server_point = body[4 : 4 + body[3]]
        elif kind == _CERTIFICATE_REQUEST:
            self._wants_certificate = True
        elif kind == _HELLO_DONE:
            return self._finish()
        elif kind == _FINISHED:
            self.stage = Stage.ESTABLISHED
        return b""

    def _finish(self) -> bytes:
        """Certificate (an empty one, if asked), key exchange, change of cipher, Finished."""
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        flight = b""
        if self._wants_certificate:
            flight += record(HANDSHAKE, self._note(_message(_CERTIFICATE, b"\x00\x00\x00")))
        exchange = _message(_CLIENT_KEY_EXCHANGE, bytes([len(point)]) + point)
        flight += record(HANDSHAKE, self._note(exchange)) + record(_CHANGE_CIPHER_SPEC, b"\x01")
        self._derive_keys()
        assert self._writing is not None, "just derived"
        digest = hashlib.sha256(self._transcript).digest()
        self._verify_data = _prf(self._master, b"client finished", digest, 12)
        return flight + self._writing.seal(HANDSHAKE, self._note(_message(_FINISHED, self._verify_data)))

    def _derive_keys(self) -> None:
        peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), self._server_point)
        shared = self._key.exchange(ec.ECDH(), peer)
        self._master = _prf(shared, b"master secret", self._random + self._server_random, 48)
        block = _prf(self._master, b"key expansion", self._server_random + self._random, 40)
        self._writing = _Direction(block[:16], block[32:36])
        self._reading = _Direction(block[16:32], block[36:40])

    def _note(self, message: bytes) -> bytes:
        self._transcript += message
        return message


class _Direction:
    """One direction of the enciphered connection (RFC 5288)."""

    def __init__(self, key: bytes, salt: bytes) -> None:
        self._cipher = AESGCM(key)
        self._salt = salt
        self._sequence = 0

    def seal(self, kind: int, content: bytes) -> bytes:
        explicit = self._sequence.to_bytes(8, "big")
        sealed = self._cipher.encrypt(self._salt + explicit, content, self._header(kind, len(content)))
        return record(kind, explicit + sealed)

    def open(self, kind: int, content: bytes) -> bytes:
        explicit, sealed = content[:8], content[8:]
        return self._cipher.decrypt(self._salt + explicit, sealed, self._header(kind, len(sealed) - 16))

    def _header(self, kind: int, length: int) -> bytes:
        header = self._sequence.to_bytes(8, "big") + bytes([kind]) + TLS_1_2.to_bytes(2, "big")
        self._sequence += 1
        return header + length.to_bytes(2, "big")


def _message(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


def _prf(secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    """RFC 5246, section 5, with SHA-256."""
    out, chain = b"", label + seed
    while len(out) < length:
        chain = hmac.digest(secret, chain, "sha256")
        out += hmac.digest(secret, chain + label + seed, "sha256")
    return out[:length]
