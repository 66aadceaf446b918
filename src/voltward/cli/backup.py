"""`voltward backup ...`: a deployment in one file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from voltward.bootstrap.backups.backup import BackupOrder, make_backup
from voltward.bootstrap.backups.restore import Restored, RestoreOrder, restore, verify_backup
from voltward.bootstrap.rooms import secret_named
from voltward.cli.frame import FINDINGS, JSON_FLAG, Options, actor, print_json, print_line, run
from voltward.cli.progress import progress
from voltward.domain.secret import Secret
from voltward.settings import load_settings

app = App(name="backup", help="The whole deployment in one file, and back.")

Reference = Annotated[str | None, Parameter(help="Seals the file: file:, env: or credential: reference.")]
JsonFlag = Annotated[bool, Parameter(name=JSON_FLAG, negative=(), help="Print JSON.")]


@app.command
def make(file: Path, *, passphrase: Reference = None, options: Options = Options()) -> None:
    """Copy settings, store, keys and heads into FILE (or into a new file in that folder), while it serves."""
    order = BackupOrder(file, _secret(passphrase))
    settings = load_settings(options.config, options.set)
    with progress() as told:
        made = run(make_backup(settings, options.config, order, actor(), told.rows))
    if options.json:
        facts = {"file": str(made.path), "octets": made.octets, "sealed": made.is_sealed}
        print_json({**facts, "left_out": list(made.left_out)})
        return
    how = "sealed under the passphrase" if made.is_sealed else "open to whoever can read the file"
    print_line(f"{made.path}: {made.octets} octets, {how}.")
    for sentence in made.left_out:
        print_line(f"not in it: {sentence}")
    print_line(f"Next: voltward backup verify {made.path}")


@app.command
def verify(
    file: Path,
    *,
    passphrase: Reference = None,
    secrets: Annotated[
        Path | None, Parameter(help="A folder with what was left out, under the same names.")
    ] = None,
    options: Options = Options(),
) -> int:
    """Could it come back? Every digest; with its key at hand signature, rooms and journal, too."""
    beside = secrets or (options.config.parent if options.config.exists() else None)
    found = run(verify_backup(RestoreOrder(file, _secret(passphrase), beside)))
    if options.json:
        print_json({"ok": not found.problems, **_facts(found)})
    else:
        _say(found)
        print_line("It could not come back as it was." if found.problems else "Whole.")
    return FINDINGS if found.problems else 0


@app.command(name="restore")
def restore_command(
    file: Path,
    *,
    into: Annotated[Path, Parameter(help="A new or empty folder.")],
    passphrase: Reference = None,
    secrets: Annotated[
        Path | None, Parameter(help="A folder with what was left out, under the same names.")
    ] = None,
    old: Annotated[
        Path | None, Parameter(help="What is left of the old folder: its spool, its signed heads.")
    ] = None,
    json: JsonFlag = False,
) -> int:
    """Bring a deployment back. The old one must not run. Exit status 1 if something about it is not right."""
    found = run(restore(RestoreOrder(file, _secret(passphrase), secrets, old), into, actor()))
    if json:
        print_json({"into": str(into), **_facts(found)})
        return FINDINGS if found.problems else 0
    _say(found)
    if old is not None:
        again = len(found.recalled.denials) + len(found.recalled.retired) + len(found.recalled.distrusted)
        print_line(f"Ordered again, since the old folder knew of it: {again} revocations.")
    for rows in found.missing:
        print_line(f"lost: rows of the journal, {rows}")
    if found.missing or old is None:
        print_line("What else was ordered since then, nobody knows here: look at the log, and give it again.")
    print_line("Next:")
    for order in ("settings check", "journal verify", "serve"):
        print_line(f"  voltward {order} -c {into}/voltward.toml")
    return FINDINGS if found.problems else 0


def _secret(reference: str | None) -> Secret | None:
    return secret_named(reference, Path.cwd()) if reference is not None else None


def _facts(found: Restored) -> dict[str, object]:
    return {
        "made_at": found.made_at,
        "version": found.version,
        "stations": found.stations,
        "opened": found.is_opened,
        "problems": list(found.problems),
        "recalled": {
            "certificates": [denied.fingerprint for denied in found.recalled.denials],
            "stations": [str(station) for station in found.recalled.retired],
            "authorities": [distrusted.authority for distrusted in found.recalled.distrusted],
        },
        "missing": [
            {"chain": rows.chain, "first": rows.first, "last": rows.last, "until": rows.until}
            for rows in found.missing
        ],
        "notes": list(found.notes),
    }


def _say(found: Restored) -> None:
    print_line(f"Made {found.made_at:%Y-%m-%d %H:%M:%S} UTC by Voltward {found.version}.")
    if found.is_opened:
        print_line(f"{found.stations} stations.")
    for problem in found.problems:
        print_line(f"- {problem}")
    for note in found.notes:
        print_line(f"note: {note}")
