"""`voltward journal ...`: the tamper-evident record."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC
from typing import Annotated

from cyclopts import App, Parameter, validators

from voltward.bootstrap.deployment import open_deployment
from voltward.cli.frame import FINDINGS, Options, print_json, print_line, run
from voltward.ports.journal import JournalRow
from voltward.settings import load_settings

app = App(name="journal", help="The tamper-evident record.")
_POLL = 0.5  # seconds
Count = Annotated[int, Parameter(validator=validators.Number(gte=1, lte=100_000))]  # kept in memory


@app.command
def tail(
    *, count: Count = 20, station: str | None = None, follow: bool = False, options: Options = Options()
) -> None:
    """The newest rows; `--follow` goes on until Ctrl-C, with `--json` one object a line."""

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            rows = await deployment.journal.tail(count, subject=station)
            if options.json and not follow:
                print_json([_facts(row) for row in rows])
                return
            say = _say_as_json if options.json else _say
            say(rows)
            seen = {(row.writer, row.seq) for row in rows}
            while follow:
                await asyncio.sleep(_POLL)
                newest = await deployment.journal.tail(1000, subject=station)
                fresh = [row for row in newest if (row.writer, row.seq) not in seen]
                fresh = [row for row in fresh if not rows or row.event.at >= rows[0].event.at]
                say(fresh)
                seen |= {(row.writer, row.seq) for row in fresh}

    run(story())


@app.command
def verify(*, options: Options = Options()) -> int:
    """Is every row there, untouched and in order? Exit status 1 if not."""

    async def story() -> int:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            problems = await deployment.journal.problems(deployment.clock.now())
        if options.json:
            print_json({"ok": not problems, "problems": list(problems)})
        elif problems:
            for problem in problems:
                print_line(f"- {problem}")
            print_line(
                "The journal was tampered with, or its files are not together. Keep everything as it is."
            )
        else:
            print_line("The journal is whole: every row is there, untouched and in order.")
        return FINDINGS if problems else 0

    return run(story())


def _say(rows: Sequence[JournalRow]) -> None:
    for row in rows:
        event = row.event
        facts = "  ".join(f"{k}={v}" for k, v in event.facts.items() if v not in (None, "", (), []))
        at = event.at.astimezone(UTC)
        print_line(f"{at:%Y-%m-%d %H:%M:%S}  {event.kind}  {event.subject or '-'}  by {event.actor}  {facts}")


def _say_as_json(rows: Sequence[JournalRow]) -> None:
    for row in rows:
        print_json(_facts(row), indent=None)


def _facts(row: JournalRow) -> dict[str, object]:
    event = row.event
    return {
        "writer": row.writer,
        "seq": row.seq,
        "at": event.at,
        "kind": event.kind,
        "actor": event.actor,
        "subject": event.subject,
        "facts": dict(event.facts),
    }
