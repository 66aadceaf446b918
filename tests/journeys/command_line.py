"""The real commands, as processes, and what they print this once."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Told:
    """What a command said."""

    status: int
    out: str
    err: str


async def run_cli(*words: str, stdin: bytes | None = None) -> Told:
    """The real command, as a process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "voltward", *words, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    async with asyncio.timeout(30):
        out, err = await process.communicate(stdin)
    assert process.returncode is not None
    return Told(process.returncode, out.decode(), err.decode())


def passwords_in(printed: Any) -> Iterator[tuple[str, str]]:
    """What a command prints this once: texts under a name with "password" or "link" in it."""
    if isinstance(printed, dict):
        for name, value in printed.items():
            if isinstance(value, str) and ("password" in name or "link" in name):
                yield name, value
            else:
                yield from passwords_in(value)
    elif isinstance(printed, list):
        for value in printed:
            yield from passwords_in(value)
