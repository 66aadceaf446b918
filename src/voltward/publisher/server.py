"""The publisher's port: plain HTTP for anybody, since a list cannot wait for a certificate (RFC 5280, 8).

Everything is bounded: connections in all and per source, octets of a request, seconds for all of it.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import structlog

from voltward.crypto.revocation.status_requests import LARGEST
from voltward.domain.errors import OutsideFault
from voltward.ports.clock import Clock
from voltward.publisher.pages import Page, Pages
from voltward.small_servers.visits import Bounds, Visitor, Visits
from voltward.usecases.revocation.keep_lists import ListKeeper
from voltward.usecases.revocation.status_book import StatusBook
from voltward.wire.small_http import read_request_head, response_head

MOST: Final = 256  # connections at a time
MOST_PER_SOURCE: Final = 32
LARGEST_HEAD: Final = 16 * 1024  # a question in a path takes a few hundred octets
PATIENCE: Final = 60.0  # seconds, for a list of megabytes over a slow line too
ASKING: Final = 10.0  # seconds that a request may take to arrive
PORTION: Final = 64 * 1024  # octets written at once: whoever reads slowly holds no more than that of ours
LOOK: Final = 2.0  # seconds between two looks for what was revoked
RENEW: Final = 60.0  # seconds between two rounds of signing ahead


class Publisher:
    """Listens on a socket, and keeps what it tells fresh, until it is cancelled."""

    def __init__(
        self, lists: ListKeeper, book: StatusBook, clock: Clock, *, with_nonce: bool = False
    ) -> None:
        self._lists = lists
        self._book = book
        self._clock = clock
        self._pages = Pages(lists, book, clock, with_nonce=with_nonce)
        self._visits = Visits(Bounds(MOST, MOST_PER_SOURCE, PATIENCE, LARGEST_HEAD), self._serve)
        self._log = structlog.get_logger()
        self.on_ready: Callable[[], None] = lambda: None

    async def run(self, listening: socket.socket) -> None:
        """Serve; a signer that is away is waited for, and what was last known is told meanwhile."""
        async with self._visits.received(listening), asyncio.TaskGroup() as group:
            self._log.info("publisher_ready", port=listening.getsockname()[1])
            self.on_ready()
            group.create_task(self._keep_level())
            group.create_task(self._keep_ahead())

    async def _keep_level(self) -> None:
        is_away = False
        while True:
            try:
                moved = await self._lists.refresh(self._clock.now())
            except OutsideFault as fault:
                if not is_away:
                    self._log.warning("signer_lost", reason=fault.what)
                is_away = True
            else:
                if is_away:
                    self._log.info("signer_found")
                is_away = False
                if moved:
                    known = [one.authority for one in self._lists.published.values()]
                    self._book.become(known, moved)
                    self._log.info("lists_published", authorities=moved)
            await asyncio.sleep(LOOK)

    async def _keep_ahead(self) -> None:
        while True:
            await asyncio.sleep(RENEW)
            with suppress(OutsideFault):
                await self._book.renew()

    async def _serve(self, visitor: Visitor) -> None:
        page, is_head = await self._answered(visitor.reader)
        await _send(visitor.writer, page, is_head=is_head)

    async def _answered(self, reader: asyncio.StreamReader) -> tuple[Page, bool]:
        async with asyncio.timeout(ASKING):
            head = read_request_head(await reader.readuntil(b"\r\n\r\n"))
            if head is None or head.length is None:
                return Page(400), False
            if head.length > LARGEST:
                return Page(413), False
            body = await reader.readexactly(head.length)
        return await self._pages.answer(head, body), head.method == "HEAD"


async def _send(writer: asyncio.StreamWriter, page: Page, *, is_head: bool) -> None:
    writer.write(response_head(page.status, len(page.body), page.headers))
    body = memoryview(b"" if is_head else page.body)
    for start in range(0, len(body), PORTION):
        writer.write(body[start : start + PORTION])
        await writer.drain()
    await writer.drain()
