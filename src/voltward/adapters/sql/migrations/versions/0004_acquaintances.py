"""How stations come: one row for each, and one for each manner in which it was seen."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0004"
down_revision: Final = "0003"
LOSES: Final = "How stations came so far: what was seen of them, and who is ready to be enforced."

_UTC: Final = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "acquaintances",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("identity", sa.String(length=255), nullable=False),
        sa.Column("first_seen", _UTC, nullable=False),
        sa.Column("ready_at", _UTC, nullable=True),
        sa.Column("wanting_at", _UTC, nullable=True),
        sa.Column("would", sa.String(length=32), nullable=True),
        sa.Column("control", sa.String(length=64), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("csms_took_header", sa.Boolean(), nullable=True),
        sa.Column("habits_at", _UTC, nullable=True),
        sa.Column("clock_skew", sa.Float(), nullable=True),
        sa.Column("ping_seconds", sa.Float(), nullable=True),
        sa.Column("answers_pings", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "identity", name="pk_acquaintances"),
    )
    op.create_table(
        "manners",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("identity", sa.String(length=255), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("profile", sa.Integer(), nullable=False),
        sa.Column("credential", sa.String(length=32), nullable=False),
        sa.Column("subprotocol", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("tls", sa.String(length=32), nullable=False),
        sa.Column("suite", sa.String(length=64), nullable=False),
        sa.Column("key_group", sa.String(length=64), nullable=False),
        sa.Column("server_name", sa.String(length=255), nullable=False),
        sa.Column("first_seen", _UTC, nullable=False),
        sa.Column("last_seen", _UTC, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "identity", "number", name="pk_manners"),
    )


def downgrade() -> None:
    op.drop_table("manners")
    op.drop_table("acquaintances")
