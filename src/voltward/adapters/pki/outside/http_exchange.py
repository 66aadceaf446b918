"""One request to an authority outside over HTTP/1.1, and its answer: a connection each, bounded in every way.

No redirect is followed: it would carry a password and a request to somebody whom no setting names.
"""

from __future__ import annotations

import asyncio
import http.client
import io
import socket
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, cast
from urllib.parse import urlsplit

from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.secret import Secret
from voltward.wire.tls_client import ClientContext

LARGEST_ANSWER: Final = 256 * 1024  # octets: a few certificates
_PIECE: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class Place:
    """Where an authority listens; `path` begins with a slash, or is empty."""

    host: str
    port: int
    path: str
    is_tls: bool

    @property
    def authority(self) -> str:
        """Host and port."""
        return f"{self._host}:{self.port}"

    @property
    def host_field(self) -> str:
        """For the Host field (RFC 9110, 7.2): without a port that goes without saying."""
        return self._host if self.port == (443 if self.is_tls else 80) else self.authority

    @property
    def _host(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host


@dataclass(frozen=True, slots=True)
class Login:
    """HTTP Basic (RFC 7617)."""

    user: str
    password: Secret

    def header(self) -> str:
        """The value of Authorization."""
        pair = self.user.encode("utf-8") + b":" + self.password.reveal()
        return f"Basic {b64encode(pair).decode('ascii')}"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request; `path` is added to that of the place."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def words(self) -> str:
        """What it says, for people: printable, and not much of it."""
        text = self.body[:400].decode("utf-8", "replace")
        said = " ".join("".join(one if one.isprintable() else " " for one in text).split())
        return f"{self.status} {said}".strip()


def read_place(url: str) -> Place:
    """A URL of the settings. OperatorFault for what is none, or carries a user or a query."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    is_plain = not parts.username and not parts.password and not parts.query and not parts.fragment
    if parts.scheme not in {"https", "http"} or not parts.hostname or not is_plain or not url.isascii():
        raise OperatorFault(
            f"{url!r} is no address of an authority.", mend="Write it as in https://ca.example/path."
        )
    is_tls = parts.scheme == "https"
    return Place(parts.hostname, port or (443 if is_tls else 80), parts.path.rstrip("/"), is_tls)


async def exchange(place: Place, context: ClientContext | None, asked: Asked) -> Answered:
    """Ask, and hear the whole answer. The deadline is the caller's; OutsideFault for all that goes wrong."""
    try:
        heard = await _heard(place, context, _octets(place, asked))
        return _read(heard, asked.method)
    except (http.client.HTTPException, OverflowError) as error:  # the latter for a length beyond all lengths
        raise _fault(place, "answered with something that is no HTTP, or broke off") from error
    except OSError as error:
        raise _fault(place, f"cannot be reached: {error.strerror or error}") from error


def unwilling(place: Place, answered: Answered) -> OutsideFault:
    """What to raise for an answer that may pass, or that an operator can mend."""
    mends = {
        401: "Correct what this client proves itself with: user and password, or certificate and key.",
        403: "Have this client allowed to enrol others.",
        404: "Correct the URL.",
    }
    moved = f" It points to {answered.headers['location'][:200]}." if "location" in answered.headers else ""
    return OutsideFault(
        f"the authority answered {answered.words()}.{moved}",
        mend=mends.get(answered.status, "Ask whoever runs it."),
        subject=place.host,
    )


def _octets(place: Place, asked: Asked) -> bytes:
    headers = {
        "Host": place.host_field,
        "Connection": "close",
        "Content-Length": str(len(asked.body)),
        **asked.headers,
    }
    lines = [f"{asked.method} {place.path}{asked.path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("utf-8") + asked.body


async def _heard(place: Place, context: ClientContext | None, octets: bytes) -> bytes:
    name = place.host if context is not None else None
    reader, writer = await asyncio.open_connection(place.host, place.port, ssl=context, server_hostname=name)
    try:
        writer.write(octets)
        await writer.drain()
        heard = bytearray()
        while piece := await reader.read(_PIECE):
            heard += piece
            if len(heard) > LARGEST_ANSWER:
                raise _fault(place, f"answered with more than {LARGEST_ANSWER // 1024} KiB")
        return bytes(heard)
    finally:
        writer.transport.abort()


class _Heard:
    """All that `http.client` asks of a socket, over what was heard already."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets

    def makefile(self, *_modes: object) -> io.BytesIO:
        """A file to read from."""
        return io.BytesIO(self._octets)


def _read(octets: bytes, method: str) -> Answered:
    response = http.client.HTTPResponse(cast("socket.socket", _Heard(octets)), method=method)
    response.begin()
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answered(response.status, headers, response.read())


def _fault(place: Place, what: str) -> OutsideFault:
    return OutsideFault(
        f"the authority {what}.", mend="See that it runs, and its table in the settings.", subject=place.host
    )
