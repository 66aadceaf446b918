"""One screen of the live view: values in, something that rich can draw out. Nothing is kept here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from voltward.demo.outcome import Step
from voltward.demo.picture import Picture, Refusal, Row, counted

_BORDER: Final = "dim"
_HEAD_LINES: Final = 3
_FRAME: Final = 2
_ROOMY_WIDTH: Final = 116
_ROOMY_HEIGHT: Final = 30
_PROFILE_STYLES: Final = {"1": "yellow", "2": "cyan", "3": "green"}
_LANE_WORDS: Final = {"unproven": "waits", "repair": "repair"}

#: Title -> width, of the table of links.
_COLUMNS: Final = {"station": 8, "OCPP": 5, "profile": 7, "over": 7, "lane": 6, "proved by": 19, "sent": 5}
_NARROW: Final = ("station", "profile", "over", "lane")


@dataclass(frozen=True, slots=True)
class Screen:
    """What is to be seen. `messages` at the CSMS and `phases` of life-cycles by identity; newest step first.

    `tally`: (held, failed).
    """

    seconds: float
    picture: Picture
    messages: Mapping[str, int]
    doing: str
    tally: tuple[int, int]
    steps: tuple[Step, ...]
    advice: tuple[str, ...]
    phases: Mapping[str, str] = field(default_factory=dict[str, str])


def drawn(screen: Screen, width: int, height: int) -> RenderableType:
    """The screen at this size; a small terminal gets fewer columns and lines, none of them broken."""
    columns = tuple(_COLUMNS) if width >= _ROOMY_WIDTH else _NARROW
    foot = (6 if height >= _ROOMY_HEIGHT else 3) + _FRAME
    middle = max(height - _HEAD_LINES - foot - _FRAME, 3)
    layout, body = Layout(), Layout(name="body")
    layout.split_column(Layout(_head(screen), size=_HEAD_LINES), body, Layout(_foot(screen, foot), size=foot))
    table_width = sum(_COLUMNS[title] + 2 for title in columns) + 2
    body.split_row(
        Layout(_links(screen, columns, middle), size=table_width), Layout(_refusals(screen.picture.refusals))
    )
    return layout


def _head(screen: Screen) -> RenderableType:
    minutes, rest = divmod(int(screen.seconds), 60)
    line = Text.assemble(("Voltward", "bold"), (f"  {minutes:02}:{rest:02}", "dim"))
    for name, count in counted(screen.picture.counts):
        if count:
            line.append(f"   {count}", style="bold").append(f" {name}", style="dim")
    return Panel(_one_line(line), border_style=_BORDER)


def _links(screen: Screen, columns: tuple[str, ...], lines: int) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for title in columns:
        table.add_column(title, width=_COLUMNS[title], no_wrap=True, overflow="ellipsis")
    rows = screen.picture.rows
    shown = rows if len(rows) < lines else rows[: lines - 2]
    for row in shown:
        cells = _cells(row, screen.messages.get(row.identity, 0), screen.phases.get(row.identity, ""))
        table.add_row(*(cells[title] for title in columns))
    if len(shown) < len(rows):
        table.add_row(Text(f"+ {len(rows) - len(shown)}", style="dim"))
    return Panel(table, title=f"connected: {len(rows)}", title_align="left", border_style=_BORDER)


def _cells(row: Row, messages: int, phase: str) -> dict[str, Text]:
    lane = _LANE_WORDS.get(row.lane, "")
    return {
        "station": Text(row.identity, style="magenta" if lane else "bold"),
        "OCPP": Text(row.version),
        "profile": Text(row.profile, style=_PROFILE_STYLES.get(row.profile, "")),
        "over": Text(row.over) if row.over else Text("no TLS", style="yellow"),
        "lane": Text(lane, style="magenta"),
        "proved by": Text(phase, style="cyan") if phase else Text(row.credential),
        "sent": Text(str(messages) if messages else "-", style="dim"),
    }


def _refusals(refusals: Iterable[Refusal]) -> RenderableType:
    lines = [line for refusal in refusals for line in _told(refusal)]
    shown = Group(*lines) if lines else Text("nobody yet", style="dim")
    return Panel(shown, title="just refused, and why", title_align="left", border_style=_BORDER)


def _told(refusal: Refusal) -> tuple[Text, Text]:
    who = refusal.who or "somebody"
    first = Text.assemble((f"{refusal.at} ", "dim"), (who, "bold"))
    if refusal.source:
        first.append(f" from {refusal.source}", style="dim")
    if refusal.times > 1:
        first.append(f"  x{refusal.times}", style="bold yellow")
    second = Text("  ")
    if refusal.control:
        second.append(f"{refusal.control} ", style="red")
    return _one_line(first), second.append(refusal.reason)


def _foot(screen: Screen, lines: int) -> RenderableType:
    count = lines - _FRAME
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), expand=True, show_header=False)
    for _ in range(2):
        table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    told, typed = _story(screen), _advice(screen.advice)
    for number in range(count):
        table.add_row(*(column[number] if number < len(column) else Text() for column in (told, typed)))
    return Panel(table, title="Ctrl-C ends it", title_align="right", border_style=_BORDER)


def _story(screen: Screen) -> list[Text]:
    held, failed = screen.tally
    line = Text.assemble((screen.doing, "bold"), (f"   {held} steps held" if held else "", "dim"))
    if failed:
        line.append(f", {failed} did not", style="bold red")
    return [line, *(_mark(step) for step in screen.steps)]


def _mark(step: Step) -> Text:
    mark = Text("ok    ", style="green") if step.ok else Text("FAIL  ", style="bold red")
    return mark.append(f"{step.name.removeprefix('attack: ')}: ", style="dim").append(step.seen.words)


def _advice(commands: tuple[str, ...]) -> list[Text]:
    if not commands:
        return []
    return [Text("at another terminal:", style="dim"), *(Text(each, style="cyan") for each in commands)]


def _one_line(text: Text) -> Text:
    text.no_wrap, text.overflow = True, "ellipsis"
    return text
