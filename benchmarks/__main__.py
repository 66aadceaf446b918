"""`python -m benchmarks`: nginx and Voltward measured in one run, printed, and written into the README.

A part that fails (a wrong answer, a server that ended) has no figures; those of all others are told.
Exit status: 0 all goals reached, 1 a goal missed, 2 wrong usage, 3 a part without figures, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.cpu import Cores, running_on, share_out
from benchmarks.crew import Crew
from benchmarks.crowd import CROWD_PARTS, CrowdPlan, measure_storm
from benchmarks.errors import BenchmarkFault
from benchmarks.figures import Comparison, Finding
from benchmarks.fleet import Mix, make_fleet, with_passwords
from benchmarks.issuing import measure_issuing
from benchmarks.lists import measure_lists
from benchmarks.machine import describe_machine
from benchmarks.report import Conditions, Side, render, write_between_markers
from benchmarks.results import Results
from benchmarks.revoking import RevokingPlan, measure_revoking
from benchmarks.rounds import (
    Field,
    Measured,
    Plan,
    compare_handshakes,
    compare_round_trips,
    prepare,
)
from benchmarks.sink import running_sink
from benchmarks.stage import Place, standing_field

FULL = Plan(
    rounds=10, window_seconds=1.5, warm_up_seconds=2.0, stations=500, handshakes_in_flight=48, links=96
)
QUICK = Plan(
    rounds=5, window_seconds=1.0, warm_up_seconds=1.5, stations=150, handshakes_in_flight=48, links=96
)
FULL_CROWD = CrowdPlan(
    idle=5000,
    mix=Mix(3000, 3000, 600),
    certificates=3000,
    in_flight=900,
    live=60,
    wave=900,
    storm_seconds=8.0,
    repeats=2,
)
QUICK_CROWD = CrowdPlan(
    idle=600,
    mix=Mix(200, 200, 60),
    certificates=200,
    in_flight=150,
    live=30,
    wave=300,
    storm_seconds=4.0,
    repeats=1,
)
README = Path(__file__).with_name("README.md")

Workload = Callable[[Crew, Field, Plan], Measured]
WORKLOADS: dict[str, Workload] = {"handshakes": compare_handshakes, "round-trips": compare_round_trips}
CROWD = "crowd"
REVOKING = "revoking"
ISSUING = "issuing"
LISTS = "lists"
PARTS = (*WORKLOADS, CROWD, REVOKING, ISSUING, LISTS)
STORM = "storm"  # of the crowd's, by itself
REVOKED = 200  # certificates, in each of two ways
ASKING = 4096  # for certificates, half of them by order: for seconds, as a worker lives for months
LISTED = 100_000  # on one list


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line."""

    plan: Plan
    workloads: tuple[str, ...]
    self_check: bool

    @property
    def is_for_the_record(self) -> bool:
        """Only a full run of everything may replace the figures in the README."""
        return self.plan is FULL and self.workloads == PARTS and not self.self_check


Servers = tuple[Crew, Field]


@dataclass(slots=True)
class Run:
    """What was asked for, and what is known of it by now."""

    request: Request
    results: Results
    sides: tuple[Side, ...] = ()
    tls: str = "as the speed's part tells"


def read_request(arguments: Sequence[str]) -> Request:
    """The command line as a value; wrong usage leaves with status 2, as argparse does."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute, rougher; the README stays as it is")
    parser.add_argument("--only", choices=(*PARTS, STORM), help="one part of the whole")
    parser.add_argument(
        "--self-check",
        action="store_true",
        help="nginx against a second nginx: how far from 1.00 a ratio strays on this machine by chance",
    )
    options = parser.parse_args(arguments)
    workloads = (options.only,) if options.only else PARTS
    return Request(QUICK if options.quick else FULL, workloads, options.self_check)


def measure(request: Request, cores: Cores, folder: Path) -> tuple[str, int]:
    """Start everything, measure, stop everything; returns the report and the exit status."""
    run = Run(request, Results())
    with running_on(cores.load), running_sink() as csms_port:
        place = Place(folder, csms_port, cores)
        _measure_speed(run, place)
        if not request.self_check:
            _measure_crowd(run, place)
            _measure_alone(run, place)
    conditions = Conditions(
        machine=describe_machine(cores),
        sides=run.sides,
        load=_load_words(request.plan, len(cores.load)),
        tls=run.tls,
        day=f"{datetime.now(UTC):%Y-%m-%d}",
    )
    results = run.results
    return render(results.comparisons, conditions, results.findings, results.failed), results.status


def _measure_speed(run: Run, place: Place) -> None:
    """Handshakes and round trips, on one field."""
    request = run.request
    parts = [name for name in request.workloads if name in WORKLOADS]
    if not parts:
        return

    @contextmanager
    def prepared() -> Iterator[Servers]:
        fleet = make_fleet(_below(place.folder, "speed"), request.plan.stations)
        with standing_field(place, fleet, self_check=request.self_check) as (crew, field):
            run.sides = _sides(field)
            prepare(crew, field)
            yield crew, field

    def part(name: str, servers: Servers) -> Sequence[Comparison]:
        measured = WORKLOADS[name](*servers, request.plan)
        chosen = measured.tls
        run.tls = f"{chosen.version}, {chosen.suite}, P-256 for certificates and key exchange"
        return measured.comparisons

    run.results.measure(parts, prepared, part)


def _measure_crowd(run: Run, place: Place) -> None:
    """The parts for which a large fleet is needed, on one store; revoking comes last."""
    request = run.request
    plan = FULL_CROWD if request.plan is FULL else QUICK_CROWD
    revoked = REVOKED if request.plan is FULL else REVOKED // 4
    parts = [part for part in (*CROWD_PARTS, STORM, REVOKING) if part.partition(":")[0] in request.workloads]
    if not parts:
        return
    fleet = with_passwords(make_fleet(_below(place.folder, "crowd"), plan.idle), plan.mix)

    @contextmanager
    def standing() -> Iterator[Servers]:
        with standing_field(place, fleet) as (crew, field):
            run.sides = _sides(field)
            yield crew, field

    def part(name: str, servers: Servers) -> Sequence[Finding]:
        crew, field = servers
        if name == REVOKING:
            order = RevokingPlan(plan.idle, revoked, plan.in_flight)
            return measure_revoking(crew, field.ours, fleet.stations, order)
        return (measure_storm if name == STORM else CROWD_PARTS[name])(crew, field, plan)

    run.results.measure(parts, standing, part)


def _measure_alone(run: Run, place: Place) -> None:
    """What is measured without stations."""
    share = 1 if run.request.plan is FULL else 4
    parts: dict[str, Callable[[], list[Finding]]] = {
        ISSUING: lambda: measure_issuing(place.folder / "issuing", place.cores, ASKING // share),
        LISTS: lambda: measure_lists(place.folder / "lists", place.cores, LISTED // share),
    }
    for name, alone in parts.items():
        if name in run.request.workloads:
            run.results.measure([name], nullcontext, lambda _name, _none, alone=alone: alone())


def _below(folder: Path, name: str) -> Path:
    made = folder / name
    made.mkdir()
    return made


def _sides(field: Field) -> tuple[Side, ...]:
    return tuple(Side(target.name, target.versions) for target in field.all)


def _load_words(plan: Plan, processes: int) -> str:
    return (
        f"{processes} processes, {plan.stations} stations with a certificate each, "
        f"{plan.handshakes_in_flight} handshakes in flight, {plan.links} links, "
        f"{plan.rounds} rounds of {plan.window_seconds:g} s by turns"
    )


def main(arguments: Sequence[str]) -> int:
    """Run what was asked for; returns the exit status."""
    request = read_request(arguments)
    try:
        cores = share_out(frozenset(os.sched_getaffinity(0)))
        with tempfile.TemporaryDirectory(prefix="voltward-bench-") as folder:
            report, status = measure(request, cores, Path(folder))
        print(report)
        if request.is_for_the_record:
            write_between_markers(README, report)
    except BenchmarkFault as fault:
        notes = "\n".join(getattr(fault, "__notes__", ()))
        print(f"benchmarks: the run is void: {fault}\n{notes}".rstrip(), file=sys.stderr)
        return 3
    return status


if __name__ == "__main__":
    # Whoever ends the run ends its servers too: an order to stop unwinds like Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
