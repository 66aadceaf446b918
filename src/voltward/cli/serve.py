"""`voltward serve`: the supervisor, or one part of it."""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import Literal

from voltward.cli.frame import Options
from voltward.settings import load_settings, notes

Part = Literal["gateway"]


def serve(*, only: Part | None = None, options: Options = Options()) -> int:
    """Run Voltward until SIGTERM or Ctrl-C; SIGHUP reloads. `--only gateway` runs that part alone.

    The log goes to standard error, one JSON object a line.
    """
    settings = load_settings(options.config, options.set)
    log_as_json()
    if only == "gateway":
        import uvloop  # noqa: PLC0415 - the supervisor needs none of the gateway

        from voltward.bootstrap.gateway import run_gateway  # noqa: PLC0415

        uvloop.run(run_gateway(settings, options.config, options.set))
        return 0
    from voltward.supervisor import PARTS, Part, supervise  # noqa: PLC0415

    for note in notes(settings):
        sys.stderr.write(f"voltward: note: {note}\n")
    overrides = [word for override in options.set for word in ("--set", override)]
    parts = [Part(name, ("serve", "--only", name, "-c", str(options.config), *overrides)) for name in PARTS]
    return asyncio.run(supervise(parts))


def log_as_json() -> None:
    """structlog, to standard error: one JSON object a line, secrets unprintable by their type."""
    import structlog  # noqa: PLC0415 - only who serves logs

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
