from __future__ import annotations

from sqlalchemy import Column, Integer, MetaData, String, Table

from voltward.adapters.sql.engines.put_off_rows import PutOffRows, Values

METADATA = MetaData()
PLUGS = Table(
    "plugs", METADATA, Column("id", String, primary_key=True), Column("kind", String), Column("amps", Integer)
)
CABLES = Table("cables", METADATA, Column("id", String, primary_key=True))


def taken(rows: PutOffRows) -> list[tuple[str, list[Values]]]:
    """The first words of each statement, and its rows."""
    return [(str(statement).partition("(")[0].strip(), list(each)) for statement, each in rows.take()]


def plug(name: str, amps: int = 16) -> Values:
    return {"id": name, "kind": "typ 2", "amps": amps}


def test_rows_of_a_table_are_one_statement() -> None:
    rows = PutOffRows()
    rows.insert(PLUGS, plug("a"))
    rows.insert(CABLES, {"id": "c"})
    rows.insert(PLUGS, plug("b"))

    assert taken(rows) == [
        ("INSERT INTO plugs", [plug("a"), plug("b")]),
        ("INSERT INTO cables", [{"id": "c"}]),
    ]


def test_the_last_word_about_a_row_is_written() -> None:
    rows = PutOffRows()
    rows.insert(PLUGS, plug("new"))
    rows.update(PLUGS, ("new",), {"amps": 32})
    rows.update(PLUGS, ("old",), {"amps": 20})
    rows.update(PLUGS, ("old",), {"amps": 63})

    (_, changed), (_, inserted) = taken(rows)
    assert changed == [{"amps": 63, "key_id": "old"}]
    assert inserted == [plug("new", 32)]


def test_a_row_that_may_be_there_is_changed_wherever_it_is() -> None:
    rows = PutOffRows()
    rows.add(PLUGS, plug("a"))
    rows.add(PLUGS, plug("a", 99))
    rows.update(PLUGS, ("a",), {"amps": 32})

    (_, changed), (how, added) = taken(rows)
    assert changed == [{"amps": 32, "key_id": "a"}]
    assert (how, added) == ("INSERT INTO plugs", [plug("a", 32)])


def test_what_was_taken_away_before_it_was_written_is_only_taken_away() -> None:
    rows = PutOffRows()
    rows.add(PLUGS, plug("a"))
    rows.update(PLUGS, ("a",), {"amps": 32})
    rows.delete(PLUGS, ("a",))

    assert taken(rows) == [("DELETE FROM plugs WHERE plugs.id = :key_id", [{"key_id": "a"}])]


def test_a_place_is_freed_before_it_is_taken_again() -> None:
    rows = PutOffRows()
    rows.insert(PLUGS, plug("a"))
    rows.update(PLUGS, ("b",), {"amps": 1})
    rows.delete(PLUGS, ("c",))

    assert [words.split()[0] for words, _ in taken(rows)] == ["DELETE", "UPDATE", "INSERT"]


def test_nothing_waits_once_it_was_taken() -> None:
    rows = PutOffRows()
    rows.insert(PLUGS, plug("a"))
    assert rows.concerns(PLUGS)
    assert not rows.concerns(CABLES)

    assert taken(rows)
    assert not rows
    assert taken(rows) == []
