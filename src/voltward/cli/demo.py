"""`voltward demo`: see it work, on loopback."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

from cyclopts import Parameter

from voltward.cli.frame import FINDINGS, JSON_FLAG, interrupted_status, print_json, run
from voltward.domain.errors import OperatorFault


def demo(
    *,
    once: Annotated[bool, Parameter(negative=(), help="Play the story to its end, then leave.")] = False,
    json: Annotated[bool, Parameter(name=JSON_FLAG, negative=(), help="Print JSON; with --once.")] = False,
) -> int:
    """A gateway, a small CSMS, a fleet over three versions and profiles, and an attacker, on loopback.

    Without --once it goes on, and shows who is connected, how, and what was just refused and why; Ctrl-C ends
    it. With --once it exits 0 only if every honest station did its work and every attack failed.
    """
    if json and not once:
        raise OperatorFault("a demo that goes on for ever has no JSON.", mend="Add --once.")
    try:
        return _once(json=json) if once else _for_ever()
    except (KeyboardInterrupt, asyncio.CancelledError):
        return interrupted_status() if once else 0


def _once(*, json: bool) -> int:
    from rich.console import Console

    from voltward.demo.performance import play_once, until_told
    from voltward.demo.programme import Nobody, Programme

    if json:
        outcome = run(until_told(play_once(Nobody())))
        print_json(outcome.as_facts())
    else:
        programme = Programme(Console(highlight=False))
        outcome = run(until_told(play_once(programme)))
        programme.closes(outcome)
    return 0 if outcome.ok else FINDINGS


def _for_ever() -> int:
    from rich.console import Console

    from voltward.demo.performance import play_for_ever, until_told
    from voltward.demo.programme import Programme
    from voltward.demo.view import LiveView, command_name

    console = Console(highlight=False)
    if console.is_terminal:
        view = LiveView(console, command_name(sys.argv[0], sys.executable))
        run(until_told(view.shows(play_for_ever(view))))
    else:
        run(until_told(play_for_ever(Programme(console))))
    return 0
