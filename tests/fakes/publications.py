"""A publisher of a signer's authorities, on a port of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from tests.fakes.signers import SignerSite
from voltward.adapters.pki.signer.signer_client import SignerClient, in_process
from voltward.gateway.channel.sockets import open_socket
from voltward.publisher.server import Publisher
from voltward.usecases.revocation.keep_lists import ListKeeper
from voltward.usecases.revocation.status_book import StatusBook


@dataclass(frozen=True, slots=True)
class Published:
    """Where it is, and the signer behind it; the clock is the site's."""

    port: int
    signer: SignerClient
    lists: ListKeeper
    book: StatusBook
    site: SignerSite

    async def level(self) -> None:
        """What the publisher does by itself every two seconds."""
        moved = await self.lists.refresh(self.site.clock.now())
        self.book.become([one.authority for one in self.lists.published.values()], moved)

    async def fetch(self, request: bytes) -> tuple[bytes, bytes]:
        """The head and the body of the answer to a whole request."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(request)
            async with asyncio.timeout(20):
                head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        except ConnectionError:
            return b"", b""
        finally:
            writer.close()
        return head, body


@asynccontextmanager
async def publishing(site: SignerSite, *, with_nonce: bool = False) -> AsyncIterator[Published]:
    """Serves until the block ends."""
    desk = site.desk()
    signer = SignerClient(in_process(desk))
    lists, book = ListKeeper(signer), StatusBook(signer, site.clock)
    publisher, listening = (
        Publisher(lists, book, site.clock, with_nonce=with_nonce),
        open_socket(("127.0.0.1", 0)),
    )
    published = Published(listening.getsockname()[1], signer, lists, book, site)
    await published.level()
    ready = asyncio.Event()
    publisher.on_ready = ready.set
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(publisher.run(listening))
        await ready.wait()
        try:
            yield published
        finally:
            serving.cancel()
            with suppress(asyncio.CancelledError):
                await serving
            desk.close()
