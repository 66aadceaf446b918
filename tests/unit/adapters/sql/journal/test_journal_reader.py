"""Each way to doctor the journal is found, and named with its chain and row."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.builders import event
from tests.fakes.clock import FakeClock
from voltward.adapters.sql.store import SqlStore, StoreKeys, open_store
from voltward.domain.errors import OutsideFault
from voltward.domain.secret import Secret

KEYS = StoreKeys(Secret(b"m" * 32), Secret(b"s" * 32))
ROWS = 6


class Scene:
    """A journal of two chains with six rows each, whose heads are signed."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "v.db"
        self.heads = folder / "heads"
        self.clock = FakeClock()

    async def open(self, keys: StoreKeys = KEYS, *, writer: str = "cli") -> SqlStore:
        url = f"sqlite:///{self.path}"
        return await open_store(url, keys, heads_dir=self.heads, clock=self.clock, writer=writer)

    async def fill(self) -> None:
        store = await self.open()
        for number in range(ROWS):
            async with store.begin() as unit:
                await unit.journal(event("station_refused", number=number))
                await unit.commit()
        await store.close()
        store = await self.open(writer="gateway")
        heads = store.head_keeper("gateway")
        await heads.start()
        for number in range(ROWS):
            async with store.begin() as unit:
                await unit.journal(event("station_admitted", number=number))
                await unit.commit()
        await heads.close()
        await store.close()

    def doctor(self, *statements: str) -> None:
        connection = sqlite3.connect(self.path)
        try:
            with connection:
                for statement in statements:
                    assert connection.execute(statement).rowcount != 0, statement
        finally:
            connection.close()

    async def problems(self, keys: StoreKeys = KEYS) -> list[str]:
        self.clock.leap(3600)
        store = await self.open(keys)
        try:
            return list(await store.journal_reader().problems(self.clock.now()))
        finally:
            await store.close()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("filled")
    asyncio.run(Scene(folder).fill())
    return folder


@pytest.fixture
async def scene(filled: Path, tmp_path: Path) -> Scene:
    scene = Scene(shutil.copytree(filled, tmp_path / "copy"))
    assert await scene.problems() == []
    return scene


@pytest.mark.parametrize(
    "change",
    [
        "at = '2026-11-22T13:00:00.000000+00:00'",
        "kind = 'station_admitted'",
        "actor = 'nobody'",
        "subject = 'CP002'",
        "facts = '{\"number\":7}'",
        "facts = facts || ' '",
        "prev_mac = zeroblob(32)",
        "mac = zeroblob(32)",
        "mac = NULL",
        "mac = 'text'",
        "at = x'00ff'",
        "facts = 7.5",
    ],
)
async def test_an_edited_column_is_found(scene: Scene, change: str) -> None:
    if "NULL" in change:  # as somebody would who has the file
        scene.doctor(
            "CREATE TABLE loose AS SELECT * FROM journal",
            "DROP TABLE journal",
            "ALTER TABLE loose RENAME TO journal",
        )
    scene.doctor(f"UPDATE journal SET {change} WHERE writer = 'cli' AND seq = 3")  # noqa: S608 - fixed texts

    problems = await scene.problems()
    assert any(problem.startswith("cli 3: ") for problem in problems), problems
    assert not any(problem.startswith("gateway") for problem in problems)


async def test_a_row_with_another_number_is_found(scene: Scene) -> None:
    scene.doctor("UPDATE journal SET seq = 17 WHERE writer = 'cli' AND seq = 3")

    assert set(await scene.problems()) == {
        "cli 3: the row is missing.",
        "cli 7 to 16: 10 rows are missing.",
        "cli 17: the row was changed or forged: its MAC does not fit.",
        "cli 17: it is of 2026-11-22T12:00:00.000000+00:00, and the last signed head is row 6: heads were cut off, or the process ended before it signed.",
    }


async def test_a_row_that_was_moved_to_another_chain_is_found_in_both(scene: Scene) -> None:
    scene.doctor("UPDATE journal SET writer = 'gateway', seq = 7 WHERE writer = 'cli' AND seq = 3")

    problems = await scene.problems()
    assert "cli 3: the row is missing." in problems
    assert "gateway 7: the row was changed or forged: its MAC does not fit." in problems


async def test_rows_that_were_swapped_are_found(scene: Scene) -> None:
    scene.doctor(
        "UPDATE journal SET seq = 99 WHERE writer = 'cli' AND seq = 2",
        "UPDATE journal SET seq = 2 WHERE writer = 'cli' AND seq = 4",
        "UPDATE journal SET seq = 4 WHERE writer = 'cli' AND seq = 99",
    )

    problems = await scene.problems()
    assert "cli 2: the row was changed or forged: its MAC does not fit." in problems
    assert "cli 4: the row was changed or forged: its MAC does not fit." in problems


async def test_a_row_that_was_dropped_is_found(scene: Scene) -> None:
    scene.doctor("DELETE FROM journal WHERE writer = 'gateway' AND seq = 3")

    assert await scene.problems() == ["gateway 3: the row is missing."]


async def test_a_tail_that_was_cut_is_found(scene: Scene) -> None:
    scene.doctor("DELETE FROM journal WHERE writer = 'gateway' AND seq > 4")

    assert await scene.problems() == ["gateway 5 to 6: signed heads tell of 6 rows: the end was cut off."]


@pytest.mark.parametrize("writer", ["cli", "gateway"])
async def test_a_cut_tail_is_still_found_when_the_chain_went_on(scene: Scene, writer: str) -> None:
    scene.doctor(f"DELETE FROM journal WHERE writer = '{writer}' AND seq > 4")  # noqa: S608 - fixed texts
    store = await scene.open(writer=writer)
    heads = store.head_keeper("gateway")
    await heads.start()
    async with store.begin() as unit:
        for _ in range(4):
            await unit.journal(event())
        await unit.commit()
    await heads.close()
    await store.close()

    problems = await scene.problems()
    assert f"{writer} 6: this is not the row whose head was signed." in problems
    assert all("whose head was signed" in problem for problem in problems)


async def test_a_chain_that_was_taken_away_is_found(scene: Scene) -> None:
    scene.doctor("DELETE FROM journal WHERE writer = 'cli'")

    assert await scene.problems() == [
        "cli: signed heads tell of 6 rows, and there is none: the whole chain was taken away."
    ]


async def test_a_table_that_was_emptied_is_found(scene: Scene) -> None:
    scene.doctor("DELETE FROM journal")

    assert len(await scene.problems()) == 2


async def test_a_forged_row_at_the_end_is_found(scene: Scene) -> None:
    scene.doctor(
        "INSERT INTO journal SELECT writer, 7, at, kind, actor, 'CP666', facts, mac, mac FROM journal"
        " WHERE writer = 'cli' AND seq = 6"
    )

    assert "cli 7: the row was changed or forged: its MAC does not fit." in await scene.problems()


async def test_a_forged_chain_is_found(scene: Scene) -> None:
    scene.doctor(
        "INSERT INTO journal SELECT 'portal', seq, at, kind, actor, subject, facts, prev_mac, mac FROM journal"
        " WHERE writer = 'cli'",
        "INSERT INTO journal SELECT '../cli', seq, at, kind, actor, subject, facts, prev_mac, mac FROM journal"
        " WHERE writer = 'cli'",
    )

    assert await scene.problems() == [
        "'../cli': no writer of ours has this name: its rows or heads are forged.",
        "portal 1 to 6: no row answers to this key: it is the wrong one, or all were forged.",
        "portal: there is no signed head, although its rows begin at 2026-11-22T12:00:00.000000+00:00.",
    ]


async def test_text_that_is_no_text_is_found_and_the_other_chain_is_still_read(scene: Scene) -> None:
    scene.doctor(
        "UPDATE journal SET facts = CAST(x'ff' AS TEXT) WHERE writer = 'cli' AND seq = 3",
        "UPDATE journal SET actor = 'x' WHERE writer = 'gateway' AND seq = 2",
    )

    problems = await scene.problems()
    assert any(problem.startswith("cli: its rows cannot be read to the end:") for problem in problems)
    assert "gateway 2: the row was changed or forged: its MAC does not fit." in problems


@pytest.mark.parametrize("writer", ["cli", "gateway"])
async def test_heads_that_are_gone_are_missed(scene: Scene, writer: str) -> None:
    (scene.heads / f"{writer}.heads").unlink()

    assert await scene.problems() == [
        f"{writer}: there is no signed head, although its rows begin at 2026-11-22T12:00:00.000000+00:00."
    ]


async def test_a_folder_of_heads_that_is_gone_is_missed(scene: Scene) -> None:
    scene.heads.rename(scene.heads.with_name("elsewhere"))

    assert len(await scene.problems()) == 2


@pytest.mark.parametrize(
    ("doctor", "found"),
    [
        (lambda lines: lines[:-1], "cli 6: it is of .* and the last signed head is row 5"),
        (lambda lines: lines[1:], "cli: line 1 of its signed heads does not follow"),
        (lambda lines: [*lines[:2], *lines[3:]], "cli: line 3 of its signed heads does not follow"),
        (lambda lines: [lines[1], lines[0], *lines[2:]], "cli: line 1 of its signed heads does not follow"),
        (lambda lines: [*lines[:-1], lines[-1][:-9]], "cli: line 6 of its signed heads cannot be read"),
        (
            lambda lines: [*lines[:-1], json.dumps({**json.loads(lines[-1]), "seq": 5}).encode()],
            "cli: line 6 of its signed heads is not signed",
        ),
    ],
)
async def test_heads_that_were_doctored_are_found(
    scene: Scene, doctor: Callable[[list[bytes]], list[bytes]], found: str
) -> None:
    path = scene.heads / "cli.heads"
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join(doctor(lines)) + b"\n")

    assert any(re.match(found, problem) for problem in await scene.problems())


async def test_rows_and_heads_cut_to_different_lengths_are_found(scene: Scene) -> None:
    path = scene.heads / "cli.heads"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    scene.doctor("DELETE FROM journal WHERE writer = 'cli' AND seq > 4")

    assert await scene.problems() == ["cli 5 to 5: signed heads tell of 5 rows: the end was cut off."]


async def test_another_mac_key_is_told(scene: Scene) -> None:
    assert await scene.problems(StoreKeys(Secret(b"x" * 32), KEYS.journal_signing)) == [
        "cli 1 to 6: no row answers to this key: it is the wrong one, or all were forged.",
        "gateway 1 to 6: no row answers to this key: it is the wrong one, or all were forged.",
    ]


async def test_another_signing_key_is_told(scene: Scene) -> None:
    problems = await scene.problems(StoreKeys(KEYS.journal_mac, Secret(b"x" * 32)))

    assert "cli: line 1 of its signed heads is not signed with this journal's key." in problems
    assert (
        "cli: there is no signed head, although its rows begin at 2026-11-22T12:00:00.000000+00:00."
        in problems
    )


async def test_the_tail_names_a_row_that_cannot_be_read(scene: Scene) -> None:
    scene.doctor("UPDATE journal SET facts = 'x' WHERE writer = 'cli' AND seq = 3")
    store = await scene.open()
    try:
        with pytest.raises(OutsideFault, match=r"cli 3: this row .* cannot be read"):
            await store.journal_reader().tail(100)
    finally:
        await store.close()


async def test_a_fresh_row_without_a_head_is_no_problem_yet(scene: Scene) -> None:
    store = await scene.open()
    heads = scene.heads / "cli.heads"
    before = heads.read_bytes()
    async with store.begin() as unit:
        await unit.journal(event())
        await unit.commit()
    heads.write_bytes(before)  # as if the process had ended before it signed
    fresh = await store.journal_reader().problems(event().at + timedelta(seconds=100))
    old = await store.journal_reader().problems(event().at + timedelta(seconds=130))
    await store.close()

    assert fresh == []
    assert len(old) == 1
