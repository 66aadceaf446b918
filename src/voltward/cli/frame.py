"""What every command shares: its options, how it prints, how a fault becomes a sentence and a status."""

from __future__ import annotations

import asyncio
import getpass
import json
import os
import sys
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

from cyclopts import CycloptsError, Parameter

from voltward.domain.errors import OperatorFault, OutsideFault, StationFault, VoltwardError

T = TypeVar("T")
FINDINGS = 1
JSON_FLAG = "--json"
_LONG = 1000  # rows of a table that nobody reads as a whole


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Options:
    """Options of every command that works on a deployment."""

    config: Annotated[
        Path, Parameter(name=["--config", "-c"], help="The settings file.", show_default=True)
    ] = Path("voltward.toml")
    set: Annotated[
        list[str], Parameter(name="--set", help="Another value for a setting: KEY=VALUE.", negative=())
    ] = field(default_factory=list[str])
    json: Annotated[bool, Parameter(name=JSON_FLAG, negative=(), help="Print JSON.")] = False


def run(story: Coroutine[Any, Any, T]) -> T:
    """Run a command's asynchronous part."""
    return asyncio.run(story)


def actor() -> str:
    """Who gives the order, for the journal: the account on this machine."""
    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError):  # a container's user without a name
        return "cli"


def print_json(value: object, *, indent: int | None = 2) -> None:
    """One JSON document on standard output; without an indent, on one line."""
    json.dump(value, sys.stdout, indent=indent, default=_plain)
    sys.stdout.write("\n")
    if indent is None:
        sys.stdout.flush()  # a line of a stream is for whoever waits for it


def print_line(text: str) -> None:
    """One line of plain text on standard output, at once: somebody may be waiting for it."""
    sys.stdout.write(f"{visible(text)}\n")
    sys.stdout.flush()


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table that is as wide as the terminal; cells are text, never markup.

    One of a whole fleet is read by programs, or a page at a time: there each row is one line, however long.
    """
    cells = [[visible(cell) for cell in row] for row in rows]
    if len(cells) > _LONG:
        _print_lines([[*columns], *cells])
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in cells:
        table.add_row(*map(Text, row))
    console = Console(width=None if sys.stdout.isatty() else 160)
    with console.capture() as drawn:
        console.print(table)
    sys.stdout.write(drawn.get())  # not by rich: it has an exit status of its own for a reader that is gone


def _print_lines(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write(f"{line.rstrip()}\n")


def print_facts(facts: Mapping[str, object]) -> None:
    """Names and values, one a line, aligned."""
    width = max((len(name) for name in facts), default=0)
    for name, value in facts.items():
        print_line(f"{name.ljust(width)}  {_fact_words(value)}")


def _fact_words(value: object) -> str:
    """As people write it; nothing is a dash, as in tables."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else str(value)


def visible(text: str) -> str:
    """The text on one line, with what would steer a terminal spelled out.

    Names in certificates and identities come from strangers: an escape sequence among them could rewrite what
    whoever is on call reads.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def fault_status(error: BaseException) -> int | None:
    """The exit status of a fault, or None if it is a bug of ours."""
    if isinstance(error, (OperatorFault, StationFault, CycloptsError)):
        return 2
    if isinstance(error, (OutsideFault, OSError)):
        return 3
    return None


def interrupted_status() -> int:
    """What a shell expects of a program that Ctrl-C ended."""
    return 130


def say_fault(error: BaseException) -> None:
    """What happened, to whom, and how to mend it; as JSON where JSON was asked for."""
    if JSON_FLAG in sys.argv:
        known = error if isinstance(error, VoltwardError) else None
        said = {
            "error": known.what if known else str(error),
            "subject": known.subject if known else "",
            "mend": known.mend if known else "",
        }
        sys.stderr.write(json.dumps(said) + "\n")
        return
    sys.stderr.write(f"voltward: {visible(str(error))}\n")


def end_output() -> None:
    """Write what is left. What nobody takes is forgotten, or Python would complain of it when it ends."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _plain(value: object) -> object:
    for convert in ("isoformat", "hex"):
        if hasattr(value, convert):
            return getattr(value, convert)()
    return str(value)
