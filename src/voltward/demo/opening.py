"""The beginning: is the gateway up, and does it say so to whoever asks?"""

from __future__ import annotations

import asyncio
from typing import Final

from voltward.demo.cast import CAST
from voltward.demo.outcome import Seen
from voltward.demo.stage import HOST, Scene, Stage
from voltward.usecases.views.queries import list_stations

_ASK_SECONDS: Final = 5.0
_LONGEST: Final = 64 * 1024


async def _is_ready(stage: Stage) -> Seen:
    answer = await _get(stage.ports.metrics, "/readyz")
    registered = len(await list_stations(stage.site.deployment.store))
    ports = f"TLS on {HOST}:{stage.ports.tls}, plain on {HOST}:{stage.ports.plain}"
    ok = answer.endswith("ready\n") and " 200 " in answer.partition("\r\n")[0] and registered == len(CAST)
    return Seen(f"{ports}; {registered} stations registered while it runs", ok, look_at="/readyz: " + answer)


async def _get(port: int, path: str) -> str:
    """The whole answer to a GET; empty when there is none."""
    try:
        async with asyncio.timeout(_ASK_SECONDS):
            reader, writer = await asyncio.open_connection(HOST, port)
            try:
                writer.write(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
                return (await reader.read(_LONGEST)).decode("utf-8", "replace")
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return ""


READY = Scene(
    "the gateway is up", "/readyz answers 200; the stations are registered on the running gateway", _is_ready
)
