"""An EST server (RFC 7030) that signs what it is asked for, as corporate ones do: names are the request's.

async with est_server(authority, EstWays(...)) as place: place.port, place.signed
"""

from __future__ import annotations

import asyncio
import ssl  # noqa: TID251 - an independent peer
import tempfile
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import serialize_certificates
from cryptography.x509.oid import NameOID

from tests.fakes.certificates import Authority
from tests.fakes.clock import FakeClock
from voltward.adapters.pki.est import WELL_KNOWN, EstEnrolment
from voltward.adapters.pki.http_exchange import Login, Place
from voltward.domain.secret import Secret
from voltward.wire.tls_client import build_client_context

USER, PASSWORD = "voltward", "correct horse"


@dataclass(slots=True)
class EstWays:
    """How it behaves; `once` is answered first, each thing once."""

    once: list[tuple[str, bytes]] = field(default_factory=list)  # status line and headers, body
    wrong_name: bool = False
    silent: bool = False


@dataclass(frozen=True, slots=True)
class EstPlace:
    """Where it is, and what it has done: the serial numbers that it gave out, and the paths it was asked for."""

    port: int
    anchors_pem: str
    signed: list[int]
    asked: list[str]


def est_enrolment(place: EstPlace, password: str = PASSWORD) -> EstEnrolment:
    """Ours, towards it."""
    return EstEnrolment(
        Place("localhost", place.port, WELL_KNOWN, is_tls=True),
        build_client_context(place.anchors_pem),
        Login(USER, Secret(password.encode())),
        FakeClock(),
    )


@asynccontextmanager
async def est_server(authority: Authority, ways: EstWays | None = None) -> AsyncIterator[EstPlace]:
    """On loopback, with a certificate of the same authority for `localhost`."""
    signed: list[int] = []
    asked: list[str] = []
    desk = _Desk(authority, ways or EstWays(), signed, asked)
    server = await asyncio.start_server(desk.meet, "127.0.0.1", 0, ssl=_context(authority))
    async with server:
        yield EstPlace(
            server.sockets[0].getsockname()[1], authority.certificate_pem.decode("ascii"), signed, asked
        )


@dataclass(frozen=True, slots=True)
class _Desk:
    authority: Authority
    ways: EstWays
    signed: list[int]
    asked: list[str]

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii")
        lines = head.split("\r\n")
        headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.asked.append(lines[0].rpartition(" ")[0])
        if self.ways.silent:
            await reader.read()  # until the client has enough of it
        else:
            status, answer = self._answer(lines[0], headers, body)
            length = f"\r\nContent-Length: {len(answer)}\r\n\r\n"
            writer.write(f"HTTP/1.1 {status}{length}".encode("ascii") + answer)
            await writer.drain()
        writer.close()

    def _answer(self, line: str, headers: dict[str, str], body: bytes) -> tuple[str, bytes]:
        pair = b64encode(f"{USER}:{PASSWORD}".encode()).decode("ascii")
        if headers.get("authorization") != f"Basic {pair}":
            return "401 Unauthorized\r\nWWW-Authenticate: Basic", b"who are you?"
        if line.startswith("GET /.well-known/est/cacerts "):
            return _certificates(self.authority.certificate)
        if not line.startswith("POST /.well-known/est/simpleenroll "):
            return "404 Not Found", b""
        if self.ways.once:
            return self.ways.once.pop(0)
        csr = b64decode(body, validate=True)
        subject = x509.load_der_x509_csr(csr).subject
        (name,) = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        said = "somebody else" if self.ways.wrong_name else str(name.value)
        leaf = x509.load_der_x509_certificate(self.authority.sign_request(csr, said, "Example CPO")[0])
        self.signed.append(leaf.serial_number)
        return _certificates(leaf)


def _certificates(*certificates: x509.Certificate) -> tuple[str, bytes]:
    heap = b64encode(serialize_certificates(list(certificates), Encoding.DER))
    folded = b"\r\n".join(heap[at : at + 64] for at in range(0, len(heap), 64))
    return "200 OK\r\nContent-Type: application/pkcs7-mime; smime-type=certs-only", folded


def _context(authority: Authority) -> ssl.SSLContext:
    issued = authority.issue("localhost", host_names=["localhost"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        chain = Path(folder, "chain.pem")
        chain.write_bytes(issued.key_pem + issued.chain_pem)
        context.load_cert_chain(chain)
    return context
