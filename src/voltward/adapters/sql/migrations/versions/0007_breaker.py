"""What the breaker holds, and when each credential came in last."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0007"
down_revision: Final = "0006"
LOSES: Final = "What the breaker holds, and which credentials came in lately: it would keep nobody's verdict."

_UTC: Final = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("credentials", sa.Column("last_in", _UTC, nullable=True))
    op.create_table(
        "breaker_trips",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("control", sa.String(length=64), nullable=False),
        sa.Column("at", _UTC, nullable=False),
        sa.Column("known_since", _UTC, nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("among", sa.Integer(), nullable=False),
        sa.Column("released_at", _UTC, nullable=True),
        sa.Column("released_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "control", name="pk_breaker_trips"),
    )


def downgrade() -> None:
    op.drop_table("breaker_trips")
    op.drop_column("credentials", "last_in")
