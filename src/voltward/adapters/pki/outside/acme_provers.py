"""Proofs that a name is ours: a page on port 80 (http-01), or a record that a program of the operator's sets.

The page is served for the time of a proof alone, and nothing else is. The program is called without a shell:

    PROGRAM present _acme-challenge.csms.example VALUE     returns when the record can be seen
    PROGRAM remove  _acme-challenge.csms.example VALUE
"""

from __future__ import annotations

import asyncio
import re
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from voltward.adapters.pki.outside.acme import Proof
from voltward.domain.errors import OutsideFault
from voltward.wire.small_http import read_request_head, response

PAGES: Final = "/.well-known/acme-challenge/"
MOST: Final = 64  # connections at a time: an authority looks from a few places
LARGEST_HEAD: Final = 8 * 1024
ASKING: Final = 5.0  # seconds for one request
RUNNING: Final = 120.0  # seconds for the program
_MOST_WORDS: Final = 2048
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{1,256}")  # RFC 8555, 8.1
_NAME: Final = re.compile(r"[A-Za-z0-9*:_.-]{1,253}")


@dataclass(frozen=True, slots=True)
class PageProver:
    """Implements Prover: listens at an address while a proof is wanted."""

    host: str
    port: int
    kind: str = "http-01"

    @asynccontextmanager
    async def showing(self, proof: Proof) -> AsyncIterator[None]:
        _check(proof)
        path, page = f"{PAGES}{proof.token}", proof.page.encode("ascii")
        here = asyncio.Semaphore(MOST)

        async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                if not here.locked():
                    async with here, asyncio.timeout(ASKING):
                        head = read_request_head(await reader.readuntil(b"\r\n\r\n"))
                        is_it = head is not None and (head.method, head.path) == ("GET", path)
                        writer.write(response(200, page) if is_it else response(404, b""))
                        await writer.drain()
            except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
                pass  # it left, was too slow, or said too much
            finally:
                writer.close()

        try:
            server = await asyncio.start_server(meet, self.host, self.port, limit=LARGEST_HEAD)
        except OSError as error:
            raise OutsideFault(
                f"cannot listen for the proof: {error.strerror}.",
                mend="Free that port, or let port 80 be passed on to another one here.",
                subject=f"{self.host}:{self.port}",
            ) from error
        async with server:
            yield


@dataclass(frozen=True, slots=True)
class RecordProver:
    """Implements Prover: a program sets and removes the record."""

    program: Path
    kind: str = "dns-01"

    @asynccontextmanager
    async def showing(self, proof: Proof) -> AsyncIterator[None]:
        _check(proof)
        record = f"_acme-challenge.{proof.name}"
        await self._run("present", record, proof.record)
        try:
            yield
        finally:
            await self._run("remove", record, proof.record)

    async def _run(self, order: str, record: str, value: str) -> None:
        try:
            process = await asyncio.create_subprocess_exec(
                self.program, order, record, value, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT
            )
        except OSError as error:
            raise self._fault(order, error.strerror or "it cannot be run") from error
        assert process.stdout is not None
        words = b""
        try:
            async with asyncio.timeout(RUNNING):
                while piece := await process.stdout.read(4096):
                    words = (words + piece)[-_MOST_WORDS:]
                status = await process.wait()
        except TimeoutError as error:
            raise self._fault(order, f"it took more than {RUNNING:g} s") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if status:
            said = " ".join(words.decode("utf-8", "replace").split())[-300:]
            raise self._fault(order, f"status {status}: {said}")

    def _fault(self, order: str, why: str) -> OutsideFault:
        return OutsideFault(
            f"the program for DNS records failed at `{order}`: {why}",
            mend="Try it by hand.",
            subject=str(self.program),
        )


def _check(proof: Proof) -> None:
    """What a server says becomes a path, and an argument."""
    if not _TOKEN.fullmatch(proof.token) or not _NAME.fullmatch(proof.name):
        raise OutsideFault("the authority wants a proof with a token or a name that is none.")
