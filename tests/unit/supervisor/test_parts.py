from __future__ import annotations

import asyncio
import os
import pwd
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from voltward.supervisor.parts import PARTS, Child, Part, start

TELLS = """
import os, sys
open(sys.argv[1], "w").write(" ".join([*sys.argv[2:], *sorted(os.listdir("/proc/self/fd"))]))
"""


def python(script: str, *arguments: str, hands_over: bool = False) -> Part:
    return Part("gateway", ("-c", script, *arguments), (sys.executable, "-I", "-S"), hands_over=hands_over)


async def started(part: Part) -> Child:
    child = await start(part)
    assert child is not None
    return child


def test_a_part_is_a_child_of_the_same_python() -> None:
    assert Part("gateway", ("serve", "--only", "gateway")).command == [
        sys.executable,
        "-m",
        "voltward",
        "serve",
        "--only",
        "gateway",
    ]
    assert PARTS == ("signer", "worker", "publisher", "enrolment", "gateway")


async def test_a_part_that_hands_over_is_told_of_its_sockets(tmp_path: Path) -> None:
    told = tmp_path / "told"
    child = await started(python(TELLS, str(told), hands_over=True))

    async with asyncio.timeout(20):
        assert await child.ended() == 0
    flag, end, *open_ones = told.read_text().split()
    assert flag == "--supervisor-end"
    assert end in open_ones


async def test_a_program_that_is_away_is_told_and_no_child() -> None:
    with capture_logs() as lines:
        assert await start(Part("gateway", (), ("/nothing/here",))) is None

    assert [line["event"] for line in lines] == ["part_not_started"]


async def test_a_user_that_is_not_there_is_told_and_no_child() -> None:
    with capture_logs() as lines:
        assert await start(Part("signer", (), ("/bin/true",), user="nobody-at-all")) is None

    assert [(line["event"], line["reason"]) for line in lines] == [
        ("part_not_started", "no user 'nobody-at-all'")
    ]


@pytest.mark.skipif(os.getuid() != 0, reason="only root may choose another user")
async def test_another_user_has_no_group_of_roots(capfd: pytest.CaptureFixture[str]) -> None:
    child = await started(Part("signer", ("-G",), ("/usr/bin/id",), user="nobody"))

    async with asyncio.timeout(20):
        assert await child.ended() == 0
    assert str(pwd.getpwnam("nobody").pw_gid) in capfd.readouterr().out.split("\n")


async def test_who_does_not_end_is_killed() -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    child = await started(python(deaf))

    async with asyncio.timeout(20):
        assert await child.end(patience=0.5) < 0
    assert child.status is not None
