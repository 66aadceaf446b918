"""Asks the gateway on `metrics.listen` how many of its live links stand on a certificate or an authority."""

from __future__ import annotations

import asyncio
from typing import Final

PATIENCE: Final = 2.0  # seconds
_LARGEST: Final = 4096


async def live_links(host: str, port: int, named: str) -> int | None:
    """How many; None where nobody answers there, or answers something else. `named`: SHA-256, hexadecimal."""
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(f"GET /links/{named} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode("ascii"))
                answer = await reader.read(_LARGEST)
                answer += await reader.read(_LARGEST)
            finally:
                writer.close()
    except (TimeoutError, OSError):
        return None
    head, _, body = answer.partition(b"\r\n\r\n")
    number = body.strip()
    if not head.startswith(b"HTTP/1.1 200 ") or not number.isdigit() or len(number) > 9:
        return None
    return int(number)
