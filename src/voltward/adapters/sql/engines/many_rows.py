"""One statement for many rows: put into words once, so that a row costs its values and no more.

The library looks at each row as if it were the only one, which costs as much again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import Dialect
from sqlalchemy.sql.elements import ClauseElement

_Writer = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class ManyRows:
    """`text` as the driver takes it; `places`: what stands in each, and how the column writes it."""

    text: str
    places: tuple[tuple[str, _Writer | None], ...]

    @classmethod
    def of(cls, statement: ClauseElement, dialect: Dialect) -> Self:
        """For this kind of database; parameters are named as the values of a row."""
        compiled: Any = statement.compile(dialect=dialect)
        order: Sequence[str] = compiled.positiontup
        return cls(
            compiled.string, tuple((name, _writer(compiled.binds[name].type, dialect)) for name in order)
        )

    def bound(self, rows: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
        """What the driver takes with the text; what a row does not say is NULL."""
        return [
            tuple([write(row.get(name)) if write else row.get(name) for name, write in self.places])
            for row in rows
        ]


def _writer(kind: Any, dialect: Dialect) -> _Writer | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)
