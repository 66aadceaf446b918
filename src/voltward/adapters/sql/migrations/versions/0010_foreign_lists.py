"""Lists of revoked certificates of other authorities."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0010"
down_revision: Final = "0009"
LOSES: Final = (
    "Where other authorities' lists come from, and what they said: their certificates go unchecked."
)

_UTC: Final = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("authorities", sa.Column("list_source", sa.Text(), nullable=True))
    op.add_column("authorities", sa.Column("list_on_stale", sa.String(length=16), nullable=True))
    op.create_table(
        "foreign_lists",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("authority", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("issued_at", _UTC, nullable=False),
        sa.Column("next_update", _UTC, nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("serials", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "authority", name="pk_foreign_lists"),
    )
    op.create_table(
        "list_looks",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("authority", sa.String(length=64), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("looked_at", _UTC, nullable=False),
        sa.Column("due_at", _UTC, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "authority", name="pk_list_looks"),
    )


def downgrade() -> None:
    op.drop_table("list_looks")
    op.drop_table("foreign_lists")
    op.drop_column("authorities", "list_on_stale")
    op.drop_column("authorities", "list_source")
