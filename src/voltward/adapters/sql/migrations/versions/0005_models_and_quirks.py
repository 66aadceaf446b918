"""What a station says that it is, its own quirks, and the stations behind a Local Controller."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0005"
down_revision: Final = "0004"
LOSES: Final = "What stations say that they are, their own quirks, and who stands behind a Local Controller."

_TEXTS: Final = ("vendor", "model", "firmware")
_LISTS: Final = ("quirks", "behind")


def upgrade() -> None:
    for name in _TEXTS:
        op.add_column("stations", sa.Column(name, sa.Text(), nullable=True))
    for name in _LISTS:
        op.add_column("stations", sa.Column(name, sa.JSON(), nullable=True))


def downgrade() -> None:
    for name in (*_LISTS, *_TEXTS):
        op.drop_column("stations", name)
