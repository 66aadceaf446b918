from __future__ import annotations

import codecs
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltward.domain.errors import OperatorFault
from voltward.usecases.fleet import fleet_file
from voltward.usecases.fleet.fleet_file import Record, RowFault, read_fleet_file


def records(text: str | bytes) -> list[Record | RowFault]:
    return list(read_fleet_file(text.encode() if isinstance(text, str) else text))


def cells(text: str | bytes) -> list[dict[str, str]]:
    found = records(text)
    assert all(isinstance(record, Record) for record in found), found
    return [dict(record.cells) for record in found if isinstance(record, Record)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_spreadsheets_csv_is_read(delimiter: str, mark: bytes, end: str) -> None:
    rows = [["Identity", " serial "], ["CP1", "S 1"], ["", ""], [" CP2 ", ""]]
    text = end.join(delimiter.join(row) for row in rows)

    assert cells(mark + text.encode()) == [{"identity": "CP1", "serial": "S 1"}, {"identity": "CP2"}]


@pytest.mark.parametrize("told", ["sep=;", "SEP=;", '"sep=;"', "sep=;\r"])
def test_the_line_in_which_a_spreadsheet_tells_its_delimiter_is_no_row_and_counts(told: str) -> None:
    found = records(f"{told}\nidentity;note\nCP1;a,b,c\nCP2\n")

    assert found[0] == Record(3, {"identity": "CP1", "note": "a,b,c"})
    assert isinstance(found[1], RowFault)
    assert found[1].line == 4


def test_a_delimiter_that_is_told_is_believed_and_has_to_be_known() -> None:
    assert cells("sep=\t\nidentity\tnote\nCP1\t;,\n") == [{"identity": "CP1", "note": ";,"}]
    with pytest.raises(OperatorFault, match=r"line 1 says that '\|' stands between cells"):
        records("sep=|\nidentity|note\nCP1|x\n")
    with pytest.raises(OperatorFault, match="the file is empty"):
        records("sep=;\n")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_unicode_text_of_a_spreadsheet_is_read(encoding: str) -> None:
    mark = b"" if encoding == "utf-16" else codecs.BOM_UTF16_BE
    text = "identity\tsite\r\nCP1\tKöln, Domstraße 5\r\n"

    assert cells(mark + text.encode(encoding)) == [{"identity": "CP1", "site": "Köln, Domstraße 5"}]


def test_half_a_character_of_utf_16_is_told_with_its_line() -> None:
    with pytest.raises(OperatorFault, match="line 2 is no UTF-16"):
        records("identity\nCP1".encode("utf-16") + b"x")


def test_a_file_of_identities_alone_needs_no_delimiter() -> None:
    assert cells("identity\nCP1\nCP2\n") == [{"identity": "CP1"}, {"identity": "CP2"}]


def test_quoted_cells_hold_delimiters_and_line_ends_and_lines_are_counted_on() -> None:
    found = records('identity,note\nCP1,"a, ""b""\nc"\nCP2\nCP3,x\n')

    assert found[0] == Record(2, {"identity": "CP1", "note": 'a, "b"\nc'})
    assert isinstance(found[1], RowFault)
    assert (found[1].line, found[1].what) == (4, "the row has 1 cells, the head has 2.")
    assert found[2] == Record(5, {"identity": "CP3", "note": "x"})


def test_blanks_of_a_password_belong_to_it() -> None:
    assert cells("identity,password\nCP1,  two words \n") == [{"identity": "CP1", "password": "  two words "}]


@pytest.mark.parametrize(
    "text",
    [
        '[{"identity": "CP1", "profile": 2, "serial": null, "exceptions": ["A-1", "B-2"]}]',
        ' {"identity": "CP1", "profile": 2, "exceptions": "A-1 B-2"}\n\n',
    ],
)
def test_json_is_an_array_or_one_object_a_line(text: str) -> None:
    assert cells(text) == [{"identity": "CP1", "profile": "2", "exceptions": "A-1 B-2"}]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('[{"identity": "CP1"}, 7]', 2, "no object"),
        ('[{"identity": true}]', 1, "neither a text"),
        ('{"identity": "CP1"}\n{"identity": \n{"identity": "CP3"}', 2, "no JSON"),
        ('{"identity": "CP1"}\n{"identity": "a", "identity": "b"}', 2, "twice"),
        ('{"identity": "CP1"}\n"text"', 2, "no object"),
    ],
)
def test_an_object_that_is_wrong_is_a_row_that_is_wrong(text: str, line: int, words: str) -> None:
    (fault,) = [record for record in records(text) if isinstance(record, RowFault)]

    assert fault.line == line
    assert words in fault.what


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty"),
        ("identity,serail\nCP1,x", "Did you mean serial?"),
        ("identity,qqqq\nCP1,x", "'qqqq' is unknown"),
        ("identity,note,note\n", "stands there twice"),
        ("serial\nS1", "no column identity"),
        (b"identity\nCP\xfc\n", "line 2 is no UTF-8"),
        ('identity\n"CP1', "line 2 cannot be read"),
        ('[{"identity": "CP1", "Passwort": "geheim"}]', "'Passwort' is unknown. Did you mean password?"),
        ('[{"identity": "geheim"', "no JSON"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole_and_tells_no_secret(
    text: str | bytes, words: str
) -> None:
    with pytest.raises(OperatorFault) as caught:
        records(text)
    assert words in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_a_file_is_bounded() -> None:
    with pytest.raises(OperatorFault, match="64 MiB"):
        records(b" " * (fleet_file.LARGEST_FILE + 1))
    rows = read_fleet_file(b"identity\n" + b"x\n" * (fleet_file.MOST_ROWS + 1))
    with pytest.raises(OperatorFault, match="200000 rows"):
        for _ in rows:
            pass


@given(
    st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: f"identity,password\n{text}"))
)
def test_any_octets_are_rows_or_a_fault(data: bytes | str) -> None:
    try:
        found = records(data)
    except OperatorFault:
        return
    assert all(isinstance(record, (Record, RowFault)) for record in found)


@given(st.recursive(st.none() | st.integers() | st.text(max_size=5), st.lists, max_leaves=5))
def test_any_value_of_json_is_a_cell_or_a_fault(value: object) -> None:
    (found,) = records(json.dumps([{"note": value}]))
    assert isinstance(found, (Record, RowFault))
