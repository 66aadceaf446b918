"""The figures in words: one text for the terminal and for the README, between two markers there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import MachineFault
from benchmarks.figures import Comparison, Round, spread
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
    """What the figures depend on, each in words."""

    machine: Machine
    peer: Side
    ours: Side
    load: str
    tls: str


def render(comparisons: Sequence[Comparison], conditions: Conditions) -> str:
    """The whole report, as Markdown that reads well unrendered too."""
    machine, peer, ours = conditions.machine, conditions.peer, conditions.ours
    return "\n".join(
        [
            *_table(comparisons, peer.name, ours.name),
            "",
            "CPU of the server per operation, in microseconds: median of the rounds (lowest to highest).",
            f"The ratio is {peer.name} over {ours.name}, round by round; above 1, {ours.name} needs less.",
            "",
            f"- machine: {machine.processor}; {machine.cores}; {machine.system}",
            f"- {peer.name}: {', '.join(peer.versions)}",
            f"- {ours.name}: {', '.join(ours.versions)}",
            f"- load: {conditions.load}; {machine.load}",
            f"- TLS, on both: {conditions.tls}",
            *_warnings(comparisons, peer.name, ours.name),
        ]
    )


def _table(comparisons: Sequence[Comparison], peer: str, ours: str) -> list[str]:
    head = [f"| one operation | {peer} | {ours} | ratio | goal | |", "|---|---|---|---|---|---|"]
    return head + [_row(comparison) for comparison in comparisons]


def _row(comparison: Comparison) -> str:
    ratio = comparison.ratio
    cells = (
        comparison.workload,
        _cost(comparison.peer),
        _cost(comparison.ours),
        f"**{ratio.median:.2f}** ({ratio.lowest:.2f} to {ratio.highest:.2f})",
        f">= {comparison.goal:.1f}",
        "reached" if comparison.is_reached else "MISSED",
    )
    return f"| {' | '.join(cells)} |"


def _cost(rounds: Sequence[Round]) -> str:
    cost = spread(window.microseconds_per_operation for window in rounds)
    speed = spread(window.operations_per_second for window in rounds).median
    figures = f"{cost.median:.1f} ({cost.lowest:.1f} to {cost.highest:.1f})"
    return f"{figures}; {speed:,.0f}/s, core {_busy(rounds):.0%} busy"


def _busy(rounds: Sequence[Round]) -> float:
    # A timer's tick may fall into the pause after a window: no core is more than busy.
    return min(1.0, spread(window.core_share for window in rounds).median)


def _warnings(comparisons: Sequence[Comparison], peer: str, ours: str) -> list[str]:
    return [
        f"- mind: {name}'s core was only {_busy(rounds):.0%} busy with '{comparison.workload}': "
        "the load, or others on this machine, set the pace; a server that waits pays more for each wake-up"
        for comparison in comparisons
        for name, rounds in ((peer, comparison.peer), (ours, comparison.ours))
        if _busy(rounds) < BUSY_ENOUGH
    ]


def write_between_markers(path: Path, report: str) -> None:
    """Replace what stands between the two markers of the file; all else stays as it is."""
    before, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise MachineFault(f"{path} has no pair of markers {BEGIN} ... {END} to write between")
    path.write_text(f"{before}{BEGIN}\n\n{report}\n\n{END}{after}", encoding="utf-8")
