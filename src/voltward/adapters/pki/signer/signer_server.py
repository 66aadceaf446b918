"""The signer's socket: who may ask, how many may wait, and batches for the desk.

Peers are known by their user (SO_PEERCRED). Some may read and order nothing: so whoever talks to strangers is
kept from signatures. Whatever waits is signed together, with one flush of the ledger: alone an order costs a
flush, in a crowd its signature. A list is finished in a thread beside that, one at a time: a long one keeps
no order waiting.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import structlog

from voltward.adapters.durable_files import disk
from voltward.adapters.pki.signer.list_writer import UnfinishedList
from voltward.adapters.pki.signer.signer_messages import (
    LARGEST_REQUEST,
    Answer,
    Describe,
    Failed,
    GetList,
    GetStatuses,
    IssueAll,
    Request,
    Wrong,
    framed,
    read_framed,
    read_request,
)
from voltward.adapters.pki.signer.signing_desk import SigningDesk, finished, told
from voltward.adapters.pki.signer.socket_path import short_path
from voltward.detection.shares import Shares
from voltward.domain.errors import OutsideFault

MOST_WAITING: Final = 512  # requests; whoever comes then is told to come later
LARGEST_BATCH: Final = 128  # orders; one message more may be on top
REQUEST_PATIENCE: Final = 5.0  # seconds for a peer to say what it wants
ANSWER_PATIENCE: Final = 30.0  # seconds for its turn, and again for it to take the answer
READING: Final = (Describe, GetList, GetStatuses)  # of no consequence but for its answer
TOLD_PER_SECOND, TOLD_AT_ONCE, STRANGERS = 1 / 60, 3, 100  # lines about each user that may not ask
_CREDENTIALS: Final = struct.Struct("3i")  # struct ucred: pid, uid, gid


@dataclass(frozen=True, slots=True)
class SignerSocket:
    """Where it is, and which users beside the signer's own may ask; `readers` order nothing."""

    path: Path
    users: Collection[int] = ()
    readers: Collection[int] = ()

    @property
    def mode(self) -> int:
        """For other users the file has to be open: then it is their number that opens."""
        return 0o666 if self.users or self.readers else 0o600

    def knows(self, user: int) -> bool:
        """Whether it may ask at all."""
        return self.may_order(user) or user in self.readers

    def may_order(self, user: int) -> bool:
        """Whether it may ask for more than what anybody will be told."""
        return user == os.getuid() or user in self.users


_Waiting = tuple[Request, asyncio.Future[Answer | UnfinishedList]]


class SignerServer:
    """Runs until it is cancelled, or the ledger fails."""

    def __init__(self, desk: SigningDesk, place: SignerSocket) -> None:
        self._desk = desk
        self._place = place
        self._refused: Shares[int] = Shares(TOLD_PER_SECOND, TOLD_AT_ONCE, STRANGERS)
        self._waiting: asyncio.Queue[_Waiting] = asyncio.Queue(MOST_WAITING)
        self._finishing = asyncio.Lock()
        self._log = structlog.get_logger()
        self.listening = asyncio.Event()

    async def run(self) -> None:
        """Listen and sign. OutsideFault where the socket cannot be made or the ledger cannot be written."""
        server = await self._listen()
        self._log.info("signer_ready", socket=str(self._place.path))
        self.listening.set()
        try:
            while True:
                await self._sign(await self._batch())
        finally:
            server.close()
            with suppress(OSError):
                self._place.path.unlink(missing_ok=True)

    async def _listen(self) -> asyncio.Server:
        path = self._place.path
        with disk(path, "cannot be made"):
            path.unlink(missing_ok=True)  # the ledger's lock says that nobody listens there
            old = os.umask(0o177)
            try:
                with short_path(path) as name:
                    server = await asyncio.start_unix_server(self._serve, name)
            finally:
                os.umask(old)
            path.chmod(self._place.mode)
        return server

    async def _batch(self) -> list[_Waiting]:
        batch = [await self._waiting.get()]
        weight = _weight(batch[0][0])
        while weight < LARGEST_BATCH and not self._waiting.empty():
            batch.append(self._waiting.get_nowait())
            weight += _weight(batch[-1][0])
        return batch

    async def _sign(self, batch: list[_Waiting]) -> None:
        """An answer for each; who has left in between finds it in the ledger when it asks again."""
        try:
            answers = await asyncio.to_thread(self._desk.begin, [request for request, _ in batch])
        except OutsideFault as fault:
            for _, future in batch:
                _settle(future, told(fault))
            await asyncio.sleep(0)
            raise
        for (_, future), answer in zip(batch, answers, strict=True):
            _settle(future, answer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            user = _user_of(writer)
            if not self._place.knows(user):
                self._tell_refused(user)
                return
            async with asyncio.timeout(REQUEST_PATIENCE):
                octets = await read_framed(reader, LARGEST_REQUEST)
            answer = await self._answered(octets, user)
            async with asyncio.timeout(ANSWER_PATIENCE):
                writer.write(framed(answer))
                await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError, ValueError):
            pass  # it left, or was too slow, or said what is no request: it hears nothing
        except asyncio.CancelledError:
            pass  # the signer ends. Nobody waits for this task, and asyncio prints a trace for it otherwise
        finally:
            writer.close()

    def _tell_refused(self, user: int) -> None:
        """Not each time: the socket may be open to everybody on this machine."""
        if self._refused.take(user, asyncio.get_running_loop().time()):
            self._log.warning("signer_peer_refused", user=user)

    async def _answered(self, octets: bytes, user: int) -> Answer:
        try:
            request = read_request(octets)
        except (msgspec.DecodeError, RecursionError):  # the latter for what is nested without an end
            return Wrong("this is no request.", "Run the same version of Voltward for all parts.")
        if not isinstance(request, READING) and not self._place.may_order(user):
            return Wrong("this user may read, and order nothing.", "See signer.users and signer.readers.")
        future = asyncio.get_running_loop().create_future()
        try:
            self._waiting.put_nowait((request, future))
        except asyncio.QueueFull:
            return Failed(f"{MOST_WAITING} requests wait already.", "Ask again later.")
        async with asyncio.timeout(ANSWER_PATIENCE):
            begun = await future
            if not isinstance(begun, UnfinishedList):
                return begun
            async with self._finishing:
                return await asyncio.to_thread(finished, begun)


def _weight(request: Request) -> int:
    return len(request.orders) if isinstance(request, IssueAll) else 1


def _settle(future: asyncio.Future[Answer | UnfinishedList], answer: Answer | UnfinishedList) -> None:
    if not future.done():
        future.set_result(answer)


def _user_of(writer: asyncio.StreamWriter) -> int:
    peer = writer.get_extra_info("socket")
    credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return _CREDENTIALS.unpack(credentials)[1]
