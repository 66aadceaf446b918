"""`voltward serve`: the supervisor, or one part of it."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Literal

from voltward.cli.frame import Options
from voltward.gateway.notices import Notices
from voltward.settings import load_settings, notes
from voltward.supervisor import PARTS, Part, log_as_json, supervise


def serve(*, only: Literal["gateway"] | None = None, options: Options = Options()) -> int:
    """Run Voltward until SIGTERM or Ctrl-C; SIGHUP reloads. `--only gateway` runs that part alone.

    The log goes to standard error, one JSON object a line.
    """
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
    parts = [part_named(name, options) for name in PARTS]
    return asyncio.run(supervise(parts, on_stop=notices.stopping))


def part_named(name: str, options: Options) -> Part:
    """A part as a child process, with the settings that this command was given."""
    overrides = [word for override in options.set for word in ("--set", override)]
    return Part(name, ("serve", "--only", name, "-c", str(options.config), *overrides))
