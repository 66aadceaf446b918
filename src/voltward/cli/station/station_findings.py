"""What `station list --findings` and `station show` say about weak passwords."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from voltward.cli.frame import FINDINGS, print_json, print_line, print_table
from voltward.usecases.views.weak_stations import StationFinding


def finding_facts(finding: StationFinding, now: datetime) -> list[dict[str, object]]:
    """The findings about one station, as JSON tells them."""
    return [
        {"control": w.control, "words": w.words, "excepted_until": finding.excepted_until(w.control, now)}
        for w in finding.weaknesses
    ]


def finding_lines(finding: StationFinding, now: datetime) -> Iterator[str]:
    """The same, a line each."""
    for weakness in finding.weaknesses:
        yield f"finding: {weakness.control}: {weakness.words}; {_borne(finding, weakness.control, now)}"


def tell_findings(findings: Sequence[StationFinding], now: datetime, *, as_json: bool) -> int:
    """All stations with findings; the exit status."""
    if as_json:
        print_json(
            [{"station": str(f.entry.station.id), "findings": finding_facts(f, now)} for f in findings]
        )
    elif not findings:
        print_line("No station has a password that is short, shared, or as it was shipped.")
    else:
        print_table(
            ("station", "group", "control", "finding", "exception"),
            (
                (
                    str(f.entry.station.id),
                    f.entry.station.group,
                    w.control,
                    w.words,
                    _borne(f, w.control, now),
                )
                for f in findings
                for w in f.weaknesses
            ),
        )
    return FINDINGS if findings else 0


def _borne(finding: StationFinding, control: str, now: datetime) -> str:
    until = finding.excepted_until(control, now)
    return f"excepted until {until:%Y-%m-%d}" if until is not None else "not excepted: it is quarantined"
