"""The client's end of one TLS connection on memory buffers: the link to a `wss://` CSMS.

The standard library's `ssl` does this, unlike the station side: here the certificate of the peer is not an
observation but a condition, and its host name check and the system's authorities are what is wanted.
The surface is that of `TlsServerEngine`.
"""

from __future__ import annotations

import ssl  # noqa: TID251 -- not for stations: see above
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.secret import Secret
from voltward.wire.tls_failure import TlsFailure, ends_with_alert

_LARGEST_RECORD = 16_384  # plain bytes

ClientContext = ssl.SSLContext  # a name for those who hold one and never look inside


@dataclass(frozen=True, slots=True)
class ClientChain:
    """A certificate to show to the CSMS: leaf and intermediates as PEM, leaf first, and the key as PEM."""

    certificate_pem: bytes
    private_key: Secret


def build_client_context(anchors_pem: str | None = None, chain: ClientChain | None = None) -> ssl.SSLContext:
    """A context that checks host name and path, TLS 1.2 or newer.

    `anchors_pem` replaces the system's authorities. Make one per route and share it: loading takes
    milliseconds. Raises OperatorFault for unreadable PEM, OutsideFault for the disk.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    if anchors_pem is None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    else:
        try:
            context.load_verify_locations(cadata=anchors_pem)
        except (ssl.SSLError, ValueError) as error:
            raise OperatorFault("the authorities for the server are not readable PEM") from error
    if chain is not None:
        _load_chain(context, chain)
    return context


def build_trusting_context() -> ssl.SSLContext:
    """A context that encrypts and checks nobody, for a server that only a network of one's own reaches."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _load_chain(context: ssl.SSLContext, chain: ClientChain) -> None:
    """The standard library reads certificate and key from a file only.

    So there is one, in a directory that only this user can enter, for the time of one call.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="voltward-client-") as directory:  # mode 0700
            path = Path(directory, "chain.pem")
            path.touch(mode=0o600)
            path.write_bytes(chain.private_key.reveal() + b"\n" + chain.certificate_pem)
            # A password that is never right, else OpenSSL would ask for one on the terminal.
            context.load_cert_chain(path, password=lambda: "")
    except ssl.SSLError as error:
        raise OperatorFault(
            f"certificate and key for the CSMS cannot be used: {_reason(error)}",
            mend="The leaf comes first, and the key must be its own and without passphrase.",
        ) from None
    except OSError as error:
        raise OutsideFault(f"no temporary file for the client certificate: {error}") from error


class TlsClientEngine:
    """One connection: `handshake` first (it speaks first), then as `TlsServerEngine`."""

    __slots__ = (
        "_complete",
        "_failure",
        "_incoming",
        "_last_words",
        "_object",
        "_outgoing",
        "owes_reply",
        "peer_closed",
    )

    def __init__(self, context: ssl.SSLContext, host_name: str) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host_name)
        self._complete = False
        self._failure: TlsFailure | None = None
        self._last_words = b""
        self.owes_reply = True
        self.peer_closed = False

    def receive(self, data: bytes | memoryview) -> None:
        """Take bytes that the peer sent."""
        self._incoming.write(data)

    def receive_eof(self) -> None:
        """The peer's side of the transport has ended: what is not complete by now fails."""
        self._incoming.write_eof()

    def handshake(self) -> bool:
        """Go on as far as the bytes allow: True when the handshake is complete. Raises TlsFailure."""
        if self._complete:
            return True
        if self._failure is not None:
            raise self._failure
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError as error:
            self._fail(error)
        self._complete = True
        return True

    def read(self) -> bytes:
        """Plain bytes, or b"" for more input needed or `peer_closed`: call until b""."""
        if self._failure is not None:
            raise self._failure
        try:
            data = self._object.read(_LARGEST_RECORD)
        except ssl.SSLWantReadError:
            return b""
        except ssl.SSLError as error:
            self._fail(error)
        self.peer_closed = not data
        return data

    def write(self, data: bytes | memoryview) -> None:
        """Encrypt `data` towards the peer; the handshake must be complete. Raises TlsFailure."""
        if self._failure is not None:
            raise self._failure
        view = memoryview(data)
        try:
            while view:
                view = view[self._object.write(view) :]
        except ssl.SSLError as error:
            self._fail(error)

    def take_output(self) -> bytes:
        """The bytes that are ready for the peer, b"" if none. Never fails, also after a TlsFailure."""
        if self._last_words:
            words, self._last_words = self._last_words, b""
            return words
        return self._outgoing.read()

    def close(self) -> None:
        """Queue close_notify, if there is anybody to understand it."""
        if self._complete and self._failure is None:
            with suppress(ssl.SSLError):  # it has no answer yet, or never will: queued it is
                self._object.unwrap()

    def _fail(self, error: ssl.SSLError) -> NoReturn:
        self._last_words = self._outgoing.read()
        self._failure = TlsFailure(_reason(error), alert_sent=ends_with_alert(self._last_words))
        raise self._failure from error


def _reason(error: ssl.SSLError) -> str:
    """OpenSSL's words in the style of the server engine; why a certificate does not verify is the reason."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate verify failed: {error.verify_message}"
    if isinstance(error, ssl.SSLEOFError):
        return "unexpected eof while reading"
    return (error.reason or "unknown").replace("_", " ").lower()
