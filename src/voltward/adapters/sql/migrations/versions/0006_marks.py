"""Marks that the gateway's own disk is held against, and when a floor's last step was made."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0006"
down_revision: Final = "0005"
LOSES: Final = (
    "When a floor's last step was made, and how far the gateway's spool has arrived: "
    "stop the gateway before, so that nothing is left in it."
)


def upgrade() -> None:
    op.create_table(
        "marks",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_marks"),
    )
    op.add_column("stations", sa.Column("latch_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("stations", "latch_at")
    op.drop_table("marks")
