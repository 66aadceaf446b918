"""Metrics, health, the tokens' public keys, counts of links: on `metrics.listen`.

One request per connection, bounded.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable

from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from voltward.gateway.report import Metrics
from voltward.wire.small_http import response

_HEAD = 4096
_PATIENCE = 5.0  # seconds
_LINKS = re.compile(rb"/links/([0-9a-f]{64})")

Words = Callable[[], list[str]]


class HealthServer:
    """`missing` tells what keeps it from being ready, `remarks` what else is worth knowing, in words.

    `key_set`: empty is none. `count_links`: of those that stand on a certificate or authority (its SHA-256).
    """

    def __init__(
        self, metrics: Metrics, missing: Words, remarks: Words, key_set: Callable[[], bytes] = bytes
    ) -> None:
        self._key_set = key_set
        self._metrics = metrics
        self._missing = missing
        self._remarks = remarks
        self._server: asyncio.Server | None = None
        self.count_links: Callable[[str], int] = _nobody

    async def start(self, listening: socket.socket) -> None:
        """Answer on this socket."""
        self._server = await asyncio.start_server(self._serve, sock=listening, limit=_HEAD)

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(self._answer(head.split(b"\r\n", 1)[0]))
                await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass
        finally:
            writer.close()

    def _answer(self, line: bytes) -> bytes:
        method, _, rest = line.partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0]
        if method != b"GET":
            return response(405, b"only GET is answered here\n")
        if path == b"/metrics":
            return response(200, generate_latest(self._metrics.registry), CONTENT_TYPE_LATEST)
        if path == b"/healthz":
            return response(200, b"alive\n")
        if path == b"/readyz":
            missing = self._missing()
            said = [*(missing or ["ready"]), *self._remarks()]
            return response(503 if missing else 200, "\n".join(said).encode() + b"\n")
        if path == b"/.well-known/jwks.json" and (keys := self._key_set()):
            return response(200, keys, "application/jwk-set+json")
        if links := _LINKS.fullmatch(path):
            return response(200, b"%d\n" % self.count_links(links[1].decode("ascii")))
        return response(404, b"there is /metrics, /healthz and /readyz\n")


def _nobody(_named: str) -> int:
    """Before somebody counts."""
    return 0
