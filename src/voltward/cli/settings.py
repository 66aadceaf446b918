"""`voltward settings check`: is this deployment sound?"""

from __future__ import annotations

from cyclopts import App

from voltward.bootstrap.soundness.check import check_deployment
from voltward.bootstrap.soundness.remarks import Problem, Soundness, from_fault
from voltward.cli.frame import FINDINGS, Options, fault_status, print_json, print_line, run
from voltward.domain.errors import VoltwardError
from voltward.settings import load_settings

app = App(name="settings", help="Is this deployment sound?")


@app.command
def check(*, options: Options = Options()) -> int:
    """Look at everything that `serve` would open; print each problem with its mend.

    Exit status: 0 sound, 1 findings, 2 settings that cannot be read, 3 the outside failed.
    """
    try:
        settings = load_settings(options.config, options.set)
    except VoltwardError as fault:
        if not options.json:
            raise
        # Whoever asked for JSON gets the same document, whatever is wrong.
        print_json(soundness_facts(Soundness((from_fault(fault),), ())))
        return fault_status(fault) or FINDINGS
    found = run(check_deployment(settings, options.config))
    if options.json:
        print_json(soundness_facts(found))
    else:
        _say(found)
    return 0 if found.ok else FINDINGS


def soundness_facts(found: Soundness) -> dict[str, object]:
    """What was found, as JSON tells it."""
    return {
        "ok": found.ok,
        "problems": [
            {"what": problem.what, "mend": problem.mend, "severity": problem.severity.value}
            for problem in found.problems
        ],
        "notes": [note.what for note in found.notes],
    }


def _say(found: Soundness) -> None:
    for problem in found.problems:
        _say_problem(problem)
    for note in found.notes:
        print_line(f"note: {note.what}")
    if found.ok:
        print_line("This deployment is sound.")
    else:
        count = len(found.problems)
        print_line(f"{count} problem{'s' if count > 1 else ''} found.")


def _say_problem(problem: Problem) -> None:
    print_line(f"{problem.severity.value}: {problem.what}")
    print_line(f"  mend: {problem.mend}")
