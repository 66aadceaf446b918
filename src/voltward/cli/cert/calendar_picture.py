"""The calendar of certificates as a picture: a bar for each month, and what else ends in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

from voltward.usecases.views.certificate_calendar import DarkDay

WIDTH, LEFT, LONGEST, BAR, TOP = 900, 110, 400, 22, 50
LETTER = 8  # more than a letter takes: no text may stand out of the picture


def months(days: Sequence[DarkDay]) -> dict[str, tuple[int, list[str]]]:
    """How many stations go dark in each month, and what else ends in it; months in order."""
    stations: Counter[str] = Counter()
    others: dict[str, dict[str, list[str]]] = {}
    for day in days:
        month = f"{day.at:%Y-%m}"
        stations[month] += day.stations
        ends = others.setdefault(month, {})
        if not day.stations:
            ends.setdefault(f"{day.at:%Y-%m-%d}", []).append(day.what)
    return {month: (stations[month], _by_day(others[month])) for month in sorted(others)}


def _by_day(ends: Mapping[str, Sequence[str]]) -> list[str]:
    return [f"{day}: {'; '.join(sorted(names))}" for day, names in sorted(ends.items())]


def calendar_svg(days: Sequence[DarkDay]) -> str:
    """The picture, as a whole SVG document without scripts or outside parts."""
    rows = months(days)
    most = max((count for count, _ in rows.values()), default=0) or 1
    height = TOP + BAR * max(1, len(rows)) + 20
    lines, reach = list[str](), WIDTH
    for number, (month, (count, others)) in enumerate(rows.items()):
        y = TOP + number * BAR
        width = round(LONGEST * count / most)
        lines.append(f'<text x="10" y="{y + 14}">{month}</text>')
        lines.append(f'<rect x="{LEFT}" y="{y + 2}" width="{width}" height="{BAR - 6}" fill="#4078a0"/>')
        words = "; ".join([f"{count} station{'s' if count > 1 else ''}"] * bool(count) + others)
        reach = max(reach, LEFT + width + 8 + LETTER * len(words))
        lines.append(f'<text x="{LEFT + width + 8}" y="{y + 14}">{escape(words)}</text>')
    size = f'width="{reach}" height="{height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="serif" font-size="14">'
    title = '<text x="10" y="24" font-size="16">What goes dark when, if nothing is done</text>'
    return "\n".join([head, title, *lines, "</svg>", ""])
