"""Certificates that were revoked are found by when that was."""

from __future__ import annotations

from typing import Final

from alembic import op

revision: Final = "0009"
down_revision: Final = "0008"
LOSES: Final = "Nothing but speed."


def upgrade() -> None:
    op.create_index("ix_issued_certificates_revoked_at", "issued_certificates", ["revoked_at"])


def downgrade() -> None:
    op.drop_index("ix_issued_certificates_revoked_at", "issued_certificates")
