from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.clock import NOON, FakeClock
from tests.fakes.stores import opened_store
from voltward.adapters.sql.store import SqlStore
from voltward.domain.errors import OutsideFault
from voltward.domain.part import Part
from voltward.gateway.channel.sockets import open_socket
from voltward.usecases.rounds.signs_of_life import look_at_parts
from voltward.worker.look_round import LookRound, ask_http


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    async with opened_store(tmp_path) as opened:
        yield opened


async def answering() -> None: ...


async def away() -> None:
    raise OutsideFault("it is away.", mend="Start it.")


async def test_the_worker_tells_of_itself_and_of_those_who_answer(store: SqlStore) -> None:
    await LookRound(store, FakeClock(), {Part.SIGNER: away, Part.PUBLISHER: answering}).go()

    seen = {one.part: one.at for one in await look_at_parts(store, Part, NOON)}
    assert seen == {
        Part.WORKER: NOON,
        Part.SIGNER: None,
        Part.PUBLISHER: NOON,
        Part.ENROLMENT: None,  # which tells of itself
    }


@pytest.mark.parametrize(
    ("said", "is_one"), [(b"HTTP/1.1 404 Not Found\r\n\r\n", True), (b"SSH-2.0-", False)]
)
async def test_a_server_of_ours_answers_something(said: bytes, is_one: bool) -> None:
    async def meet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        writer.close()

    listening = open_socket(("127.0.0.1", 0))
    async with await asyncio.start_server(meet, sock=listening):
        host, port = listening.getsockname()
        if is_one:
            await ask_http(host, port)
        else:
            with pytest.raises(EOFError):
                await ask_http(host, port)
    with pytest.raises(ConnectionError):
        await ask_http(host, port)
