from __future__ import annotations

import asyncio
import fcntl
import os
from pathlib import Path

import pytest

from tests.fakes.clock import FakeClock
from voltward.adapters.sql.journal.journal_chain import ChainHead
from voltward.adapters.sql.journal.journal_signer import JournalSigner
from voltward.domain.secret import Secret


def _head(seq: int, writer: str = "cli") -> ChainHead:
    return ChainHead(writer, seq, bytes([seq]) * 32)


@pytest.fixture
def signer(tmp_path: Path) -> JournalSigner:
    return JournalSigner(tmp_path, Secret(b"s" * 32), FakeClock())


async def test_a_committed_head_is_signed_at_once(signer: JournalSigner) -> None:
    await signer.committed(_head(1))
    await signer.committed(_head(3))

    assert await signer.check("cli") == ([_head(1), _head(3)], [])
    assert signer.writers() == {"cli"}


async def test_where_somebody_keeps_the_heads_they_are_only_remembered(signer: JournalSigner) -> None:
    signer.keep("gateway")
    await signer.committed(_head(2, "gateway"))
    await signer.committed(_head(1, "gateway"))  # was committed before, and told after

    assert signer.newest("gateway") == _head(2, "gateway")
    assert await signer.check("gateway") == ([], [])

    await signer.sign_newest("gateway")
    assert await signer.check("gateway") == ([_head(2, "gateway")], [])


async def test_after_release_heads_are_signed_at_once_again(signer: JournalSigner) -> None:
    signer.keep("cli")
    signer.release("cli")
    await signer.committed(_head(1))

    assert await signer.check("cli") == ([_head(1)], [])


async def test_without_a_head_there_is_nothing_to_sign(signer: JournalSigner) -> None:
    await signer.sign_newest("gateway")

    assert signer.writers() == set()


async def test_a_head_that_tells_more_stays_the_last_word(signer: JournalSigner) -> None:
    """Another process was quicker, or the table was cut."""
    await signer.committed(_head(9))
    await signer.committed(_head(7))

    assert await signer.check("cli") == ([_head(9)], [])


async def test_a_spoilt_line_does_not_stop_the_signing(signer: JournalSigner, tmp_path: Path) -> None:
    (tmp_path / "cli.heads").write_bytes(b"spoilt\n")
    await signer.committed(_head(7))

    heads, problems = await signer.check("cli")
    assert (heads, len(problems)) == ([_head(7)], 2)


async def test_several_signers_of_one_chain_take_turns(tmp_path: Path) -> None:
    signers = [JournalSigner(tmp_path, Secret(b"s" * 32), FakeClock()) for _ in range(4)]
    async with asyncio.TaskGroup() as group:
        for number, signer in enumerate(signers):
            for round_ in range(5):
                group.create_task(signer.committed(_head(round_ * 4 + number + 1)))

    heads, problems = await signers[0].check("cli")
    assert problems == []
    assert max(head.seq for head in heads) == 20


async def test_a_signer_waits_for_its_turn(signer: JournalSigner, tmp_path: Path) -> None:
    folder = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(signer.committed(_head(1)))
        await asyncio.sleep(0)
        assert not task.done()
        os.close(folder)

    assert await signer.check("cli") == ([_head(1)], [])
