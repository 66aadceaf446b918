"""`voltward store ...`: the database as a whole."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import App, Parameter

from voltward.bootstrap.store_orders import StoreState, downgrade_store, losses, move_store, store_status
from voltward.cli.frame import (
    FINDINGS,
    Options,
    actor,
    print_facts,
    print_json,
    print_line,
    run,
)
from voltward.cli.progress import progress
from voltward.settings import StoreSettings, load_settings

app = App(name="store", help="The database: what it is, move it, take it back.")

_WORDS = {
    StoreState.ABSENT: "there is none yet",
    StoreState.EMPTY: "empty",
    StoreState.OLDER: "of an earlier version; the next command brings it up to date",
    StoreState.CURRENT: "up to date",
    StoreState.NEWER: "of a later version: this Voltward does not open it",
    StoreState.MOVED: "moved: it lives elsewhere by now",
    StoreState.FOREIGN: "somebody else's tables",
}
_USABLE = {StoreState.CURRENT, StoreState.OLDER}


@app.command
def status(*, options: Options = Options()) -> int:
    """Where the store is and what version it has. Exit status 1 if it is not one to work with."""
    found = run(store_status(load_settings(options.config, options.set)))
    if options.json:
        facts = {"store": found.name, "state": found.state, "version": found.version, "known": found.known}
        print_json(facts)
    else:
        version = found.version or "-"
        print_facts({"store": found.name, "version": version, "state": _WORDS[found.state]})
    return 0 if found.state in _USABLE else FINDINGS


@app.command
def move(
    *,
    to: Annotated[str, Parameter(help="postgresql://USER@HOST/DATABASE, or sqlite:///FILE.")],
    to_password: Annotated[str, Parameter(help="file:, env: or credential: reference.")] = "",
    to_tls: Annotated[Literal["verify", "require", "off"], Parameter(help="To a server.")] = "verify",
    to_ca: Annotated[str, Parameter(help="File of the authority of the server's certificate.")] = "",
    dry_run: Annotated[bool, Parameter(negative=(), help="Try all of it, and keep nothing.")] = False,
    options: Options = Options(),
) -> None:
    """Move everything to another, empty database. The gateway must not run; the old store is closed."""
    source = load_settings(options.config, options.set)
    place = StoreSettings(to, to_password, to_tls, to_ca)
    with progress() as told:
        counts = run(move_store(source, source.with_store(place), actor(), told.rows, dry_run=dry_run))
    if options.json:
        print_json({"moved": not dry_run, "to": to, "rows": dict(counts), "settings": place.said()})
        return
    total = f"{sum(counts.values())} rows in {len(counts)} tables are the same here and there"
    if dry_run:
        print_line(f"It would move: {total}. Nothing was kept.")
        return
    print_line(f"It has moved: {total}. The old store opens no more.")
    print_line("Next, in the settings:")
    print_line("  [store]")
    for key, value in place.said().items():
        print_line(f'  {key} = "{value}"')
    print_line("and then: voltward journal verify; voltward settings check; start the gateway.")


@app.command
def downgrade(
    version: Annotated[str, Parameter(help="As in 0001.")],
    *,
    yes: Annotated[bool, Parameter(negative=(), help="Do it.")] = False,
    options: Options = Options(),
) -> int:
    """Take the tables back for an earlier Voltward; without --yes, say what that loses."""
    settings = load_settings(options.config, options.set)
    lost = list(run(downgrade_store(settings, version, actor())) if yes else losses(version))
    if options.json:
        print_json({"version": version, "done": yes, "lost": lost})
    else:
        print_line("Lost:" if yes else "This would lose:")
        for sentence in lost:
            print_line(f"- {sentence}")
        if not yes:
            print_line("Make a backup, and then say --yes.")
    return 0 if yes else FINDINGS
