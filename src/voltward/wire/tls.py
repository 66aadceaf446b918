"""The server's end of one TLS connection on memory buffers, and what is known about it afterwards.

Bytes go in by `receive`, come out by `take_output`; nothing here waits. The engine judges nothing: whatever
is wrong with a client's certificate is in `TlsFacts`, next to the certificate itself (ruling 1).
"""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

from OpenSSL import SSL, crypto

from voltward.wire import libssl
from voltward.wire.offered_chain import is_bad_signature
from voltward.wire.tls_context import ChainError, Handshake, ServerContext
from voltward.wire.tls_failure import TlsFailure, ends_with_alert, name_reason

_HANDSHAKE_RECORD = 0x16
_CLIENT_HELLO = 0x01
_MAX_PLAIN_RECORD = 16_384


@dataclass(frozen=True, slots=True)
class TlsFacts:
    """What was negotiated and what the peer showed; certificates in DER form, leaf first.

    `peer_chain` is as offered (empty: none). `verified_chain` is as OpenSSL could build it, up to the anchor
    if it found one; it proves nothing unless `chain_errors` is empty. `group` is None for TLS_RSA.
    """

    version: str
    suite: str
    group: str | None
    server_name: str | None
    compressed: bool
    resumed: bool
    peer_chain: tuple[bytes, ...]
    verified_chain: tuple[bytes, ...]
    chain_errors: tuple[ChainError, ...]


def looks_like_tls(first_bytes: bytes | memoryview) -> bool:
    """Whether a connection that starts so may be TLS; ask before any engine is made (ruling 3).

    One byte is enough for a guess, six for a good one. SSL 3.0 and TLS 1.1 look like TLS, and are refused
    with an alert; the SSLv2 form of a hello, HTTP, SSH and port scanners do not.
    """
    if len(first_bytes) == 0 or first_bytes[0] != _HANDSHAKE_RECORD:
        return False
    if len(first_bytes) > 1 and first_bytes[1] != 3:
        return False
    if len(first_bytes) > 2 and first_bytes[2] > 4:
        return False
    if len(first_bytes) > 4 and not 0 < first_bytes[3] << 8 | first_bytes[4] <= _MAX_PLAIN_RECORD:
        return False
    return len(first_bytes) < 6 or first_bytes[5] == _CLIENT_HELLO


class TlsServerEngine:
    """One connection: `receive`, `handshake` until True, then `read` and `write`; always `take_output`.

    Plain bytes may have arrived together with the end of the handshake: when `handshake` turns True, read.
    After a TlsFailure the engine stays failed; what `take_output` still gives is the alert.
    """

    __slots__ = (
        "_complete",
        "_connection",
        "_failure",
        "_handshake",
        "_last_words",
        "_pipe",
        "owes_reply",
        "peer_closed",
    )

    def __init__(self, context: ServerContext) -> None:
        self._handshake = Handshake(context)
        connection = SSL.Connection(context.native)
        connection.set_accept_state()
        connection.set_app_data(self._handshake)
        self._connection = connection
        self._pipe = libssl.Pipe(connection)
        self._complete = False
        self._failure: TlsFailure | None = None
        self._last_words = b""
        self.owes_reply = True  # the peer waits for what `take_output` has
        self.peer_closed = False  # by close_notify: what was read before it is whole

    def receive(self, data: bytes | memoryview) -> None:
        """Take bytes that the peer sent."""
        self._pipe.feed(data)

    def receive_eof(self) -> None:
        """The peer's side of the transport has ended: what is not complete by now fails."""
        self._pipe.feed_eof()

    def handshake(self) -> bool:
        """Go on as far as the bytes allow: True when the handshake is complete. Raises TlsFailure."""
        if self._complete:
            return True
        if self._failure is not None:
            raise self._failure
        try:
            self._complete = self._pipe.shake_hands()
        except SSL.SysCallError:
            self._fail("unexpected eof while reading")
        except SSL.ZeroReturnError:
            self._fail("closed by the peer")
        except SSL.Error as error:
            self._fail(name_reason(error.args[0]))
        if self._complete:
            # In TLS 1.3 only tickets are left, which open nothing: they go out with the first answer.
            self.owes_reply = self._connection.get_protocol_version() != SSL.TLS1_3_VERSION
        return self._complete

    def read(self) -> bytes:
        """Plain bytes, or b"" if more input is needed or `peer_closed` is set.

        One call gives one record (16 KiB) at most: call until b"". Raises TlsFailure.
        """
        if self._failure is not None:
            raise self._failure
        data = self._pipe.read()
        if not data and self._pipe.state != libssl.WANT_MORE:
            if self._pipe.state == libssl.BROKEN:
                self._fail(name_reason(libssl.take_errors()))
            self.peer_closed = True
        return data

    def write(self, data: bytes | memoryview) -> None:
        """Encrypt `data` towards the peer; the handshake must be complete. Raises TlsFailure."""
        if self._failure is not None:
            raise self._failure
        if self._pipe.write(data) == libssl.BROKEN:
            self._fail(name_reason(libssl.take_errors()))

    def limit_records(self, octets: int) -> None:
        """From now on no record holds more plain octets than that (field note 53); after the handshake."""
        self._pipe = libssl.SmallRecords(self._connection, octets)

    def take_output(self) -> bytes:
        """The bytes that are ready for the peer, b"" if none. Never fails, also after a TlsFailure."""
        if self._last_words:
            words, self._last_words = self._last_words, b""
            return words
        return self._pipe.drain()

    def close(self) -> None:
        """Queue close_notify, if there is anybody to understand it."""
        if self._complete and self._failure is None:
            with suppress(SSL.Error):  # the peer has broken off: nothing is left to say
                self._connection.shutdown()

    def facts(self) -> TlsFacts:
        """What is known when the handshake is complete. Costs some 35 us with a chain: ask once."""
        if not self._complete:
            raise RuntimeError("the facts of a handshake are asked for before it is complete")
        connection = self._connection
        server_name, group = connection.get_servername(), connection.get_group_name()
        context, errors = self._handshake.context, self._handshake.errors
        offered, verified = libssl.certificates(connection, context.anchors)
        if context.second_opinion is not None and is_bad_signature(errors):
            again = context.second_opinion(offered)
            if not again.chain_errors:
                verified, errors = again.verified_chain, again.chain_errors
        return TlsFacts(
            # Interned: thousands of links have the same few words.
            version=sys.intern(connection.get_protocol_version_name()),
            suite=sys.intern(connection.get_cipher_name() or ""),
            group=sys.intern(group) if group is not None else None,
            server_name=sys.intern(server_name.decode("ascii", "backslashreplace")) if server_name else None,
            compressed=not connection.set_options(0) & SSL.OP_NO_COMPRESSION,
            resumed=libssl.is_resumed(connection),
            peer_chain=offered,
            verified_chain=verified,
            chain_errors=errors,
        )

    @property
    def peer_chain(self) -> tuple[bytes, ...]:
        """As in the facts, read again: so nobody else has to keep it for as long as the link lives."""
        return libssl.certificates(self._connection, self._handshake.context.anchors)[0]

    def settle(self) -> None:
        """Let go of what only the handshake needed (3 to 5 KiB), once its facts are taken and all is sent."""
        if self._complete and self._failure is None:
            self._pipe.renew_buffers()
            self._handshake.leaf = None

    def _fail(self, reason: str) -> NoReturn:
        self._last_words = self._pipe.drain()
        leaf = self._handshake.leaf or self._connection.get_peer_certificate()
        self._failure = TlsFailure(
            reason, alert_sent=ends_with_alert(self._last_words), certificate=_der(leaf) if leaf else None
        )
        raise self._failure


def _der(certificate: crypto.X509) -> bytes:
    return crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate)
