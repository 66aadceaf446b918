"""What lies between a station's frames and its socket: TLS by stdlib `ssl`, or nothing (profile 1)."""

from __future__ import annotations

import ssl
from contextlib import suppress

from benchmarks.fleet import HOST_NAME

_READ_BYTES = 64 * 1024


class TlsLayer:
    """TLS of one connection on memory BIOs: another library and another path than the gateway's."""

    __slots__ = ("_incoming", "_outgoing", "has_ended", "tls")

    def __init__(self, context: ssl.SSLContext, session: ssl.SSLSession | None = None) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(
            self._incoming, self._outgoing, server_hostname=HOST_NAME, session=session
        )
        self.has_ended = False  # by close_notify

    def feed(self, data: bytes) -> None:
        """Bytes from the socket."""
        self._incoming.write(data)

    def shake_hands(self) -> bool:
        """Go on as far as the bytes allow: True when it is done."""
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def read(self) -> bytes:
        """Every decrypted byte there is."""
        plain = b""
        with suppress(ssl.SSLWantReadError):
            while piece := self.tls.read(_READ_BYTES):
                plain += piece
                # Asking an empty engine costs an exception.
                if not self._incoming.pending and not self.tls.pending():
                    return plain
            self.has_ended = True
        return plain

    def write(self, plain: bytes) -> None:
        """Encrypt."""
        self.tls.write(plain)

    def take(self) -> bytes:
        """Bytes for the socket."""
        return self._outgoing.read() if self._outgoing.pending else b""


class NoLayer:
    """The bytes as they are."""

    __slots__ = ("_incoming", "_outgoing", "has_ended")
    tls = None

    def __init__(self) -> None:
        self._incoming = self._outgoing = b""
        self.has_ended = False

    def feed(self, data: bytes) -> None:
        """Bytes from the socket."""
        self._incoming += data

    def shake_hands(self) -> bool:
        """There is no handshake."""
        return True

    def read(self) -> bytes:
        """Every byte there is."""
        plain, self._incoming = self._incoming, b""
        return plain

    def write(self, plain: bytes) -> None:
        """Put with the rest."""
        self._outgoing += plain

    def take(self) -> bytes:
        """Bytes for the socket."""
        plain, self._outgoing = self._outgoing, b""
        return plain
