"""The publisher process: what others fetch about our certificates. It has no key, and no store."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress

from voltward.adapters.system_clock import SystemClock
from voltward.bootstrap.authority.signer import ENDINGS, signer_client
from voltward.bootstrap.listening import listening_at
from voltward.publisher.server import Publisher
from voltward.settings import Settings
from voltward.usecases.revocation.keep_lists import ListKeeper
from voltward.usecases.revocation.status_book import StatusBook


def serve_publisher(settings: Settings) -> None:
    """The publisher process on its event loop, until a signal ends it."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    asyncio.run(run_publisher(settings))


async def run_publisher(settings: Settings) -> None:
    """Listen and answer. OutsideFault if the port cannot be had."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None
    for number in ENDINGS:
        loop.add_signal_handler(number, task.cancel)
    listening = listening_at(settings.publication.listen, "publication.listen")
    with suppress(asyncio.CancelledError):
        await made_publisher(settings).run(listening)


def made_publisher(settings: Settings) -> Publisher:
    """Asks the signer process over its socket."""
    clock, signer = SystemClock(), signer_client(settings)
    with_nonce = settings.publication.nonce == "answered"
    return Publisher(ListKeeper(signer), StatusBook(signer, clock), clock, with_nonce=with_nonce)
