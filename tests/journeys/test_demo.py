"""The demo and the simulator as people start them: child processes, their output, their exit status, their traces."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from voltward.adapters.system_clock import SystemClock
from voltward.demo.story import ACTS, CURTAIN
from voltward.simulator.attacks.table import ATTACKS
from voltward.simulator.csms.csms import small_csms
from voltward.simulator.faults import Fault

pytestmark = pytest.mark.journey
STORY_SECONDS = 60.0  # the promise of `--once`
PATIENCE = 100.0
needs_proc = pytest.mark.skipif(not Path("/proc").is_dir(), reason="children are found by /proc")


@contextmanager
def started(folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """`voltward WORDS` with a temporary folder of its own; whatever the test does, it is ended."""
    environment = {**os.environ, "TMPDIR": str(folder), "COLUMNS": "120", "TERM": "dumb"}
    process = subprocess.Popen(
        [sys.executable, "-m", "voltward", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=PATIENCE)


def test_the_story_holds_in_time_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with started(tmp_path, "demo", "--once", "--json") as demo:
        out, said = demo.communicate(timeout=PATIENCE)
    told = json.loads(out)

    assert [step for step in told["steps"] if not step["ok"]] == []
    assert (demo.returncode, told["ok"], said) == (0, True, "")
    assert list(told) == ["ok", "seconds", "steps"]
    assert told["seconds"] < STORY_SECONDS
    assert all(list(step) == ["name", "expected", "seen", "ok"] for step in told["steps"])
    played = {scene.name for act in (*ACTS, CURTAIN) for thread in act.threads for scene in thread}
    assert {step["name"] for step in told["steps"]} == played
    assert {f"attack: {attack.tries}" for attack in ATTACKS} <= played
    assert list(tmp_path.iterdir()) == []


@needs_proc
def test_a_gateway_that_dies_ends_the_demo_with_its_last_words(tmp_path: Path) -> None:
    with started(tmp_path, "demo", "--once") as demo:
        assert demo.stdout is not None
        for line in demo.stdout:
            if "the gateway is up" in line:
                break
        os.kill(gateway_of(demo.pid), signal.SIGKILL)
        _, said = demo.communicate(timeout=PATIENCE)

    assert demo.returncode == 3
    assert "the gateway died" in said
    assert '"event":' in said
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_without_a_terminal_prints_lines_until_it_is_told_to_end(tmp_path: Path, number: int) -> None:
    with started(tmp_path, "demo") as demo:
        assert demo.stdout is not None
        for line in demo.stdout:
            if "depot-1: a day" in line:
                break
        children = children_of(demo.pid)
        demo.send_signal(number)
        out, said = demo.communicate(timeout=PATIENCE)

    assert (demo.returncode, said) == (0, "")
    assert "\x1b" not in out
    assert list(tmp_path.iterdir()) == []
    assert children
    assert not [child for child in children if is_alive(child)]


async def test_simulated_stations_have_their_day_at_any_csms(tmp_path: Path) -> None:
    async with small_csms(SystemClock()) as csms:
        with started(tmp_path, "simulate", csms.url, "--count", "30", "--json") as simulate:
            out, said = await communicate(simulate)
        told = json.loads(out)

        assert (simulate.returncode, told["ok"], told["done"]) == (0, True, 30)
        assert len(csms.stations) == 30
        assert "30 of 30" in said


async def test_a_misbehaving_station_is_found_out_by_its_exit_status(tmp_path: Path) -> None:
    async with small_csms(SystemClock()) as csms:
        words = ("simulate", csms.url, "--dialect", "1.6", "--fault", Fault.OVERSIZE, "--json")
        with started(tmp_path, *words) as simulate:
            out, _ = await communicate(simulate)

        assert simulate.returncode == 1
        assert not json.loads(out)["ok"]


async def test_a_door_that_lets_everybody_in_does_not_hold(tmp_path: Path) -> None:
    async with small_csms(SystemClock()) as csms:
        words = ("simulate", csms.url, "--attack", "identifier-only", "--json")
        with started(tmp_path, *words) as simulate:
            out, _ = await communicate(simulate)
        (attack,) = json.loads(out)["attacks"]

        assert (simulate.returncode, attack["held"]) == (1, False)


def children_of(pid: int) -> list[int]:
    """Of this process and of its children, and so on."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    children = [int(word) for word in found]
    return children + [grandchild for child in children for grandchild in children_of(child)]


def gateway_of(pid: int) -> int:
    """The gateway's own process, below the supervisor and beside the signer."""
    commands = {child: Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0") for child in children_of(pid)}
    (gateway,) = [child for child, words in commands.items() if words[4:6] == [b"--only", b"gateway"]]
    return gateway


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def communicate(process: subprocess.Popen[str]) -> tuple[str, str]:
    return await asyncio.to_thread(process.communicate, timeout=PATIENCE)
