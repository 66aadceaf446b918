"""Which authority an order is for stands with its errand, before that one is asked."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0013"
down_revision: Final = "0012"
LOSES: Final = "Which authority each order that waits was given to."


def upgrade() -> None:
    column = sa.Column("authority", sa.Text(), nullable=False, server_default="")
    op.add_column("errands", column)


def downgrade() -> None:
    op.drop_column("errands", "authority")
