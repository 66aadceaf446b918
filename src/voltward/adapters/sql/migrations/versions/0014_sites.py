"""Stations have a site: the place that they share with others, to go dark together."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0014"
down_revision: Final = "0013"
LOSES: Final = "At which site each station stands: renewals are bounded by authority and group alone."


def upgrade() -> None:
    op.add_column("stations", sa.Column("site", sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column("stations", "site")
