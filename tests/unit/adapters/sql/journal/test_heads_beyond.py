from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tests.fakes.clock import NOON, FakeClock
from voltward.adapters.sql.journal.heads_beyond import MissingRows, rows_beyond
from voltward.adapters.sql.journal.journal_chain import ChainHead
from voltward.adapters.sql.journal.journal_signer import JournalSigner
from voltward.domain.secret import Secret

SEED = Secret(b"s" * 32)


async def sign(folder: Path, *heads: tuple[str, int], seed: Secret = SEED) -> None:
    clock = FakeClock()
    for writer, number in heads:
        clock.leap(60)
        await JournalSigner(folder, seed, clock).committed(ChainHead(writer, number, bytes(32)))


async def test_what_was_signed_after_the_backup_is_missing_in_it(tmp_path: Path) -> None:
    await sign(tmp_path, ("cli", 3), ("cli", 5), ("gateway", 9))

    missing = await rows_beyond(tmp_path, SEED, {"cli": 3, "gateway": 9})

    assert missing == [MissingRows("cli", 4, 5, NOON + timedelta(minutes=2))]
    assert str(missing[0]) == f"cli 4 to 5, until {NOON + timedelta(minutes=2):%Y-%m-%d %H:%M:%S} UTC"


async def test_a_chain_that_the_backup_does_not_know_is_missing_from_its_first_row_on(tmp_path: Path) -> None:
    await sign(tmp_path, ("gateway", 2))

    (missing,) = await rows_beyond(tmp_path, SEED, {})

    assert (missing.chain, missing.first, missing.last) == ("gateway", 1, 2)


async def test_heads_that_somebody_else_signed_tell_nothing(tmp_path: Path) -> None:
    await sign(tmp_path, ("cli", 7), seed=Secret(b"t" * 32))
    (tmp_path / "gateway.heads").write_bytes(b"no head\n")

    assert await rows_beyond(tmp_path, SEED, {}) == []
