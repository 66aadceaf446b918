"""`python -m benchmarks.soak`: an hour of coming and going; does the gateway's use of the machine stay flat?

Exit status: 0 flat, 1 something grows, 2 wrong usage, 3 the run is void, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.cpu import process_tree, running_on, share_out
from benchmarks.crew import Converse, Crew, CycleLinks, Dismiss, Gather, running_crew
from benchmarks.errors import BenchmarkFault
from benchmarks.flat import Series
from benchmarks.fleet import Mix, make_fleet, with_passwords
from benchmarks.knock import knock
from benchmarks.memory import read_private
from benchmarks.sink import running_sink
from benchmarks.target import Target
from benchmarks.voltward_target import PROGRAM, Deployed, deploy, running_gateway

MIB = 1024 * 1024
# What is judged, and how much of it is never a finding. Private memory: what one arena of malloc comes to.
SLACK = {"private MiB": 4.0, "descriptors": 8.0, "tasks": 8.0, "links": 1.0, "half open": 4.0, "met": 4.0}
# Counted by the gateway: dials of the CSMS that came to nothing, and when the gateway itself stood still.
STALLS = {"dials failed": "csms_unreachable", "stood still": "gateway_stood_still"}
# Told, and not judged: the registry and the store keep what was done to them.
TOLD = ("stations", "guessing", "store MiB", *STALLS)
# An hour on a machine with other work sees it stand still; stations that were turned away come again.
COMES_AGAIN = 8
KNOCKS = 12


def sample(target: Target, folder: Path) -> dict[str, float]:
    """What the gateway uses at this moment, while no link is open."""
    assert target.metrics_address is not None
    host, port = target.metrics_address
    with urllib.request.urlopen(f"http://{host}:{port}/metrics", timeout=10) as answer:
        metrics = answer.read().decode()
    processes = process_tree(target.root_process)
    return {
        "private MiB": read_private(target.root_process) / MIB,
        "descriptors": sum(len(list(Path(f"/proc/{process}/fd").iterdir())) for process in processes),
        "tasks": _metric(metrics, "voltward_tasks"),
        "links": _metric(metrics, "voltward_links"),
        "half open": _metric(metrics, "voltward_half_open"),
        **{
            name: _metric(metrics, f'voltward_entries{{table="{name}"}}')
            for name in ("met", "stations", "guessing")
        },
        **{
            name: _metric(metrics, f'voltward_events_total{{kind="{kind}"}}', 0.0)
            for name, kind in STALLS.items()
        },
        "store MiB": sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / MIB,
    }


def _metric(text: str, name: str, unsaid: float | None = None) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    if found is not None:
        return float(found[1])
    if unsaid is None:
        raise BenchmarkFault(f"the gateway does not tell {name}")
    return unsaid


def churn(crew: Crew, target: Target, deployed: Deployed, turn: int) -> None:
    """One turn of everything: links of all profiles, messages, refusals, an enrolment and its end."""
    kinds = (("BENCH", 40), ("P1-", 10), ("P2-", 10), ("HUMAN", 4))
    crew.carry_out(Gather(target.address, target.plain_address, kinds, 16))
    crew.carry_out(Converse(target.address, 2.0, 0.25))
    _order(deployed, "station", "add", f"SOAK-{turn:05d}", "--profile", "2")
    with ThreadPoolExecutor(KNOCKS) as pool:
        strangers = [f"NOBODY-{turn}-{number}" for number in range(KNOCKS)]
        known = ["P2-00000", f"SOAK-{turn:05d}"]
        list(pool.map(lambda identity: knock(target.address, identity), strangers + known))
    _order(deployed, "station", "retire", f"SOAK-{turn:05d}", "--reason", "soak")
    crew.carry_out(Dismiss(target.address))
    crew.carry_out(CycleLinks(target.address, 2.0, 12))


def _order(deployed: Deployed, *words: str) -> None:
    command = (PROGRAM, *words, "-c", deployed.settings, "--json")
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode != 0:
        raise BenchmarkFault(f"{' '.join(words)} ended with {done.returncode}: {done.stderr[-500:]}")


def soak(seconds: float, folder: Path, note: Callable[[str], None]) -> tuple[Series, ...]:
    """Churn for so long, sample after every turn; what was sampled, as series."""
    cores = share_out(frozenset(os.sched_getaffinity(0)))
    fleet = with_passwords(make_fleet(folder, 240), Mix(60, 60, 24))
    seen: list[tuple[float, dict[str, float]]] = []
    with running_on(cores.load), running_sink() as csms_port:
        deployed = deploy(fleet, csms_port, folder / "voltward")
        log = folder / "serve.log"
        stations = deployed.equipped(fleet).stations
        roots = [str(root) for root in deployed.roots]
        with (
            running_gateway(deployed, cores.server, log) as target,
            running_crew(2, stations, roots, COMES_AGAIN) as crew,
        ):
            begun = time.monotonic()
            while time.monotonic() - begun < seconds:
                churn(crew, target, deployed, len(seen))
                time.sleep(1.5)  # for what ends a moment later: last words, tasks of the refused
                seen.append((time.monotonic() - begun, sample(target, folder / "voltward")))
                moment, values = seen[-1]
                note(
                    f"{moment:6.0f} s  " + "  ".join(f"{name} {value:.1f}" for name, value in values.items())
                )
    return tuple(
        Series(name, SLACK.get(name, 0.0), tuple((moment, values[name]) for moment, values in seen))
        for name in (*SLACK, *TOLD)
    )


def render(series: Sequence[Series], minutes: float) -> str:
    """The small report, as Markdown."""
    head = [
        f"Soak of {minutes:g} minutes, {len(series[0].samples)} turns; growth counts after the first sixth.",
        "",
        "| | first | last | growth | |",
        "|---|---|---|---|---|",
    ]
    return "\n".join(head + [_row(one) for one in series])


def _row(one: Series) -> str:
    first, last = one.samples[0][1], one.samples[-1][1]
    return f"| {one.name} | {first:.1f} | {last:.1f} | {one.growth:+.2f} | {_verdict(one)} |"


def _verdict(one: Series) -> str:
    if one.name in TOLD:
        return "told, not judged"
    return "flat" if one.is_flat else "GROWS"


def main(arguments: Sequence[str]) -> int:
    """Soak for as long as was asked; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--report", type=Path, default=Path("soak.md"), help="where the report is written")
    options = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory(prefix="voltward-soak-") as folder:
            series = soak(options.minutes * 60, Path(folder), lambda line: print(line, flush=True))
    except BenchmarkFault as fault:
        print(f"soak: the run is void: {fault}", file=sys.stderr)
        return 3
    report = render(series, options.minutes)
    print(report)
    options.report.write_text(report + "\n", encoding="utf-8")
    return 0 if all(one.is_flat for one in series if one.name in SLACK) else 1


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
