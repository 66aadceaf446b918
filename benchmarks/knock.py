"""A stranger at the door: TLS without a certificate, a wrong password, and the answer has to be a refusal."""

from __future__ import annotations

import base64
import socket
import ssl

from benchmarks import messages
from benchmarks.errors import PeerFault
from benchmarks.fleet import HOST_NAME

PATIENCE = 30.0  # seconds; refusals of one source are answered later and later


def knock(address: tuple[str, int], identity: str) -> None:
    """Ask to come in with a password that nobody has. PeerFault unless the answer is 401."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the stranger does not care whom it talks to
    pair = base64.b64encode(f"{identity}:wrong-password-of-a-stranger".encode()).decode()
    head = (
        f"GET /ocpp/{identity} HTTP/1.1\r\nHost: {HOST_NAME}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: {messages.SUBPROTOCOL}\r\nAuthorization: Basic {pair}\r\n\r\n"
    )
    with (
        socket.create_connection(address, timeout=PATIENCE) as plain,
        context.wrap_socket(plain, server_hostname=HOST_NAME) as tls,
    ):
        tls.sendall(head.encode())
        answer = tls.recv(4096)
    if not answer.startswith(b"HTTP/1.1 401 "):
        raise PeerFault(f"a stranger was answered with {answer[:60]!r}")
