"""What only a process shows: what its exit status is when nobody takes its output, and Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from asyncio.subprocess import Process as Child
from pathlib import Path

import pytest

from tests.fakes.deployments import Site

# Without PYTHONUNBUFFERED and the like: output is kept back as it is for people.
CLEAN = {"LANG": "C.UTF-8"}
BOOK = ("rulebook", "list")
ORDER = [pytest.param(BOOK, id="table"), pytest.param((*BOOK, "--json"), id="json")]


async def started(*words: str, stdout: int, folder: Path | None = None) -> Child:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "voltward",
        *words,
        stdin=DEVNULL,
        stdout=stdout,
        stderr=PIPE,
        env=CLEAN,
        cwd=folder,
    )


async def ended(child: Child) -> tuple[int | None, str]:
    async with asyncio.timeout(60):
        _, err = await child.communicate()
    return child.returncode, err.decode()


@pytest.mark.parametrize("words", ORDER)
async def test_a_reader_that_has_seen_enough_is_no_fault(words: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    child = await started(*words, stdout=writing)
    os.close(writing)

    assert await ended(child) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("words", ORDER)
async def test_output_that_cannot_be_written_is_status_3_and_one_sentence(words: tuple[str, ...]) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    child = await started(*words, stdout=full)
    os.close(full)

    status, err = await ended(child)

    assert (status, len(err.splitlines())) == (3, 1)
    assert "No space left on device" in err


async def test_closed_streams_are_no_fault_and_nothing_else_is_opened_in_their_place(site: Site) -> None:
    order = f"exec {sys.executable} -m voltward station add CP001 <&- >&- 2>&-"
    child = await asyncio.create_subprocess_exec("/bin/sh", "-c", order, env=CLEAN, cwd=site.folder)
    async with asyncio.timeout(60):
        assert await child.wait() == 0

    listed = await started("station", "list", stdout=PIPE, folder=site.folder)
    async with asyncio.timeout(60):
        out, _ = await listed.communicate()

    assert b"CP001" in out


async def test_ctrl_c_while_the_command_line_is_loaded_ends_it_without_a_word() -> None:
    reading, writing = os.pipe()
    # Its first import of a module of ours says that Python is there and the command line is not.
    words = f"import os, sys; import voltward.__main__ as p; os.write({writing}, b'.'); p.main()"
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", words, stdout=DEVNULL, stderr=PIPE, env=CLEAN, pass_fds=(writing,)
        )
    finally:
        signal.signal(signal.SIGINT, before)
    os.close(writing)
    try:
        assert await asyncio.to_thread(os.read, reading, 1) == b"."
    finally:
        os.close(reading)
    await asyncio.sleep(0.02)
    child.send_signal(signal.SIGINT)

    status, err = await ended(child)

    assert err == ""
    assert status in {-signal.SIGINT, 130}


async def test_following_the_journal_ends_with_ctrl_c_and_without_a_traceback(site: Site) -> None:
    added = await started("station", "add", "CP001", stdout=DEVNULL, folder=site.folder)
    assert await ended(added) == (0, "")
    # Whoever runs the tests in the background may have SIGINT ignored; a child would inherit that.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        child = await started("journal", "tail", "--follow", stdout=PIPE, folder=site.folder)
    finally:
        signal.signal(signal.SIGINT, before)
    assert child.stdout is not None
    async with asyncio.timeout(60):
        assert b"station_enrolled" in await child.stdout.readline()
    child.send_signal(signal.SIGINT)

    assert await ended(child) == (130, "")
