"""A TLS client on memory buffers for tests: pyOpenSSL itself, pinned and bent as a test needs it.

peer = TlsPeer(PeerChoice(maximum="TLSv1.2", suites="AES128-GCM-SHA256", shows=station))
shake_hands(engine, peer)     # raises TlsFailure of the engine, PeerRefused of the peer
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from OpenSSL import SSL, crypto

from tests.fakes.certificates import Authority, Issued
from voltward.wire import libssl

_VERSIONS = {
    "TLSv1": SSL.TLS1_VERSION,
    "TLSv1.1": SSL.TLS1_1_VERSION,
    "TLSv1.2": SSL.TLS1_2_VERSION,
    "TLSv1.3": SSL.TLS1_3_VERSION,
}


class PeerRefused(Exception):
    """The client broke off."""


class Engine(Protocol):
    """The surface that both engines of `voltward.wire` share."""

    def receive(self, data: bytes) -> None: ...
    def handshake(self) -> bool: ...
    def take_output(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class PeerChoice:
    """What the client offers; `suites` is OpenSSL's list for TLS 1.2 and older, at security level 0."""

    minimum: str = "TLSv1.2"
    maximum: str = "TLSv1.3"
    suites: str | None = None
    shows: Issued | None = None
    trusts: Authority | None = None  # None: takes any server
    server_name: str = "csms.example"


class TlsPeer:
    """One client connection; with `resumes` it offers the session of an earlier one."""

    def __init__(self, choice: PeerChoice | None = None, resumes: TlsPeer | None = None) -> None:
        choice = choice or PeerChoice()
        context = resumes.connection.get_context() if resumes else _context(choice)
        self.connection = SSL.Connection(context)
        self.connection.set_tlsext_host_name(choice.server_name.encode())
        session = resumes.connection.get_session() if resumes else None
        if session is not None:
            self.connection.set_session(session)
        self.connection.set_connect_state()

    def receive(self, data: bytes) -> None:
        if data:
            self.connection.bio_write(data)

    def handshake(self) -> bool:
        try:
            self.connection.do_handshake()
        except SSL.WantReadError:
            return False
        except SSL.Error as error:
            raise PeerRefused(error.args) from error
        return True

    def take_output(self) -> bytes:
        try:
            return self.connection.bio_read(1 << 20)
        except SSL.WantReadError:
            return b""

    def write(self, data: bytes) -> None:
        self.connection.sendall(data)

    def read(self) -> bytes:
        """Everything that has arrived."""
        parts = []
        while True:
            try:
                parts.append(self.connection.recv(65_536))
            except (SSL.WantReadError, SSL.ZeroReturnError):
                return b"".join(parts)

    @property
    def chain_seen(self) -> list[str]:
        """Common names of what the server sent, leaf first."""
        chain = self.connection.get_peer_cert_chain(as_cryptography=True) or []
        return [link.subject.rfc4514_string() for link in chain]


def _context(choice: PeerChoice) -> SSL.Context:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(_VERSIONS[choice.minimum])
    context.set_max_proto_version(_VERSIONS[choice.maximum])
    context.set_cipher_list(f"{choice.suites or 'DEFAULT'}:@SECLEVEL=0".encode())
    libssl.set_groups(context, "X25519MLKEM768:X25519:P-256:P-384:P-521:brainpoolP256r1")
    if choice.shows is not None:
        context.use_certificate(choice.shows.certificate)
        context.use_privatekey(choice.shows.key)
        for link in choice.shows.intermediates:
            context.add_extra_chain_cert(link)
    if choice.trusts is not None:
        store = context.get_cert_store()
        assert store is not None
        store.add_cert(crypto.X509.from_cryptography(choice.trusts.certificate))
        context.set_verify(SSL.VERIFY_PEER, lambda *seen: bool(seen[-1]))
    return context


def shake_hands(server: Engine, client: Engine, step: int = 1 << 20) -> None:
    """Carry bytes both ways, `step` at a time, until both have completed the handshake."""
    done = False
    for _ in range(10):
        client_done = client.handshake()
        done = _carry(client, server, step) or done
        _carry(server, client, step)
        if client_done and done:
            return
    raise AssertionError("the handshake does not come to an end")


def _carry(source: Engine, target: Engine, step: int) -> bool:
    output = source.take_output()
    for at in range(0, len(output), step):
        target.receive(output[at : at + step])
        if target.handshake():
            target.receive(output[at + step :])
            return True
    return target.handshake()
