"""The few functions of OpenSSL that pyOpenSSL has but does not hand out. Nothing else reaches below it.

Why at all: a list of groups and "was this session resumed" have no public call; the certificates of a
handshake would each be copied into an object first, and read back from it; and the hot path (one
record in, one record out) costs under 4 us here against 6.5 us through `Connection.recv_into`, which makes
a second buffer and raises an exception each time that it needs more. The names used are pinned by the upper
bounds on pyOpenSSL and cryptography, and each is used by the tests of `tls`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from OpenSSL import SSL, crypto

_lib: Any = SSL._lib  # pyright: ignore[reportPrivateImportUsage]
_ffi: Any = SSL._ffi  # pyright: ignore[reportPrivateImportUsage]

# One TLS record with its header and the longest expansion that TLS 1.2 allows (RFC 5246 6.2.3).
_RECORD = 5 + 16_384 + 2_048

WANT_MORE = 0
CLOSED = -1
BROKEN = -2


# Looked up once: the hot path calls each of them for every message.
_BUFFER = _ffi.new("char[]", _RECORD)  # for one call at a time: none gives another a turn
_WHERE = _ffi.new("char **")
_waiting = _lib.BIO_get_mem_data
_MEMORY = _lib.BIO_s_mem()
_DER = _lib.BIO_new(_MEMORY)  # as short-lived as what is in `_BUFFER`
_bio_read, _bio_write = _lib.BIO_read, _lib.BIO_write
_ssl_shake_hands = _lib.SSL_do_handshake
_ssl_read, _ssl_write, _ssl_error = _lib.SSL_read, _lib.SSL_write, _lib.SSL_get_error
_view, _unpack, _clear_errors = _ffi.from_buffer, _ffi.unpack, _lib.ERR_clear_error
_NULL = _ffi.NULL
_WANT_READ, _ZERO_RETURN = _lib.SSL_ERROR_WANT_READ, _lib.SSL_ERROR_ZERO_RETURN


class Pipe:
    """The plain and the encrypted end of one `SSL.Connection`, without copies and without exceptions."""

    __slots__ = ("_from_ssl", "_into_ssl", "_is_empty", "_keep", "_ssl", "state")

    def __init__(self, connection: SSL.Connection) -> None:
        self._keep = connection  # owns the three pointers below
        self._ssl: Any = connection._ssl
        self._into_ssl: Any = connection._into_ssl
        self._from_ssl: Any = connection._from_ssl
        self._is_empty = False  # all that came was read: to ask again would cost an error that says so
        self.state = WANT_MORE  # why `read` had nothing to give

    def feed(self, data: bytes | memoryview) -> None:
        """Hand over bytes of the peer."""
        length = len(data)
        self._is_empty = False
        if length and _bio_write(self._into_ssl, _view(data), length) != length:
            raise MemoryError("OpenSSL could not keep what it was given")  # a memory BIO has no other failure

    def feed_eof(self) -> None:
        """Nothing more will come."""
        self._is_empty = False
        self._keep.bio_shutdown()

    def drain(self) -> bytes:
        """All bytes that are ready for the peer."""
        return _emptied(self._from_ssl)

    def shake_hands(self) -> bool:
        """Go on as far as the bytes allow: True when it is done. Raises as pyOpenSSL does."""
        _clear_errors()
        result = _ssl_shake_hands(self._ssl)
        if result == 1:
            return True
        if _ssl_error(self._ssl, result) != _WANT_READ:
            self._keep._raise_ssl_error(self._ssl, result)
        return False

    def read(self) -> bytes:
        """The plain bytes of one record; b"" if there is none: `state` is WANT_MORE, CLOSED or BROKEN."""
        if self._is_empty:
            return b""
        # OpenSSL judges a result by the error queue of the thread: what another library left there would
        # be taken for an error of this connection.
        _clear_errors()
        count = _ssl_read(self._ssl, _BUFFER, _RECORD)  # a record fits: OpenSSL holds nothing back
        if count > 0:
            self._is_empty = not _waiting(self._into_ssl, _WHERE)
            return _unpack(_BUFFER, count)
        self.state = self._judge(count)
        return b""

    def write(self, data: bytes | memoryview) -> int:
        """Encrypt all of `data`; its length, or BROKEN."""
        _clear_errors()
        view = _view(data)
        length, done = len(view), 0
        while done < length:
            count = _ssl_write(self._ssl, view + done, length - done)
            if count <= 0:
                return self._judge(count) or BROKEN  # a memory BIO never asks to wait
            done += count
        return done

    def renew_buffers(self) -> None:
        """Small buffers in place of those that the handshake has stretched, unless they are in use."""
        if _waiting(self._into_ssl, _WHERE) or _waiting(self._from_ssl, _WHERE):
            return
        into, out = _lib.BIO_new(_MEMORY), _lib.BIO_new(_MEMORY)
        if _NULL in (into, out):
            raise MemoryError("OpenSSL could not make a buffer")
        _lib.SSL_set_bio(self._ssl, into, out)  # which takes these and frees the others
        self._into_ssl = self._keep._into_ssl = into
        self._from_ssl = self._keep._from_ssl = out

    def _judge(self, result: int) -> int:
        error = _ssl_error(self._ssl, result)
        if error == _WANT_READ:
            return WANT_MORE
        return CLOSED if error == _ZERO_RETURN else BROKEN


class SmallRecords(Pipe):
    """The same ends of a connection; what is written goes into records of at most so many octets."""

    __slots__ = ("_most",)

    def __init__(self, connection: SSL.Connection, most: int) -> None:
        super().__init__(connection)
        self._most = most

    def write(self, data: bytes | memoryview) -> int:
        """Encrypt all of `data`; its length, or BROKEN."""
        view = memoryview(data)
        for at in range(0, len(view), self._most):
            done = super().write(view[at : at + self._most])
            if done <= 0:
                return done
        return len(view)


def certificates(
    connection: SSL.Connection, anchors: Mapping[int, bytes]
) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """The client's chain as offered and as verified, in DER form, leaf first; both empty if it has none.

    `anchors` are forms that are known already, by `address`.
    """
    leaf = _lib.SSL_get_peer_certificate(connection._ssl)  # counted: it is to be freed
    if leaf == _NULL:
        return (), ()
    try:
        known = {_address(leaf): _der(leaf)}
        # A server is given the leaf apart: the list of what was offered starts with the first issuer.
        offered = (*known.values(), *_ders(_lib.SSL_get_peer_cert_chain(connection._ssl), {}))
        known.update(anchors)
        return offered, _ders(_lib.SSL_get0_verified_chain(connection._ssl), known)
    finally:
        _lib.X509_free(leaf)


def address(certificate: crypto.X509) -> int:
    """Where OpenSSL keeps a certificate. While somebody keeps it, no other has this address."""
    return _address(certificate._x509)


def take_errors() -> list[tuple[str, str, str]]:
    """Empty the error queue of this thread: (library, function, reason), oldest first."""
    entries = []
    while code := _lib.ERR_get_error():
        library, reason = _lib.ERR_lib_error_string(code), _lib.ERR_reason_error_string(code)
        entries.append((_text(library), "", _text(reason)))
    return entries


def set_groups(context: SSL.Context, groups: str) -> bool:
    """Key exchange groups in order of preference, separated by colons; False if one is not known."""
    accepted = _lib.SSL_CTX_set1_curves_list(context._context, groups.encode("ascii")) == 1
    _lib.ERR_clear_error()
    return accepted


def is_resumed(connection: SSL.Connection) -> bool:
    """Whether the handshake took up an older session."""
    return _lib.SSL_session_reused(connection._ssl) == 1


def openssl_version() -> str:
    """The OpenSSL that meets the stations, in its own words: `OpenSSL 4.0.3 ...`."""
    return SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode("ascii", "replace")


def _ders(stack: Any, known: Mapping[int, bytes]) -> tuple[bytes, ...]:
    if stack == _NULL:
        return ()
    links = [_lib.sk_X509_value(stack, index) for index in range(_lib.sk_X509_num(stack))]
    return tuple(known.get(_address(link)) or _der(link) for link in links)


def _address(certificate: Any) -> int:
    return int(_ffi.cast("uintptr_t", certificate))


def _der(certificate: Any) -> bytes:
    if _lib.i2d_X509_bio(_DER, certificate) != 1:
        raise MemoryError("OpenSSL could not write a certificate that it has read")
    return _emptied(_DER)


def _emptied(bio: Any) -> bytes:
    count = _bio_read(bio, _BUFFER, _RECORD)
    if count < _RECORD:
        return _unpack(_BUFFER, count) if count > 0 else b""
    parts = [_unpack(_BUFFER, count)]
    while (count := _bio_read(bio, _BUFFER, _RECORD)) > 0:
        parts.append(_unpack(_BUFFER, count))
    return b"".join(parts)


def _text(pointer: Any) -> str:
    return _ffi.string(pointer).decode("ascii", "replace") if pointer else ""
