"""`voltward serve`: the supervisor, or one part of it."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Literal

from voltward.cli.frame import Options
from voltward.gateway.notices import Notices
from voltward.settings import load_settings, notes
from voltward.supervisor import PARTS, Pace, Part, end_with_parent, log_as_json, supervise

LAST_THINGS = 15.0  # seconds that a gateway may take for its last rows, when its links are closed


def serve(
    *, only: Literal["gateway"] | None = None, parent: int | None = None, options: Options = Options()
) -> int:
    """Run Voltward until SIGTERM or Ctrl-C; SIGHUP reloads. `--only gateway` runs that part alone.

    With `--parent PID` it ends when that process, which has started it, does.
    The log goes to standard error, one JSON object a line.
    """
    if parent is not None:
        end_with_parent(parent)
    settings = load_settings(options.config, options.set)
    log_as_json()
    if only == "gateway":
        from voltward.bootstrap.gateway import serve_gateway  # the supervisor needs none of it

        serve_gateway(settings, options.config, options.set)
        return 0
    for note in notes(settings):
        sys.stderr.write(f"voltward: note: {note}\n")
    # From the environment itself: of bootstrap, the supervisor loads nothing.
    notices = Notices.told_by(os.environ)  # noqa: TID251
    pace = Pace(ending=settings.gateway.drain_limit + LAST_THINGS)
    parts = [part_named(name, options) for name in PARTS]
    return asyncio.run(supervise(parts, pace, on_stop=notices.stopping))


def part_named(name: str, options: Options) -> Part:
    """A part as a child process, with the settings that this command was given."""
    overrides = [word for override in options.set for word in ("--set", override)]
    alone = ("--only", name, "--parent", str(os.getpid()))
    return Part(name, ("serve", *alone, "-c", str(options.config), *overrides))
