"""The tables of life-cycles, of what they wait for and of what they brought: see `ports.lifecycles`.

What a machine or a station means by a value is packed (`value_form`); what the store looks for has a column.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, Text

from voltward.adapters.sql.rows.columns import METADATA, Utc, required, tenant

LIFECYCLES: Final = Table(
    "lifecycles",
    METADATA,
    Column("id", String(64), primary_key=True),
    required("kind", String(32)),
    Column("tenant", String(64)),  # of its station; NULL: it is the deployment's
    Column("identity", String(255)),
    Column("occupies", String(512), unique=True),  # kind and station while it is open: one of a kind at most
    required("state", LargeBinary),
    required("phase", String(32)),  # as in the state, for whoever looks into the database
    required("started_at", Utc),
    required("started_by", Text),
    Column("wake_at", Utc),
    Column("ended_at", Utc),
    required("revision", Integer),
    Index(None, "tenant", "identity", "kind"),
    Index(None, "wake_at"),
)

ASKS: Final = Table(
    "asks",
    METADATA,
    Column("id", String(96), primary_key=True),
    required("lifecycle", String(64)),
    required("tenant", String(64)),
    required("identity", String(255)),
    required("kind", String(32)),
    required("intent", LargeBinary),
    required("created_at", Utc),
    required("expires_at", Utc),
    Index(None, "tenant", "identity"),
    Index(None, "lifecycle"),
    Index(None, "expires_at"),
)

# Those that are done stay for long, so that nobody does them again.
ERRANDS: Final = Table(
    "errands",
    METADATA,
    Column("id", String(96), primary_key=True),
    required("lifecycle", String(64)),
    required("kind", String(32)),
    required("effect", LargeBinary),
    Column("due_at", Utc),  # NULL: done
    required("attempts", Integer),
    required("authority", Text, otherwise=""),
    Column("holder", String(64)),
    Column("held_until", Utc),
    Index(None, "due_at"),
)

WAITING_FACTS: Final = Table(
    "waiting_facts",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    required("kind", String(32)),
    required("fact", LargeBinary),
)

ISSUED_CERTIFICATES: Final = Table(
    "issued_certificates",
    METADATA,
    Column("fingerprint", LargeBinary, primary_key=True),
    Column("tenant", String(64)),  # of its station; NULL: it is a server's
    Column("identity", String(255)),
    Column("order", String(96), unique=True, nullable=False),
    required("issuer", String(64)),
    required("serial", String(40)),  # hexadecimal digits: 160 bits are no integer of any database
    required("common_name", Text),
    required("not_before", Utc),
    required("not_after", Utc),
    required("key", LargeBinary),
    required("chain", LargeBinary),
    required("issued_at", Utc),
    required("authority", Text, otherwise=""),
    Column("revoked_at", Utc),
    required("reason", Text),
    required("revision", Integer),
    Index(None, "tenant", "identity"),
    Index(None, "key"),
    Index(None, "not_after"),
    Index(None, "issuer", "revoked_at"),
    Index(None, "revoked_at"),
)

HELD_ANCHORS: Final = Table(
    "held_anchors",
    METADATA,
    tenant(),
    Column("identity", String(255), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    required("use", String(32)),
    required("algorithm", String(32)),
    required("issuer_name", String(128)),
    required("issuer_key", String(128)),
    required("serial", String(128)),
    required("seen_at", Utc),
    required("authority", String(64)),
    Index(None, "authority"),
)

# When a station last told its whole list: one that holds nothing has told that, too.
ANCHOR_READINGS: Final = Table(
    "anchor_readings",
    METADATA,
    tenant(),
    Column("identity", String(255), primary_key=True),
    required("read_at", Utc),
)

CHAIN_FORMS: Final = Table(
    "chain_forms",
    METADATA,
    Column("vendor", String(255), primary_key=True),
    Column("model", String(255), primary_key=True),
    Column("form", String(32), primary_key=True),
    required("worked", Integer),
    required("failed", Integer),
)
