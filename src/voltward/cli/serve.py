"""`voltward serve`: the supervisor, or one part of it."""

from __future__ import annotations

import asyncio
import getpass
import os
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Annotated, Literal

from cyclopts import Parameter

from voltward.cli.frame import Options
from voltward.gateway.notices import Notices
from voltward.ports.vault import RoomName
from voltward.settings import Settings, load_settings, notes
from voltward.supervisor import PARTS, Pace, Part, end_with_parent, log_as_json, only_one, supervise

LAST_THINGS = 15.0  # seconds that a gateway may take for its last rows, when its links are closed


def serve(
    *,
    only: Literal["gateway", "signer", "worker", "publisher", "enrolment"] | None = None,
    parent: int | None = None,
    supervisor_end: Annotated[int | None, Parameter(show=False)] = None,
    predecessor_end: Annotated[int | None, Parameter(show=False)] = None,
    options: Options = Options(),
) -> int:
    """Run Voltward until SIGTERM or Ctrl-C; SIGHUP reloads, SIGUSR2 hands over to a new process.

    `--only PART` runs that part alone.

    With `--parent PID` it ends when that process, which has started it, does.
    The log goes to standard error, one JSON object a line.
    """
    if parent is not None:
        end_with_parent(parent)
    settings = load_settings(options.config, options.set)
    log_as_json()
    if only == "gateway":
        # The supervisor needs none of it.
        from voltward.bootstrap.gateway.assembly import SettingsSource
        from voltward.bootstrap.gateway.process import Ends, serve_gateway

        source = SettingsSource(options.config, tuple(options.set))
        ends = Ends(supervisor_end, predecessor_end, parent)
        # A supervisor sees to it that there is one, or two of which one hands over to the other.
        place = nullcontext() if supervisor_end is not None else only_one(settings.path(RoomName.GATEWAY))
        with place:
            serve_gateway(settings, source, ends)
        return 0
    if only is not None:
        serve_beside(only, settings)
        return 0
    with only_one(settings.path(RoomName.GATEWAY)):
        return serve_supervised(settings, options)


def serve_supervised(settings: Settings, options: Options) -> int:
    """All parts, each a process of its own, until a signal ends them."""
    away = signer_is_elsewhere(settings)
    for note in [*notes(settings), *([away] if away else [])]:
        sys.stderr.write(f"voltward: note: {note}\n")
    # From the environment itself: of bootstrap, the supervisor loads nothing.
    notices = Notices.told_by(os.environ)  # noqa: TID251
    pace = Pace(ending=settings.gateway.drain_limit + LAST_THINGS)
    left_out = {
        "signer": bool(away),
        "publisher": not settings.publication.listen,
        "enrolment": not settings.enrolment.listen,
    }
    names = [name for name in PARTS if not left_out.get(name)]
    parts = [part_named(name, settings, options, os.environ) for name in names]  # noqa: TID251
    return asyncio.run(supervise(parts, pace, on_stop=notices.stopping))


def serve_beside(part: Literal["signer", "worker", "publisher", "enrolment"], settings: Settings) -> None:
    """A part that has no station's link; each imports what it needs alone."""
    if part == "signer":
        from voltward.bootstrap.authority.signer import serve_signer

        serve_signer(settings)
    elif part == "publisher":
        from voltward.bootstrap.publisher import serve_publisher

        serve_publisher(settings)
    elif part == "enrolment":
        from voltward.bootstrap.enrolment import serve_enrolment

        serve_enrolment(settings)
    else:
        from voltward.bootstrap.worker import serve_worker

        serve_worker(settings)


def part_named(name: str, settings: Settings, options: Options, environ: Mapping[str, str]) -> Part:
    """A part as a child process, with the settings that this command was given.

    What opens the signer's room is told to the signer alone, and it is told of no other secret. The
    publisher, whom anybody may ask, is told of none.
    """
    overrides = [word for override in options.set for word in ("--set", override)]
    alone = ("--only", name, "--parent", str(os.getpid()))
    hidden = _hidden_from(name, settings)
    unknown = {reference.removeprefix("env:") for reference in hidden if reference.startswith("env:")}
    return Part(
        name,
        ("serve", *alone, "-c", str(options.config), *overrides),
        user=settings.signer.user or None if name == "signer" and os.getuid() == 0 else None,
        environment={key: value for key, value in environ.items() if key not in unknown},
        hands_over=name == "gateway",
    )


def _hidden_from(name: str, settings: Settings) -> tuple[str, ...]:
    """References to secrets that a part has no use for."""
    keys, store = settings.keys, settings.store.password
    hidden = {
        "signer": (keys.gateway_unlock, store),
        "publisher": (keys.gateway_unlock, keys.signer_unlock, store),
    }
    return hidden.get(name, (keys.signer_unlock,))


def signer_is_elsewhere(settings: Settings) -> str:
    """Why the signer is not for this supervisor to start, in a sentence; empty: it is."""
    user = settings.signer.user
    if user and os.getuid() != 0 and user != getpass.getuser():
        return f"the signer runs as {user}: start it by its own unit (`voltward serve --only signer`)."
    if not os.access(settings.path("signer"), os.R_OK | os.X_OK):
        return "the signer is not started: its room is not here, or not open to this user."
    return ""
