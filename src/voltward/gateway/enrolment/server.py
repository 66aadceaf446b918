"""The enrolment door's port: one request on a connection, one answer, and everything bounded.

Connections in all and per source, octets of a request, seconds of each part. The registry in memory follows
the store, as that of the gateway does: what was ordered bites here as soon as there.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import structlog

from voltward.detection.sources import SourceMap
from voltward.domain.errors import OutsideFault, VoltwardError
from voltward.domain.part import Part
from voltward.gateway.enrolment.pages import LARGEST_BODY, Caller, EnrolmentPages, Reply
from voltward.gateway.enrolment.tls_line import TlsLine
from voltward.ports.change_feed import ChangeFeed
from voltward.ports.clock import Clock
from voltward.ports.storage import Store
from voltward.small_servers.visits import Bounds, Visitor, Visits
from voltward.usecases.admission.admission_registry import AdmissionRegistry
from voltward.usecases.admission.follow_store import catch_up, load_registry
from voltward.usecases.rounds.signs_of_life import EVERY, give_sign
from voltward.wire.small_http import RequestHead, read_request_head, response_head
from voltward.wire.tls_context import ServerContext
from voltward.wire.tls_failure import TlsFailure

MOST: Final = 128  # connections at a time
MOST_PER_SOURCE: Final = 16
LARGEST_HEAD: Final = 16 * 1024
ASKING: Final = 10.0  # seconds that a handshake and a request may take together
PATIENCE: Final = 40.0  # seconds, for all of it: the longest delay of a refusal, and a slow reader
POLL: Final = 0.25  # seconds between two looks for what has changed


@dataclass(frozen=True, slots=True)
class Shown:
    """What strangers are measured by and shown: the TLS context, and the authorities (DER)."""

    context: ServerContext
    authorities: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class ServerParts:
    """`show` makes what is shown anew, from the disk and the registry; faults as these have them."""

    store: Store
    feed: ChangeFeed
    registry: AdmissionRegistry
    sources: SourceMap
    clock: Clock
    show: Callable[[], Shown]


class EnrolmentServer:
    """Listens on a socket until it is cancelled. `pages` are set before it runs."""

    def __init__(self, parts: ServerParts) -> None:
        self._parts = parts
        self._shown = parts.show()
        self._is_level = False
        self._signed_at = -EVERY  # monotonic seconds
        self._visits = Visits(Bounds(MOST, MOST_PER_SOURCE, PATIENCE), self._serve, parts.sources)
        self._log = structlog.get_logger()
        self.pages: EnrolmentPages
        self.on_ready: Callable[[], None] = lambda: None

    @property
    def authorities(self) -> Sequence[bytes]:
        """Those that are shown now."""
        return self._shown.authorities

    def show_anew(self) -> None:
        """Other authorities, or other chains on the disk. If they cannot be read, all stays, and is told."""
        try:
            self._shown = self._parts.show()
        except VoltwardError as error:
            self._log.warning("trust_not_renewed", reason=str(error))

    async def run(self, listening: socket.socket) -> None:
        """Serve; as long as the store was never seen, everybody is told to come again."""
        async with self._visits.received(listening):
            self._log.info("enrolment_ready", port=listening.getsockname()[1])
            self.on_ready()
            await self._follow()

    async def _follow(self) -> None:
        store, feed, registry = self._parts.store, self._parts.feed, self._parts.registry
        is_away = False
        while True:
            try:
                if not self._is_level:
                    await load_registry(store, feed, registry)
                    is_new = self._is_level = True
                else:
                    moved = await catch_up(store, feed, registry)
                    is_new = moved.trust or moved.chains or moved.reloaded
            except OutsideFault as fault:
                if not is_away:
                    self._log.warning("store_lost", reason=fault.what)
                is_away = True
            else:
                if is_away:
                    self._log.info("store_found")
                is_away = False
                if is_new:
                    self.show_anew()
                await self._give_sign()
            await self._news()

    async def _give_sign(self) -> None:
        """That it is alive, now and then; a store that cannot take it will be told of by the next look."""
        now = asyncio.get_running_loop().time()
        if now - self._signed_at >= EVERY:
            self._signed_at = now
            with suppress(OutsideFault):
                await give_sign(self._parts.store, [Part.ENROLMENT], self._parts.clock.now())

    async def _news(self) -> None:
        try:
            await self._parts.feed.moved(POLL)
        except OutsideFault:
            await asyncio.sleep(POLL)

    async def _serve(self, visitor: Visitor) -> None:
        line = TlsLine(self._shown.context, visitor.reader, visitor.writer)
        try:
            await self._talk(line, visitor)
        except TlsFailure as failure:
            self._log.info("enrolment_broken_off", source=visitor.address, reason=failure.reason)

    async def _talk(self, line: TlsLine, visitor: Visitor) -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(ASKING):
            facts = await line.shake_hands()
            asked = await _asked(line)
        if asked is None:
            return
        begun = loop.time()
        reply = await self._answered(asked, Caller(visitor.source, visitor.address, facts))
        await asyncio.sleep(begun + reply.delay - loop.time())
        told = {"source": visitor.address, "status": reply.status, **reply.told}
        self._log.info("enrolment_answered", path=asked[0].path[:100], **told)
        await line.write(response_head(reply.status, len(reply.body), reply.headers) + reply.body)
        await line.close()

    async def _answered(self, asked: tuple[RequestHead, bytes | None], caller: Caller) -> Reply:
        head, body = asked
        if body is None:
            return Reply(413 if head.length is not None else 411)
        if not self._is_level:
            return Reply(503, headers={"Retry-After": "30"})
        return await self.pages.answer(head, body, caller)


async def _asked(line: TlsLine) -> tuple[RequestHead, bytes | None] | None:
    """The request; its body None where it is too long, or does not say how long it is. None: it left."""
    octets = await line.read_until(b"\r\n\r\n", LARGEST_HEAD)
    head = read_request_head(octets) if octets is not None else None
    if head is None:
        return None
    if head.length is None or head.length > LARGEST_BODY:
        return head, None
    if head.headers.get("expect", "").lower() == "100-continue":
        await line.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = await line.read_exactly(head.length)
    return (head, body) if body is not None else None
