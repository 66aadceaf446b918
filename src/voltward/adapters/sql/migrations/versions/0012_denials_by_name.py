"""The change feed names the certificate that came onto the deny-list."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0012"
down_revision: Final = "0011"
LOSES: Final = "Which certificates the newest denials were about, in the feed; the deny-list itself stays."


def upgrade() -> None:
    op.add_column("changes", sa.Column("denied", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("changes", "denied")
