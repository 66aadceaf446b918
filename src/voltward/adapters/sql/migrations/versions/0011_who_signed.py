"""Which authority signed a certificate stands in its record."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0011"
down_revision: Final = "0010"
LOSES: Final = "Which authority signed each certificate."


def upgrade() -> None:
    column = sa.Column("authority", sa.Text(), nullable=False, server_default="")
    op.add_column("issued_certificates", column)


def downgrade() -> None:
    op.drop_column("issued_certificates", "authority")
