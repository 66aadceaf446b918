"""The figures in words: one text for the terminal and for the README, between two markers there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import MachineFault
from benchmarks.figures import Comparison, Failed, Finding, Round, spread
from benchmarks.machine import Machine

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
# Below this share of its core, a server was waiting during the window: for work, or for its turn.
BUSY_ENOUGH = 0.85


@dataclass(frozen=True, slots=True)
class Side:
    """A server as the report names it, with the versions that its figures belong to."""

    name: str
    versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the figures depend on, each in words; of the sides, ours is the second, where there are any."""

    machine: Machine
    sides: tuple[Side, ...]
    load: str
    tls: str
    day: str


def render(
    comparisons: Sequence[Comparison],
    conditions: Conditions,
    findings: Sequence[Finding] = (),
    failed: Sequence[Failed] = (),
) -> str:
    """The whole report, as Markdown that reads well unrendered too."""
    machine, ours = conditions.machine, conditions.sides[1].name if conditions.sides else ""
    tables = [_table(comparisons, ours)] if comparisons else []
    tables += [_findings(findings)] if findings else []
    tables += [_without_figures(failed)] if failed else []
    return "\n".join(
        [
            *(line for table in tables for line in (*table, "")),
            *(_legend(ours) if comparisons else ()),
            f"- measured: {conditions.day}; {machine.processor}; {machine.cores}; {machine.system}",
            *(f"- {side.name}: {', '.join(side.versions)}" for side in conditions.sides),
            f"- load: {conditions.load}; {machine.load}",
            f"- TLS, everywhere: {conditions.tls}",
            *_warnings(comparisons, ours),
        ]
    )


def _legend(ours: str) -> list[str]:
    return [
        "CPU of the server per operation, in microseconds: median of the rounds (lowest to highest).",
        f"The ratio is the other over {ours}, round by round; above 1, {ours} needs less.",
        "",
    ]


def _table(comparisons: Sequence[Comparison], ours: str) -> list[str]:
    head = [
        f"| one operation | beside | its cost | {ours} | ratio | goal | |",
        "|---|---|---|---|---|---|---|",
    ]
    return head + [_row(comparison) for comparison in comparisons]


def _row(comparison: Comparison) -> str:
    ratio = comparison.ratio
    cells = (
        comparison.workload,
        comparison.peer_name,
        _cost(comparison.peer),
        _cost(comparison.ours),
        f"**{ratio.median:.2f}** ({ratio.lowest:.2f} to {ratio.highest:.2f})",
        f">= {comparison.goal:.1f}" if comparison.goal is not None else "",
        _verdict(is_reached=comparison.is_reached) if comparison.goal is not None else "",
    )
    return f"| {' | '.join(cells)} |"


def _findings(findings: Sequence[Finding]) -> list[str]:
    head = ["| less is better | figures | ratio | goal | |", "|---|---|---|---|---|"]
    return head + [_finding(one) for one in findings]


def _finding(one: Finding) -> str:
    goal = f"<= {one.at_most:g}" if one.at_most is not None else ""
    verdict = _verdict(is_reached=one.is_reached) if one.at_most is not None else ""
    return f"| {one.what} | {one.figures} | **{one.ratio:.2f}** | {goal} | {verdict} |"


def _without_figures(failed: Sequence[Failed]) -> list[str]:
    head = ["| part without figures | why |", "|---|---|"]
    return head + [f"| **{one.part}** | {' '.join(one.error.split())} |" for one in failed]


def _verdict(*, is_reached: bool) -> str:
    return "reached" if is_reached else "MISSED"


def _cost(rounds: Sequence[Round]) -> str:
    cost = spread(window.microseconds_per_operation for window in rounds)
    speed = spread(window.operations_per_second for window in rounds).median
    figures = f"{cost.median:.1f} ({cost.lowest:.1f} to {cost.highest:.1f})"
    return f"{figures}; {speed:,.0f}/s, core {_busy(rounds):.0%} busy"


def _busy(rounds: Sequence[Round]) -> float:
    # A timer's tick may fall into the pause after a window: no core is more than busy.
    return min(1.0, spread(window.core_share for window in rounds).median)


def _warnings(comparisons: Sequence[Comparison], ours: str) -> list[str]:
    windows = {(c.workload, ours): c.ours for c in comparisons}
    windows |= {(c.workload, c.peer_name): c.peer for c in comparisons}
    return [
        f"- mind: {name}'s core was only {_busy(rounds):.0%} busy with '{workload}': "
        "the load, or others on this machine, set the pace; a server that waits pays more for each wake-up"
        for (workload, name), rounds in windows.items()
        if _busy(rounds) < BUSY_ENOUGH
    ]


def write_between_markers(path: Path, report: str) -> None:
    """Replace what stands between the two markers of the file; all else stays as it is."""
    before, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise MachineFault(f"{path} has no pair of markers {BEGIN} ... {END} to write between")
    path.write_text(f"{before}{BEGIN}\n\n{report}\n\n{END}{after}", encoding="utf-8")
