from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from structlog.typing import EventDict

from voltward.supervisor import Pace, Part, supervise

QUICK = Pace(first_pause=0.01, longest_pause=0.04, settled=60.0, ending=10.0)
RESTLESS = Pace(first_pause=0.01, longest_pause=0.04, settled=0.0, ending=10.0)  # every run counts as one

# A child tells what it hears in a file. It speaks to the supervisor, its parent, by signals: nobody has to guess
# when it is ready.
HEARS = """
import os, signal, sys
told = open(sys.argv[1], "a", buffering=1)
parent = os.getppid()

def reload(*_):
    told.write("reload\\n")
    os.kill(parent, signal.SIGTERM)

def end(*_):
    told.write("end\\n")
    sys.exit(0)

signal.signal(signal.SIGHUP, reload)
signal.signal(signal.SIGTERM, end)
"""
WAITS = "while True: signal.pause()\n"
DEAF = """
import os, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.kill(os.getppid(), signal.SIGTERM)
while True: signal.pause()
"""


class Log:
    """What the supervisor said; after so many ends of parts, somebody sends it SIGTERM."""

    def __init__(self) -> None:
        self.lines: list[EventDict] = []
        self.enough: int | None = None

    def __call__(self, _: object, __: str, line: EventDict) -> EventDict:
        self.lines.append(dict(line))
        if self.enough is not None and len(self.told("part_ended")) == self.enough:
            signal.raise_signal(signal.SIGTERM)
        raise structlog.DropEvent

    def told(self, event: str) -> list[EventDict]:
        return [line for line in self.lines if line["event"] == event]

    def all_of(self, event: str, fact: str) -> list[Any]:
        return [line.get(fact) for line in self.told(event)]


@pytest.fixture
def log() -> Iterator[Log]:
    made = Log()
    structlog.configure(processors=[made])
    yield made
    structlog.reset_defaults()


def child(script: str, *arguments: str, name: str = "gateway") -> Part:
    return Part(name, ("-c", script, *arguments), program=(sys.executable, "-I", "-S"))


async def supervised(*parts: Part, pace: Pace = QUICK) -> int:
    async with asyncio.timeout(60):
        return await supervise(parts, pace)


async def test_a_part_that_goes_on_crashing_is_started_later_each_time(log: Log) -> None:
    log.enough = 5

    assert await supervised(child("raise SystemExit(1)")) == 0

    assert log.all_of("part_ended", "status") == [1] * 5
    assert log.all_of("part_ended", "again_in") == [0.01, 0.02, 0.04, 0.04, 0.04]
    assert len(set(log.all_of("part_started", "pid"))) == 5


async def test_a_part_that_had_run_for_a_while_is_started_soon(log: Log) -> None:
    log.enough = 3

    assert await supervised(child("raise SystemExit(1)"), pace=RESTLESS) == 0

    assert log.all_of("part_ended", "again_in") == [0.01] * 3


async def test_a_part_that_was_killed_is_started_again(log: Log) -> None:
    log.enough = 2

    await supervised(child("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"))

    assert log.all_of("part_ended", "status") == [-signal.SIGKILL] * 2


@pytest.mark.parametrize("status", [2, 3])
async def test_a_part_without_hope_ends_the_supervisor_and_the_other_parts(
    log: Log, tmp_path: Path, status: int
) -> None:
    heard = tmp_path / "heard"
    ready = tmp_path / "ready"
    other = child(f"{HEARS}open(sys.argv[2], 'w').close()\n{WAITS}", str(heard), str(ready), name="other")
    hopeless = child(
        f"import os, sys, time\nwhile not os.path.exists(sys.argv[1]): time.sleep(0.01)\nsys.exit({status})",
        str(ready),
    )

    assert await supervised(other, hopeless) == status

    assert heard.read_text() == "end\n"
    assert [(line["part"], line["status"]) for line in log.told("part_ended")] == [("gateway", status)]


async def test_after_a_good_while_no_status_is_without_hope(log: Log) -> None:
    log.enough = 2

    assert await supervised(child("raise SystemExit(2)"), pace=RESTLESS) == 0

    assert log.all_of("part_ended", "status") == [2, 2]


async def test_a_reload_and_the_end_reach_the_part(log: Log, tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    asks = f"{HEARS}os.kill(parent, signal.SIGHUP)\n{WAITS}"

    assert await supervised(child(asks, str(heard))) == 0

    assert heard.read_text() == "reload\nend\n"
    assert log.told("part_ended") == []


async def test_a_part_that_does_not_end_is_killed(log: Log) -> None:
    assert await supervised(child(DEAF), pace=Pace(ending=0.05)) == 0

    (pid,) = log.all_of("part_started", "pid")
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_the_end_cuts_a_pause_short(log: Log) -> None:
    log.enough = 1

    assert await supervised(child("raise SystemExit(1)"), pace=Pace(first_pause=3600.0)) == 0

    assert log.all_of("part_ended", "again_in") == [3600.0]


async def test_a_part_whose_program_is_away_is_tried_again_and_ends_nobody(tmp_path: Path, log: Log) -> None:
    missing = Part("gateway", (), (str(tmp_path / "nothing"),))
    asyncio.get_running_loop().call_later(0.1, signal.raise_signal, signal.SIGTERM)

    async with asyncio.timeout(20):
        assert await supervise([missing], QUICK) == 0

    assert len(log.told("part_not_started")) >= 2
    assert log.told("part_started") == []


# -- a successor ------------------------------------------------------------------------------------------

# A gateway that is ready at once; the first one asks for a successor, which is the one with a predecessor.
CHANGES = """
import os, signal, socket, sys, time
def end(name):
    return socket.socket(fileno=int(sys.argv[sys.argv.index(name) + 1]))
told = open(sys.argv[1], "a", buffering=1)
supervisor = end("--supervisor-end")
is_new = "--predecessor-end" in sys.argv
if is_new:
    between = end("--predecessor-end")
    assert between.recv(5) == b"yours"
    told.write("taken over\\n")
    exec(sys.argv[2])
supervisor.send(b"R")
if is_new:
    assert between.recv(5) == b""  # the old one has gone
    told.write("alone\\n")
    os.kill(os.getppid(), signal.SIGTERM)
    time.sleep(60)
os.kill(os.getppid(), signal.SIGUSR2)
_, (fd,), _, _ = socket.recv_fds(supervisor, 1, 1)
between = socket.socket(fileno=fd)
between.send(b"yours")
if sys.argv[2] and not between.recv(5):
    told.write("goes on\\n")
    os.kill(os.getppid(), signal.SIGTERM)
    time.sleep(60)
"""


def changing(heard: Path, new_one_does: str) -> Part:
    """`new_one_does`: what keeps the successor from getting ready; empty: nothing does."""
    arguments = ("-c", CHANGES, str(heard), new_one_does)
    return Part("gateway", arguments, (sys.executable, "-I", "-S"), hands_over=True)


async def test_a_successor_takes_the_place_and_the_old_one_leaves(log: Log, tmp_path: Path) -> None:
    heard = tmp_path / "heard"

    assert await supervised(changing(heard, "")) == 0

    old, new = log.all_of("part_started", "pid")
    assert heard.read_text() == "taken over\nalone\n"
    assert [(line["pid"], line["leaves"]) for line in log.told("part_replaced")] == [(new, old)]
    assert [(line["pid"], line["status"]) for line in log.told("part_left")] == [(old, 0)]
    assert log.told("part_ended") == []


@pytest.mark.parametrize(
    ("does", "preparing", "status"),
    [("os._exit(3)", 60.0, 3), ("time.sleep(60)", 0.5, -signal.SIGTERM)],
)
async def test_a_successor_that_does_not_get_ready_changes_nothing(
    log: Log, tmp_path: Path, does: str, preparing: float, status: int
) -> None:
    heard = tmp_path / "heard"

    pace = Pace(ending=10.0, preparing=preparing)
    assert await supervised(changing(heard, does), pace=pace) == 0

    assert heard.read_text() == "taken over\ngoes on\n"
    assert log.all_of("handover_failed", "status") == [status]
    assert log.told("part_replaced") == log.told("part_ended") == []


async def test_where_the_gateway_was_replaced_the_others_are_started_anew(log: Log, tmp_path: Path) -> None:
    """The signer ends all of it when it is started for the second time."""
    again = "if os.path.exists(sys.argv[1]): os.kill(parent, signal.SIGTERM)\n"
    hears = HEARS.replace("told = ", f"parent = os.getppid()\n{again}told = ")
    other = child(f"{hears}{WAITS}", str(tmp_path / "other"), name="signer")

    assert await supervised(changing(tmp_path / "heard", "pass"), other, pace=Pace(ending=0.5)) == 0

    assert sorted(log.all_of("part_started", "part")) == ["gateway"] * 2 + ["signer"] * 2
    assert log.told("part_ended") == []


async def test_a_failed_change_leaves_the_others_alone(log: Log, tmp_path: Path) -> None:
    other = child(f"{HEARS}{WAITS}", str(tmp_path / "other"), name="signer")

    assert await supervised(changing(tmp_path / "heard", "sys.exit(3)"), other) == 0

    assert log.all_of("part_started", "part").count("signer") == 1
