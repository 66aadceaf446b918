"""`make fuzz`: every target for a while, one after the other; what crashes becomes a regression case.

    FUZZ_SECONDS=600 make fuzz ARGS="codec basic"

The corpus is kept in `.fuzz/` and grows from run to run. With `--write`, the counts go into README.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / ".fuzz"
REGRESSIONS = ROOT / "tests" / "regressions"
README = Path(__file__).with_name("README.md")
FOUND = re.compile(r"^(crash|timeout|oom|leak)-")
DONE = re.compile(r"^Done (\d+) runs in (\d+) second", re.MULTILINE)
PULSE = re.compile(r"^#(\d+)\s.*?cov: (\d+) ft: (\d+) corp: (\d+)", re.MULTILINE)
SLOWEST_SECONDS = 10  # for one input
MOST_MEMORY_MIB = 2048


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one target."""

    name: str
    runs: int
    seconds: int
    edges: int
    corpus: int
    cases: tuple[Path, ...]

    @property
    def row(self) -> str:
        return (
            f"| {self.name} | {self.runs:,} | {self.seconds} | {self.runs // max(1, self.seconds):,} "
            f"| {self.edges:,} | {self.corpus:,} | {len(self.cases)} |"
        )


def fuzz(name: str, seconds: int) -> Outcome:
    """Run one target; inputs that failed are copied to tests/regressions."""
    folder = CORPUS / name
    seeds, found = folder / "corpus", folder / "found"
    shutil.rmtree(found, ignore_errors=True)
    for each in (seeds, found):
        each.mkdir(parents=True, exist_ok=True)
    for seed in (*TARGETS[name].seeds, *cases_of(name)):
        (seeds / sha256(seed).hexdigest()[:20]).write_bytes(seed)
    done = subprocess.run(
        [
            sys.executable, "-m", "tests.fuzz.one_target", name,
            f"-max_total_time={seconds}", f"-max_len={TARGETS[name].longest}", f"-timeout={SLOWEST_SECONDS}",
            f"-rss_limit_mb={MOST_MEMORY_MIB}", f"-artifact_prefix={found}/", "-print_final_stats=0", str(seeds),
        ],
        cwd=ROOT, capture_output=True, text=True, errors="replace", timeout=seconds + 300, check=False,
    )  # fmt: skip
    cases = tuple(keep(name, file) for file in sorted(found.iterdir()) if FOUND.match(file.name))
    if cases or done.returncode:
        print(done.stderr[-4000:], done.stdout[-1000:], sep="\n", file=sys.stderr)
    pulses = PULSE.findall(done.stderr)
    last = pulses[-1] if pulses else ("0", "0", "0", "0")
    whole = DONE.search(done.stderr)
    runs, took = (int(whole[1]), int(whole[2])) if whole else (int(last[0]), 0)
    if done.returncode and not cases:
        raise SystemExit(f"{name}: the fuzzer ended with {done.returncode} and left no case.")
    return Outcome(name, runs, took, int(last[1]), int(last[3]), cases)


def cases_of(name: str) -> list[bytes]:
    """The regression cases of a target."""
    folder = REGRESSIONS / name
    return [file.read_bytes() for file in sorted(folder.iterdir())] if folder.is_dir() else []


def keep(name: str, file: Path) -> Path:
    """The input as a regression case, named by its digest."""
    data = file.read_bytes()
    kept = REGRESSIONS / name / sha256(data).hexdigest()[:16]
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(data)
    return kept


def told(outcomes: list[Outcome]) -> str:
    """The table of a run."""
    lines = [
        "| target | runs | seconds | runs a second | edges | corpus | cases |",
        "|---|---|---|---|---|---|---|",
        *(outcome.row for outcome in outcomes),
    ]
    total = sum(outcome.runs for outcome in outcomes)
    where = f"{platform.machine()}, Python {platform.python_version()}, one core"
    return "\n".join([*lines, "", f"In all {total:,} runs; {where}."])


def write(table: str) -> None:
    """Put it between the marks of README.md."""
    before, begin, rest = README.read_text(encoding="utf-8").partition("<!-- figures: begin -->\n")
    _, end, after = rest.partition("<!-- figures: end -->")
    README.write_text(f"{before}{begin}\n{table}\n\n{end}{after}", encoding="utf-8")


def main() -> int:
    reader = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    reader.add_argument("targets", nargs="*", choices=[*TARGETS, []], help="all, unless some are named")
    reader.add_argument("--seconds", type=int, default=int(os.environ.get("FUZZ_SECONDS", "60")))
    reader.add_argument("--write", action="store_true", help="write the counts into README.md")
    wanted = reader.parse_args()
    outcomes: list[Outcome] = []
    for name in wanted.targets or TARGETS:
        outcomes.append(fuzz(name, wanted.seconds))
        print(
            outcomes[-1].row,
            *(f"  {case.relative_to(ROOT)}" for case in outcomes[-1].cases),
            sep="\n",
            flush=True,
        )
    if wanted.write:
        write(told(outcomes))
    return 1 if any(outcome.cases for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
