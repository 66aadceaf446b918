"""A list of stations as a file: CSV as spreadsheets write it, JSON as programs do. From octets to cells.

The file is read whole (it is bounded) and told row by row; a row that is wrong in itself is a `RowFault`
among the others. What makes the whole file unreadable is an OperatorFault.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from voltward.domain.errors import OperatorFault
from voltward.usecases.likeness import did_you_mean

LARGEST_FILE = 64 * 1024 * 1024  # octets
MOST_ROWS = 200_000
DELIMITERS = ",;\t"
_TOLD_DELIMITER = re.compile(r'"?sep=(.)"?', re.IGNORECASE)

# Every column, and what it says; `identity` alone has to be there.
COLUMNS: Mapping[str, str] = {
    "identity": "what stands in the station's URL",
    "tenant": "whose station it is, where the file holds several tenants'",
    "group": "whose policy and quirks hold for it",
    "site": "the place that it shares with others, to go dark together",
    "profile": "the security profile that it uses: 1, 2 or 3",
    "serial": "as on its type plate, and in its certificate",
    "password": "the password that it has; empty: unknown, or none",
    "password_form": "`text` (as the station sends it), `hex` (digits that spell its octets), or `argon2id`",
    "certificate": "profile 3: its certificate, as PEM or as the name of a file beside this one",
    "fingerprint": "profile 3: SHA-256 of its certificate in DER form, in hexadecimal",
    "note": "a remark for people",
    "exceptions": "controls that it is excepted from for a while, separated by blanks",
}


class RowFault(OperatorFault):
    """One row that cannot be taken over, and why; `line` counts lines of the file (JSON: its objects)."""

    def __init__(self, line: int, column: str, what: str, mend: str = "", subject: str = "") -> None:
        super().__init__(what, mend=mend, subject=subject)
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class Record:
    """The cells of one row by column; those that are empty or missing are left out."""

    line: int
    cells: Mapping[str, str]


def read_fleet_file(data: bytes) -> Iterator[Record | RowFault]:
    """The rows, in their order. OperatorFault if it is too large, no Unicode, or has unknown columns."""
    if len(data) > LARGEST_FILE:
        raise OperatorFault(
            f"the file has more than {LARGEST_FILE // 1024 // 1024} MiB.", mend="Import it in parts."
        )
    text = _text(data)
    found = _json(text) if text.lstrip()[:1] in ("[", "{") else _csv(text)
    for number, record in enumerate(found, start=1):
        if number > MOST_ROWS:
            raise OperatorFault(f"the file has more than {MOST_ROWS} rows.", mend="Import it in parts.")
        yield record


def _text(data: bytes) -> str:
    """UTF-8, with a mark or without; UTF-16 where its mark says so, as spreadsheets save "Unicode text"."""
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise OperatorFault(
            f"line {line} is no {'UTF-16' if wide else 'UTF-8'}.",
            mend="Save the file with the encoding UTF-8 (spreadsheets: CSV UTF-8), and import it again.",
        ) from error


# ---------------------------------------------------------------------------------------- CSV


def _csv(text: str) -> Iterator[Record | RowFault]:
    table, delimiter = _delimited(text)
    rows = csv.reader(io.StringIO(table, newline=""), delimiter=delimiter, strict=True)
    columns: Sequence[str] | None = None
    first = line = 1 if table is text else 2
    try:
        for row in rows:
            begins, line = line, rows.line_num + first
            if not any(cell.strip() for cell in row):
                continue
            if columns is None:
                columns = _columns([cell.strip().lower() for cell in row])
            elif len(row) != len(columns):
                what = f"the row has {len(row)} cells, the head has {len(columns)}."
                yield RowFault(begins, "", what, "Quote cells that hold the delimiter or a line end.")
            else:
                yield Record(begins, _filled(zip(columns, row, strict=True)))
    except csv.Error as error:
        raise OperatorFault(
            f"line {line} cannot be read: {error}.", mend="Mend that line; a quote may be missing."
        ) from error
    if columns is None:
        raise OperatorFault("the file is empty.", mend="Its first row names the columns.")


def _delimited(text: str) -> tuple[str, str]:
    """The table without the line in which spreadsheets tell each other the delimiter (`sep=;`), and that."""
    first, _, rest = text.partition("\n")
    told = _TOLD_DELIMITER.fullmatch(first.rstrip("\r"))
    if told is not None and told[1] not in DELIMITERS:
        raise OperatorFault(
            f"line 1 says that {told[1]!r} stands between cells.", mend="Use commas, semicolons or tabs."
        )
    if told is not None:
        return rest, told[1]
    head = next((line for line in text.splitlines() if line.strip()), "")
    return text, max(DELIMITERS, key=head.count)  # a comma where none of them stands there


def _columns(names: Sequence[str]) -> Sequence[str]:
    for name in names:
        _refuse_unknown(name)
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise OperatorFault(f"the column {twice} stands there twice.", mend="Keep one of them.")
    if "identity" not in names:
        raise OperatorFault("there is no column identity.", mend=f"Known columns: {', '.join(COLUMNS)}.")
    return names


def _refuse_unknown(name: str) -> None:
    if name in COLUMNS:
        return
    raise OperatorFault(
        f"the column {name[:40]!r} is unknown.",
        mend=f"{did_you_mean(name, COLUMNS)} Remove or rename the others.",
    )


# ---------------------------------------------------------------------------------------- JSON


def _json(text: str) -> Iterator[Record | RowFault]:
    """One array of objects, or one object a line."""
    if text.lstrip().startswith("["):
        rows = _loaded(text)
        if isinstance(rows, str):
            raise OperatorFault(rows, mend="Write an array of objects, or one object a line.")
        for number, row in enumerate(rows, start=1):
            yield _record(number, row)
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield _record(number, _loaded(line))


def _loaded(text: str) -> Any:
    """The value; a sentence where there is none. Never the parser's own words: they may tell a password."""
    try:
        value = json.loads(text, object_pairs_hook=_object)
    except RecursionError:
        return "this is nested too deep."
    except json.JSONDecodeError as error:
        return f"this is no JSON (line {error.lineno}, column {error.colno})."
    except ValueError:
        return "a name stands twice in an object, or a number is too long."
    return value if not isinstance(value, str) else "this is no object."


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError("a name twice")
    return dict(pairs)


def _record(number: int, row: Any) -> Record | RowFault:
    if not isinstance(row, dict):
        what = row if isinstance(row, str) else "this is no object."
        return RowFault(number, "", what, "Write one object for each station.")
    for name in row:
        _refuse_unknown(name)
    cells: dict[str, str] = {}
    for name, value in row.items():
        text = _cell(value)
        if text is None:
            return RowFault(number, name, "this is neither a text nor a whole number.", "Write a text.")
        cells[name] = text
    return Record(number, _filled(cells.items()))


def _cell(value: Any) -> str | None:
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(word, str) for word in value):
        return " ".join(value)
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    return str(value)


def _filled(cells: Any) -> dict[str, str]:
    """Cells with something in them; blanks around are a spreadsheet's, but for those of a password."""
    told = ((name, text if name == "password" else text.strip()) for name, text in cells)
    return {name: text for name, text in told if text}
