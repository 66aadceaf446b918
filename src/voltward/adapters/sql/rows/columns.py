"""What columns are made of, and the one `METADATA` that all tables belong to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Column, DateTime, Dialect, MetaData, String, TypeDecorator

METADATA: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


class Utc(TypeDecorator[datetime]):
    """A moment: aware in Python, UTC in the database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return _in_utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def bind_processor(self, dialect: Dialect) -> Any:
        return _text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        return _moment if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _in_utc(value: datetime | None) -> datetime | None:
    if value is not None and value.tzinfo is None:
        raise ValueError("a time without a zone cannot be stored")
    return value.astimezone(UTC) if value is not None else None


def _text(value: datetime | None) -> str | None:
    """As the library writes it into SQLite, without its zone, in a third of the time."""
    stored = _in_utc(value)
    return stored.isoformat(" ", "microseconds").removesuffix("+00:00") if stored is not None else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(f"{text}+00:00") if text is not None else None


def tenant() -> Column[str]:
    """The first column of an aggregate's key."""
    return Column("tenant", String(64), primary_key=True)


def required(name: str, kind: Any, otherwise: str | None = None) -> Column[Any]:
    """A column that is never NULL. `kind`: a type of SQLAlchemy, class or instance.

    `otherwise`: what stands in the rows that were there before the column.
    """
    return Column(name, kind, nullable=False, server_default=otherwise)
