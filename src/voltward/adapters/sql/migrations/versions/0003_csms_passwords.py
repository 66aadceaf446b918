"""Stations may have a password at their CSMS, kept sealed."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0003"
down_revision: Final = "0002"
LOSES: Final = "Passwords that stations have at their CSMS: who has one there has to be given it again."


def upgrade() -> None:
    op.add_column("stations", sa.Column("csms_password", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("stations", "csms_password")
