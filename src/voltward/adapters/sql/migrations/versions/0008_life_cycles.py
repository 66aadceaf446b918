"""Life-cycles, what they wait for, what was issued, and what stations hold."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0008"
down_revision: Final = "0007"
LOSES: Final = (
    "Life-cycles under way, which certificates were issued and revoked, and what stations are known to trust."
)

_UTC: Final = sa.DateTime(timezone=True)
_TABLES: Final = (
    "lifecycles",
    "asks",
    "errands",
    "waiting_facts",
    "issued_certificates",
    "held_anchors",
    "anchor_readings",
    "chain_forms",
)


def upgrade() -> None:
    _life_cycles()
    _what_they_wait_for()
    _certificates()
    _on_stations()


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)


def _life_cycles() -> None:
    op.create_table(
        "lifecycles",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=True),
        sa.Column("identity", sa.String(length=255), nullable=True),
        sa.Column("occupies", sa.String(length=512), nullable=True),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("phase", sa.String(length=32), nullable=False),
        sa.Column("started_at", _UTC, nullable=False),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("wake_at", _UTC, nullable=True),
        sa.Column("ended_at", _UTC, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lifecycles"),
        sa.UniqueConstraint("occupies", name="uq_lifecycles_occupies"),
    )
    op.create_index(
        "ix_lifecycles_tenant_identity_kind", "lifecycles", ["tenant", "identity", "kind"], unique=False
    )
    op.create_index("ix_lifecycles_wake_at", "lifecycles", ["wake_at"])


def _what_they_wait_for() -> None:
    op.create_table(
        "asks",
        sa.Column("id", sa.String(length=96), nullable=False),
        sa.Column("lifecycle", sa.String(length=64), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("identity", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("intent", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _UTC, nullable=False),
        sa.Column("expires_at", _UTC, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_asks"),
    )
    op.create_index("ix_asks_expires_at", "asks", ["expires_at"])
    op.create_index("ix_asks_lifecycle", "asks", ["lifecycle"])
    op.create_index("ix_asks_tenant_identity", "asks", ["tenant", "identity"])
    op.create_table(
        "errands",
        sa.Column("id", sa.String(length=96), nullable=False),
        sa.Column("lifecycle", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("effect", sa.LargeBinary(), nullable=False),
        sa.Column("due_at", _UTC, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=True),
        sa.Column("held_until", _UTC, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_errands"),
    )
    op.create_index("ix_errands_due_at", "errands", ["due_at"])
    op.create_table(
        "waiting_facts",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("fact", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_waiting_facts"),
    )


def _certificates() -> None:
    op.create_table(
        "issued_certificates",
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=True),
        sa.Column("identity", sa.String(length=255), nullable=True),
        sa.Column("order", sa.String(length=96), nullable=False),
        sa.Column("issuer", sa.String(length=64), nullable=False),
        sa.Column("serial", sa.String(length=40), nullable=False),
        sa.Column("common_name", sa.Text(), nullable=False),
        sa.Column("not_before", _UTC, nullable=False),
        sa.Column("not_after", _UTC, nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", _UTC, nullable=False),
        sa.Column("revoked_at", _UTC, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name="pk_issued_certificates"),
        sa.UniqueConstraint("order", name="uq_issued_certificates_order"),
    )
    op.create_index(
        "ix_issued_certificates_issuer_revoked_at",
        "issued_certificates",
        ["issuer", "revoked_at"],
        unique=False,
    )
    op.create_index("ix_issued_certificates_key", "issued_certificates", ["key"])
    op.create_index("ix_issued_certificates_not_after", "issued_certificates", ["not_after"])
    op.create_index(
        "ix_issued_certificates_tenant_identity", "issued_certificates", ["tenant", "identity"], unique=False
    )


def _on_stations() -> None:
    op.create_table(
        "held_anchors",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("identity", sa.String(length=255), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("use", sa.String(length=32), nullable=False),
        sa.Column("algorithm", sa.String(length=32), nullable=False),
        sa.Column("issuer_name", sa.String(length=128), nullable=False),
        sa.Column("issuer_key", sa.String(length=128), nullable=False),
        sa.Column("serial", sa.String(length=128), nullable=False),
        sa.Column("seen_at", _UTC, nullable=False),
        sa.Column("authority", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "identity", "number", name="pk_held_anchors"),
    )
    op.create_index("ix_held_anchors_authority", "held_anchors", ["authority"])
    op.create_table(
        "anchor_readings",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("identity", sa.String(length=255), nullable=False),
        sa.Column("read_at", _UTC, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "identity", name="pk_anchor_readings"),
    )
    op.create_table(
        "chain_forms",
        sa.Column("vendor", sa.String(length=255), nullable=False),
        sa.Column("model", sa.String(length=255), nullable=False),
        sa.Column("form", sa.String(length=32), nullable=False),
        sa.Column("worked", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("vendor", "model", "form", name="pk_chain_forms"),
    )
