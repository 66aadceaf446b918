"""The calendar of certificates as a picture: a bar for each month, and what else ends in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape

from voltward.usecases.views.certificate_calendar import DarkDay

WIDTH, LEFT, BAR, TOP = 900, 110, 22, 50


def months(days: Sequence[DarkDay]) -> dict[str, tuple[int, list[str]]]:
    """How many stations go dark in each month, and what else ends in it; months in order."""
    stations: Counter[str] = Counter()
    others: dict[str, list[str]] = {}
    for day in days:
        month = f"{day.at:%Y-%m}"
        stations[month] += day.stations
        others.setdefault(month, [])
        if not day.stations:
            others[month].append(f"{day.what} ({day.at:%d.})")
    return {month: (stations[month], others[month]) for month in sorted(others)}


def calendar_svg(days: Sequence[DarkDay]) -> str:
    """The picture, as a whole SVG document without scripts or outside parts."""
    rows = months(days)
    most = max((count for count, _ in rows.values()), default=0) or 1
    height = TOP + BAR * max(1, len(rows)) + 20
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="serif">',
        '<text x="10" y="24" font-size="16">What goes dark when, if nothing is done</text>',
    ]
    for number, (month, (count, others)) in enumerate(rows.items()):
        y = TOP + number * BAR
        width = round(400 * count / most)
        lines.append(f'<text x="10" y="{y + 14}">{month}</text>')
        lines.append(f'<rect x="{LEFT}" y="{y + 2}" width="{width}" height="{BAR - 6}" fill="#4078a0"/>')
        words = "; ".join([f"{count} stations"] * bool(count) + others)
        lines.append(f'<text x="{LEFT + width + 8}" y="{y + 14}">{escape(words)}</text>')
    return "\n".join([*lines, "</svg>", ""])
