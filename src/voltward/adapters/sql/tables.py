"""The tables, written out. Every aggregate carries its tenant; times are UTC; no column holds a secret.

A change here needs a revision in `migrations/versions`: a test compares the two.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class Utc(TypeDecorator[datetime]):
    """A moment: aware in Python, UTC in the database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


METADATA: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _tenant() -> Column[str]:
    return Column("tenant", String(64), primary_key=True)


def _required(name: str, kind: Any) -> Column[Any]:  # a type of SQLAlchemy, class or instance
    return Column(name, kind, nullable=False)


def _of_station() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant", "identity"], ["stations.tenant", "stations.identity"])


STATIONS: Final = Table(
    "stations",
    METADATA,
    _tenant(),
    Column("identity", String(255), primary_key=True),
    _required("folded", Text),  # ruling 32
    _required("profile", Integer),
    _required("floor", Integer),
    _required("group", String(64)),
    Column("serial", String(255)),
    _required("standing", String(32)),
    Column("allowance_profile", Integer),
    Column("allowance_until", Utc),
    Column("allowance_owner", Text),
    Column("allowance_reason", Text),
    Column("latch_profile", Integer),
    Column("latch_stage", String(32)),
    Column("latch_at", Utc),
    Column("quarantine_lane", String(32)),
    _required("note", Text),
    Column("created_at", Utc),
    _required("known_sources", JSON),
    Column("recommissioned_at", Utc),
    Column("csms_password", LargeBinary),  # sealed: useless without the key, which is not in the database
    Column("vendor", Text),
    Column("model", Text),
    Column("firmware", Text),
    Column("quirks", JSON(none_as_null=True)),
    Column("behind", JSON(none_as_null=True)),
    _required("revision", Integer),
    UniqueConstraint("tenant", "folded"),
    Index(None, "tenant", "serial"),
    Index(None, "group"),
)

CREDENTIALS: Final = Table(
    "credentials",
    METADATA,
    Column("id", String(64), primary_key=True),
    _required("tenant", String(64)),
    _required("identity", String(255)),
    _required("kind", String(32)),  # password_digest, password_argon2, certificate
    _required("is_password", Boolean),
    _required("purpose", String(32)),
    _required("state", String(32)),
    _required("generation", Integer),
    _required("created_at", Utc),
    Column("not_after", Utc),
    Column("proven_at", Utc),
    Column("last_in", Utc),
    Column("last_form", String(32)),
    _required("sharing_digest", LargeBinary),
    Column("digest", LargeBinary),  # keyed: useless without the key, which is not in the database
    Column("argon2", Text),
    Column("hexadecimal", Boolean),
    Column("length", Integer),
    Column("default_of", Text),
    Column("origin", String(32)),
    Column("fingerprint", LargeBinary),
    Column("common_name", Text),
    Column("issuer", LargeBinary),
    Column("pinned", Boolean),
    _required("revision", Integer),
    _of_station(),
    # Two processes that renew at the same time must not both be the newest.
    UniqueConstraint("tenant", "identity", "is_password", "generation"),
    Index(None, "fingerprint"),
    Index(None, "sharing_digest"),
)

AUTHORITIES: Final = Table(
    "authorities",
    METADATA,
    _tenant(),
    Column("id", String(64), primary_key=True),
    _required("name", Text),
    _required("certificate_pem", LargeBinary),
    _required("trusted_for", String(32)),
    _required("binding_rule", String(32)),
    Column("binding_pattern", Text),
    _required("organisations", JSON),
    Column("added_at", Utc),
    Column("retired_at", Utc),
)

DENIED_CERTIFICATES: Final = Table(
    "denied_certificates",
    METADATA,
    _tenant(),
    Column("fingerprint", LargeBinary, primary_key=True),
    _required("reason", Text),
    _required("denied_at", Utc),
    _required("station", Text),
)

EXCEPTIONS: Final = Table(
    "exceptions",
    METADATA,
    _tenant(),
    Column("identity", String(255), primary_key=True),
    Column("control", String(64), primary_key=True),
    _required("until", Utc),
    _required("owner", Text),
    _required("reason", Text),
    _of_station(),
)

# Of who is not registered, too: no reference to a station.
ACQUAINTANCES: Final = Table(
    "acquaintances",
    METADATA,
    _tenant(),
    Column("identity", String(255), primary_key=True),
    _required("first_seen", Utc),
    Column("ready_at", Utc),
    Column("wanting_at", Utc),
    Column("would", String(32)),
    Column("control", String(64)),
    Column("detail", Text),
    Column("csms_took_header", Boolean),
    Column("habits_at", Utc),
    Column("clock_skew", Float),
    Column("ping_seconds", Float),
    Column("answers_pings", Boolean),
)

MANNERS: Final = Table(
    "manners",
    METADATA,
    _tenant(),
    Column("identity", String(255), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    _required("profile", Integer),
    _required("credential", String(32)),
    _required("subprotocol", String(32)),
    _required("source", String(64)),
    _required("tls", String(32)),
    _required("suite", String(64)),
    _required("key_group", String(64)),
    _required("server_name", String(255)),
    _required("first_seen", Utc),
    _required("last_seen", Utc),
    _required("count", Integer),
)

BREAKER_TRIPS: Final = Table(
    "breaker_trips",
    METADATA,
    _tenant(),
    Column("control", String(64), primary_key=True),
    _required("at", Utc),
    _required("known_since", Utc),
    _required("refused", Integer),
    _required("among", Integer),
    Column("released_at", Utc),
    _required("released_by", Text),
    _required("reason", Text),
)

OPERATORS: Final = Table(
    "operators",
    METADATA,
    _tenant(),
    Column("name", String(255), primary_key=True),
    _required("role", String(32)),
    _required("created_at", Utc),
    Column("disabled_at", Utc),
)

ENROLMENTS: Final = Table(
    "enrolments",
    METADATA,
    _tenant(),
    Column("token_digest", LargeBinary, primary_key=True),
    _required("operator", String(255)),
    _required("not_after", Utc),
    Column("used_at", Utc),
    ForeignKeyConstraint(["tenant", "operator"], ["operators.tenant", "operators.name"]),
    Index(None, "tenant", "operator"),
)

CHANGES: Final = Table(
    "changes",
    METADATA,
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    _required("aggregate", String(32)),
    Column("tenant", String(64)),
    Column("identity", String(255)),
)

# One row. Raising `latest` last in each transaction makes revisions visible in their order, on any database.
FEED: Final = Table(
    "feed",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    _required("latest", BigInteger),
    _required("pruned", BigInteger),  # entries up to this revision are gone
)

# Counters that what the gateway keeps on its own disk is held against: how far its spool has arrived, ...
MARKS: Final = Table(
    "marks",
    METADATA,
    Column("name", String(64), primary_key=True),
    _required("number", BigInteger),
)

# Texts exactly as the MAC covers them; there is no column that it does not cover.
JOURNAL: Final = Table(
    "journal",
    METADATA,
    Column("writer", String(32), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    _required("at", String(32)),
    _required("kind", Text),
    _required("actor", Text),
    _required("subject", Text),
    _required("facts", Text),
    _required("prev_mac", LargeBinary),
    _required("mac", LargeBinary),
    Index(None, "at"),
    Index(None, "subject", "at"),
)
