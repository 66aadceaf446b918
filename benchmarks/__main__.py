"""`python -m benchmarks`: nginx and Voltward measured in one run, printed, and written into the README.

Exit status: 0 all goals reached, 1 a goal missed, 2 wrong usage, 3 the run is void (a wrong answer, a server
that ended), 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.cpu import Cores, running_on, share_out
from benchmarks.crew import Crew, running_crew
from benchmarks.errors import BenchmarkFault
from benchmarks.fleet import make_fleet
from benchmarks.libraries import running_mobilityhouse, running_ocpp_rpc
from benchmarks.machine import describe_machine
from benchmarks.nginx import running_nginx
from benchmarks.report import Conditions, Side, render, write_between_markers
from benchmarks.rounds import (
    Field,
    Measured,
    Plan,
    compare_handshakes,
    compare_round_trips,
    prepare,
)
from benchmarks.sink import running_sink
from benchmarks.voltward_target import running_voltward

FULL = Plan(
    rounds=12, window_seconds=1.5, warm_up_seconds=3.0, stations=500, handshakes_in_flight=48, links=96
)
QUICK = Plan(
    rounds=5, window_seconds=1.0, warm_up_seconds=1.5, stations=150, handshakes_in_flight=48, links=96
)
README = Path(__file__).with_name("README.md")

Workload = Callable[[Crew, Field, Plan], Measured]
WORKLOADS: dict[str, Workload] = {"handshakes": compare_handshakes, "round-trips": compare_round_trips}


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line."""

    plan: Plan
    workloads: tuple[str, ...]
    self_check: bool

    @property
    def is_for_the_record(self) -> bool:
        """Only a full run of everything may replace the figures in the README."""
        return self.plan is FULL and self.workloads == tuple(WORKLOADS) and not self.self_check


def read_request(arguments: Sequence[str]) -> Request:
    """The command line as a value; wrong usage leaves with status 2, as argparse does."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute, rougher; the README stays as it is")
    parser.add_argument("--only", choices=tuple(WORKLOADS), help="one of the workloads")
    parser.add_argument(
        "--self-check",
        action="store_true",
        help="nginx against a second nginx: how far from 1.00 a ratio strays on this machine by chance",
    )
    options = parser.parse_args(arguments)
    workloads = (options.only,) if options.only else tuple(WORKLOADS)
    return Request(QUICK if options.quick else FULL, workloads, options.self_check)


def measure(request: Request, cores: Cores, folder: Path) -> tuple[str, bool]:
    """Start everything, measure, stop everything; returns the report and whether all goals were reached."""
    fleet = make_fleet(folder, request.plan.stations)
    second = running_nginx if request.self_check else running_voltward
    libraries = () if request.self_check else (running_ocpp_rpc, running_mobilityhouse)
    with ExitStack() as stack:
        stack.enter_context(running_on(cores.load))
        csms_port = stack.enter_context(running_sink())
        peer = stack.enter_context(running_nginx(fleet, csms_port, cores.server, folder / "nginx"))
        name = "second nginx" if request.self_check else "Voltward"
        ours = stack.enter_context(second(fleet, csms_port, cores.server, folder / name))
        others = tuple(stack.enter_context(run(fleet, cores.server, folder)) for run in libraries)
        roots = [str(root) for target in (peer, ours, *others) for root in target.server_roots]
        crew = stack.enter_context(running_crew(len(cores.load), fleet.stations, roots))
        field = Field(peer, ours, others)
        prepare(crew, field)
        measured = [WORKLOADS[name](crew, field, request.plan) for name in request.workloads]
    comparisons = [comparison for one in measured for comparison in one.comparisons]
    conditions = Conditions(
        machine=describe_machine(cores),
        sides=tuple(Side(target.name, target.versions) for target in field.all),
        load=_load_words(request.plan, len(cores.load)),
        tls=f"{measured[0].tls.version}, {measured[0].tls.suite}, P-256 for certificates and key exchange",
        day=f"{datetime.now(UTC):%Y-%m-%d}",
    )
    return render(comparisons, conditions), all(one.is_reached for one in comparisons)


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
            report, is_reached = measure(request, cores, Path(folder))
        print(report)
        if request.is_for_the_record:
            write_between_markers(README, report)
    except BenchmarkFault as fault:
        notes = "\n".join(getattr(fault, "__notes__", ()))
        print(f"benchmarks: the run is void: {fault}\n{notes}".rstrip(), file=sys.stderr)
        return 3
    return 0 if is_reached else 1


if __name__ == "__main__":
    # Whoever ends the run ends its servers too: an order to stop unwinds like Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
