"""The tables, written out. Every aggregate carries its tenant; times are UTC; no column holds a secret.

A change here needs a revision in `migrations/versions`: a test compares the two.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from voltward.adapters.sql.rows import foreign_list_tables, lifecycle_tables
from voltward.adapters.sql.rows.columns import METADATA, Utc, required, tenant

# These stand in the same METADATA: their import is what puts them there.
_OTHERS: Final = (lifecycle_tables, foreign_list_tables)


def _of_station() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant", "identity"], ["stations.tenant", "stations.identity"])


STATIONS: Final = Table(
    "stations",
    METADATA,
    tenant(),
    Column("identity", String(255), primary_key=True),
    required("folded", Text),  # ruling 32
    required("profile", Integer),
    required("floor", Integer),
    required("group", String(64)),
    Column("site", String(64)),
    Column("serial", String(255)),
    required("standing", String(32)),
    Column("allowance_profile", Integer),
    Column("allowance_until", Utc),
    Column("allowance_owner", Text),
    Column("allowance_reason", Text),
    Column("latch_profile", Integer),
    Column("latch_stage", String(32)),
    Column("latch_at", Utc),
    Column("quarantine_lane", String(32)),
    required("note", Text),
    Column("created_at", Utc),
    required("known_sources", JSON),
    Column("recommissioned_at", Utc),
    Column("csms_password", LargeBinary),  # sealed: useless without the key, which is not in the database
    Column("vendor", Text),
    Column("model", Text),
    Column("firmware", Text),
    Column("quirks", JSON(none_as_null=True)),
    Column("behind", JSON(none_as_null=True)),
    required("revision", Integer),
    UniqueConstraint("tenant", "folded"),
    Index(None, "tenant", "serial"),
    Index(None, "group"),
)

CREDENTIALS: Final = Table(
    "credentials",
    METADATA,
    Column("id", String(64), primary_key=True),
    required("tenant", String(64)),
    required("identity", String(255)),
    required("kind", String(32)),  # password_digest, password_argon2, certificate
    required("is_password", Boolean),
    required("purpose", String(32)),
    required("state", String(32)),
    required("generation", Integer),
    required("created_at", Utc),
    Column("not_after", Utc),
    Column("proven_at", Utc),
    Column("last_in", Utc),
    Column("last_form", String(32)),
    required("sharing_digest", LargeBinary),
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
    required("revision", Integer),
    _of_station(),
    # Two processes that renew at the same time must not both be the newest.
    UniqueConstraint("tenant", "identity", "is_password", "generation"),
    Index(None, "fingerprint"),
    Index(None, "sharing_digest"),
)

AUTHORITIES: Final = Table(
    "authorities",
    METADATA,
    tenant(),
    Column("id", String(64), primary_key=True),
    required("name", Text),
    required("certificate_pem", LargeBinary),
    required("trusted_for", String(32)),
    required("binding_rule", String(32)),
    Column("binding_pattern", Text),
    required("organisations", JSON),
    Column("added_at", Utc),
    Column("retired_at", Utc),
    Column("list_source", Text),
    Column("list_on_stale", String(16)),
)

DENIED_CERTIFICATES: Final = Table(
    "denied_certificates",
    METADATA,
    tenant(),
    Column("fingerprint", LargeBinary, primary_key=True),
    required("reason", Text),
    required("denied_at", Utc),
    required("station", Text),
)

EXCEPTIONS: Final = Table(
    "exceptions",
    METADATA,
    tenant(),
    Column("identity", String(255), primary_key=True),
    Column("control", String(64), primary_key=True),
    required("until", Utc),
    required("owner", Text),
    required("reason", Text),
    _of_station(),
)

# Of who is not registered, too: no reference to a station.
ACQUAINTANCES: Final = Table(
    "acquaintances",
    METADATA,
    tenant(),
    Column("identity", String(255), primary_key=True),
    required("first_seen", Utc),
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
    tenant(),
    Column("identity", String(255), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    required("profile", Integer),
    required("credential", String(32)),
    required("subprotocol", String(32)),
    required("source", String(64)),
    required("tls", String(32)),
    required("suite", String(64)),
    required("key_group", String(64)),
    required("server_name", String(255)),
    required("first_seen", Utc),
    required("last_seen", Utc),
    required("count", Integer),
)

BREAKER_TRIPS: Final = Table(
    "breaker_trips",
    METADATA,
    tenant(),
    Column("control", String(64), primary_key=True),
    required("at", Utc),
    required("known_since", Utc),
    required("refused", Integer),
    required("among", Integer),
    Column("released_at", Utc),
    required("released_by", Text),
    required("reason", Text),
)

OPERATORS: Final = Table(
    "operators",
    METADATA,
    tenant(),
    Column("name", String(255), primary_key=True),
    required("role", String(32)),
    required("created_at", Utc),
    Column("disabled_at", Utc),
)

ENROLMENTS: Final = Table(
    "enrolments",
    METADATA,
    tenant(),
    Column("token_digest", LargeBinary, primary_key=True),
    required("operator", String(255)),
    required("not_after", Utc),
    Column("used_at", Utc),
    ForeignKeyConstraint(["tenant", "operator"], ["operators.tenant", "operators.name"]),
    Index(None, "tenant", "operator"),
)

CHANGES: Final = Table(
    "changes",
    METADATA,
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    required("aggregate", String(32)),
    Column("tenant", String(64)),
    Column("identity", String(255)),
    Column("denied", LargeBinary),  # the fingerprint of a certificate that came onto the deny-list
)

# One row. Raising `latest` last in each transaction makes revisions visible in their order, on any database.
FEED: Final = Table(
    "feed",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    required("latest", BigInteger),
    required("pruned", BigInteger),  # entries up to this revision are gone
)

# Counters that what the gateway keeps on its own disk is held against: how far its spool has arrived, ...
MARKS: Final = Table(
    "marks",
    METADATA,
    Column("name", String(64), primary_key=True),
    required("number", BigInteger),
)

# Texts exactly as the MAC covers them; there is no column that it does not cover.
JOURNAL: Final = Table(
    "journal",
    METADATA,
    Column("writer", String(32), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    required("at", String(32)),
    required("kind", Text),
    required("actor", Text),
    required("subject", Text),
    required("facts", Text),
    required("prev_mac", LargeBinary),
    required("mac", LargeBinary),
    Index(None, "at"),
    Index(None, "subject", "at"),
)
