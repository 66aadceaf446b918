"""A raw conversation: connect, say something, listen until enough was heard.

For what no WebSocket client would say.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from voltward.simulator.dial import Endpoint
from voltward.simulator.tls_context import alert_name, client_context

CONNECT_SECONDS: Final = 5.0
MAX_HEARD: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Heard:
    """What came back. `ended`: the peer closed the connection; else the time was up, or it was enough."""

    octets: bytes = b""
    ended: bool = False
    alert: str | None = None  # under TLS: the alert that ended it
    failure: str | None = None  # there was no conversation, and why


class Conversation:
    """A raw connection with a deadline for each step."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def say(self, octets: bytes, *, seconds: float) -> None:
        """Send; a peer that stopped listening is found out when it is listened to."""
        with suppress(ConnectionError, TimeoutError):
            self._writer.write(octets)
            async with asyncio.timeout(seconds):
                await self._writer.drain()

    async def listen(self, *, seconds: float, enough: Callable[[bytes], bool]) -> Heard:
        """Listen until `enough` says so of all that came, the peer closes, or the time is up."""
        heard = b""
        try:
            async with asyncio.timeout(seconds):
                while len(heard) < MAX_HEARD:
                    octets = await self._reader.read(16 * 1024)
                    heard += octets
                    if not octets:
                        return Heard(heard, ended=True)
                    if enough(heard):
                        break
        except TimeoutError:
            pass
        except OSError as error:
            return Heard(heard, ended=True, alert=alert_name(error))
        return Heard(heard)

    async def close(self) -> None:
        """Go away without ceremony."""
        self._writer.transport.abort()
        with suppress(OSError):
            await self._writer.wait_closed()


async def open_conversation(
    endpoint: Endpoint, *, source: str | None, with_tls: bool
) -> Conversation | Heard:
    """Connect to the endpoint's port; a `Heard` says why there is no conversation."""
    tls = endpoint.tls if with_tls else None
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(
                endpoint.host,
                endpoint.port,
                ssl=None if tls is None else client_context(tls),
                server_hostname=None if tls is None else tls.server_name,
                local_addr=None if source is None else (source, 0),
            )
    except (OSError, TimeoutError) as error:
        return Heard(alert=alert_name(error), failure=str(error) or type(error).__name__)
    return Conversation(reader, writer)


async def exchange(
    endpoint: Endpoint,
    octets: bytes,
    *,
    source: str | None,
    seconds: float,
    enough: Callable[[bytes], bool] = lambda _heard: False,
    with_tls: bool = False,
) -> Heard:
    """Say one thing and listen to what comes back."""
    conversation = await open_conversation(endpoint, source=source, with_tls=with_tls)
    if isinstance(conversation, Heard):
        return conversation
    try:
        await conversation.say(octets, seconds=seconds)
        return await conversation.listen(seconds=seconds, enough=enough)
    finally:
        await conversation.close()
