"""An EST server (RFC 7030) that signs what it is asked for, as corporate ones do: names are the request's.

async with est_server(authority, EstWays(...)) as place: place.port, place.signed
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import serialize_certificates
from cryptography.x509.oid import NameOID

from tests.fakes.certificates import Authority, Issued
from tests.fakes.clock import FakeClock
from tests.fakes.tls_desk import Request, tls_desk
from voltward.adapters.pki.outside.est import WELL_KNOWN, EstEnrolment
from voltward.adapters.pki.outside.http_exchange import Login, Place
from voltward.domain.secret import Secret
from voltward.wire.tls_client import ClientChain, build_client_context

USER, PASSWORD = "voltward", "correct horse"


@dataclass(slots=True)
class EstWays:
    """How it behaves; `once` is answered first, each thing once."""

    once: list[tuple[str, bytes]] = field(default_factory=list)  # status line and headers, body
    wrong_name: bool = False
    silent: bool = False
    down: bool = False  # it hears, and breaks off
    clients: Authority | None = None  # who shows a certificate of these needs no password


@dataclass(frozen=True, slots=True)
class EstPlace:
    """Where it is, and what it has done: the serial numbers that it gave out, and the paths it was asked for."""

    port: int
    anchors_pem: str
    signed: list[int]
    asked: list[str]


def est_enrolment(place: EstPlace, password: str = PASSWORD) -> EstEnrolment:
    """Ours, towards it."""
    login = Login(USER, Secret(password.encode()))
    return EstEnrolment(_place(place), build_client_context(place.anchors_pem), login, FakeClock())


def est_enrolment_showing(place: EstPlace, issued: Issued) -> EstEnrolment:
    """Ours, with a certificate and without a password."""
    chain = ClientChain(issued.chain_pem, Secret(issued.key_pem))
    return EstEnrolment(_place(place), build_client_context(place.anchors_pem, chain), None, FakeClock())


def _place(place: EstPlace) -> Place:
    return Place("localhost", place.port, WELL_KNOWN, is_tls=True)


@asynccontextmanager
async def est_server(authority: Authority, ways: EstWays | None = None) -> AsyncIterator[EstPlace]:
    """On loopback, with a certificate of the same authority for `localhost`."""
    ways = ways or EstWays()
    desk = _Desk(authority, ways, [], [])
    async with tls_desk(authority, desk.answer, ways.clients) as port:
        yield EstPlace(port, authority.certificate_pem.decode("ascii"), desk.signed, desk.asked)


@dataclass(frozen=True, slots=True)
class _Desk:
    authority: Authority
    ways: EstWays
    signed: list[int]
    asked: list[str]

    def answer(self, request: Request) -> tuple[str, bytes] | None:
        self.asked.append(f"{request.method} {request.path}")
        if self.ways.down:
            raise ConnectionAbortedError
        if self.ways.silent:
            return None
        pair = b64encode(f"{USER}:{PASSWORD}".encode()).decode("ascii")
        if request.headers.get("authorization") != f"Basic {pair}" and request.shown is None:
            return "401 Unauthorized\r\nWWW-Authenticate: Basic", b"who are you?"
        if self.asked[-1] == f"GET {WELL_KNOWN}/cacerts":
            return _certificates(self.authority.certificate)
        if self.asked[-1] != f"POST {WELL_KNOWN}/simpleenroll":
            return "404 Not Found", b""
        if self.ways.once:
            return self.ways.once.pop(0)
        csr = b64decode(request.body, validate=True)
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
