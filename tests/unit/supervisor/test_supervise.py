from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from structlog.testing import LogCapture

from voltward.supervisor import Part, supervise


@pytest.fixture
def logged() -> Iterator[LogCapture]:
    capture = LogCapture()
    structlog.configure(processors=[capture])
    yield capture
    structlog.reset_defaults()


def part(*arguments: str) -> Part:
    return Part("gateway", arguments)


def stop_soon(number: signal.Signals = signal.SIGTERM, after: float = 0.0) -> None:
    asyncio.get_running_loop().call_later(after, signal.raise_signal, number)


async def test_a_part_that_cannot_ever_start_takes_the_supervisor_with_it(
    tmp_path: Path, logged: LogCapture
) -> None:
    async with asyncio.timeout(60):
        status = await supervise([part("serve", "--only", "gateway", "-c", str(tmp_path / "none.toml"))])

    assert status == 2
    assert [(line["event"], line.get("status")) for line in logged.entries] == [
        ("part_started", None),
        ("part_ended", 2),
    ]


async def test_a_part_that_is_not_vital_takes_nothing_with_it(tmp_path: Path, logged: LogCapture) -> None:
    """A signer whose ledger was cut leaves the door open."""
    hopeless = Part("signer", ("serve", "--only", "gateway", "-c", str(tmp_path / "none.toml")))
    ended = asyncio.Event()

    def watch(_: object, __: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
        if line["event"] == "part_ended":
            ended.set()
        return line

    structlog.configure(processors=[watch, logged])
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        supervising = group.create_task(supervise([hopeless]))
        await ended.wait()
        signal.raise_signal(signal.SIGTERM)

    assert supervising.result() == 0
    assert next(line for line in logged.entries if line["event"] == "part_ended")["again_in"] == 1.0


async def test_a_part_is_told_what_it_is_to_know(tmp_path: Path, logged: LogCapture) -> None:
    said = tmp_path / "said"
    script = (
        "import os\n"
        f"open({str(said)!r}, 'w').write(os.environ.get('KNOWN', '') + os.environ.get('HOME', '-'))\n"
        "raise SystemExit(2)"
    )
    told = Part("gateway", ("-c", script), (sys.executable,), environment={"KNOWN": "yes"})

    async with asyncio.timeout(60):
        assert await supervise([told]) == 2

    assert said.read_text() == "yes-"


async def test_a_part_that_crashed_is_started_again(tmp_path: Path, logged: LogCapture) -> None:
    """The part is a command that ends with 1, as a crashed one would."""
    (tmp_path / "voltward.toml").write_text("")
    crashing = part("settings", "check", "-c", str(tmp_path / "voltward.toml"))

    second_start = asyncio.Event()

    def watch(_: object, __: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
        if line["event"] == "part_started" and logged.entries:
            second_start.set()
        return line

    structlog.configure(processors=[watch, logged])
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        supervising = group.create_task(supervise([crashing]))
        await second_start.wait()
        signal.raise_signal(signal.SIGTERM)

    assert supervising.result() == 0
    ended = next(line for line in logged.entries if line["event"] == "part_ended")
    assert ended["status"] == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_all_parts_in_order(logged: LogCapture, number: signal.Signals) -> None:
    parts = [Part("one", ("simulate", "--help")), Part("two", ("--version",))]
    stop_soon(number)

    async with asyncio.timeout(60):
        assert await supervise(parts) == 0

    assert "part_ended" not in [line["event"] for line in logged.entries]


async def test_a_reload_is_handed_on_and_a_part_that_is_gone_is_no_fault(logged: LogCapture) -> None:
    stop_soon(signal.SIGHUP)
    stop_soon(signal.SIGTERM, after=0.05)

    async with asyncio.timeout(60):
        assert await supervise([part("--version")]) == 0
