from __future__ import annotations

from sqlalchemy import Boolean, Column, MetaData, String, Table, Text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from voltward.adapters.sql.engines.postgres_columns import OctetOrder
from voltward.adapters.sql.rows.tables import METADATA


def _made(table: Table) -> str:
    return str(OctetOrder(postgresql.dialect(), CreateTable(table)))


def test_texts_are_ordered_by_their_octets_and_nothing_else_is() -> None:
    made = _made(
        Table(
            "t",
            MetaData(),
            Column("short", String(20), nullable=False),
            Column("long", Text),
            Column("own", String(collation="de_DE")),
            Column("yes", Boolean),
        )
    )
    columns = [line.strip().rstrip(",") for line in made.splitlines() if line.startswith("\t")]

    assert columns == [
        'short VARCHAR(20) NOT NULL COLLATE "C"',
        'long TEXT COLLATE "C"',
        'own VARCHAR COLLATE "de_DE"',
        "yes BOOLEAN",
    ]


def test_every_text_of_our_tables_is_one_of_these() -> None:
    for table in METADATA.sorted_tables:
        texts = [column for column in table.columns if isinstance(column.type, String)]
        assert _made(table).count('COLLATE "C"') == len(texts)
