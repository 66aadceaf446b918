"""Where a credential came from, whose default it is; when a station got new hardware."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0002"
down_revision: Final = "0001"
LOSES: Final = (
    "Which default a credential is, where it came from, and when a station was recommissioned: "
    "an older gateway takes passwords as shipped for any others."
)


def upgrade() -> None:
    op.add_column("stations", sa.Column("recommissioned_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("credentials", sa.Column("default_of", sa.Text(), nullable=True))
    op.add_column("credentials", sa.Column("origin", sa.String(length=32), nullable=True))


def downgrade() -> None:
    op.drop_column("credentials", "origin")
    op.drop_column("credentials", "default_of")
    op.drop_column("stations", "recommissioned_at")
