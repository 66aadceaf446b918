"""All tables of the first version. A revision is never changed once it is released: write the next one."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0001"
down_revision: Final = None

_UTC: Final = sa.DateTime(timezone=True)


def upgrade() -> None:
    _stations()
    _credentials()
    _of_stations()
    _authorities()
    _people()
    _feed()
    _journal()


def _stations() -> None:
    """Stations."""
    op.create_table(
        "stations",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("identity", sa.String(length=255), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("profile", sa.Integer(), nullable=False),
        sa.Column("floor", sa.Integer(), nullable=False),
        sa.Column("group", sa.String(length=64), nullable=False),
        sa.Column("serial", sa.String(length=255), nullable=True),
        sa.Column("standing", sa.String(length=32), nullable=False),
        sa.Column("allowance_profile", sa.Integer(), nullable=True),
        sa.Column("allowance_until", _UTC, nullable=True),
        sa.Column("allowance_owner", sa.Text(), nullable=True),
        sa.Column("allowance_reason", sa.Text(), nullable=True),
        sa.Column("latch_profile", sa.Integer(), nullable=True),
        sa.Column("latch_stage", sa.String(length=32), nullable=True),
        sa.Column("quarantine_lane", sa.String(length=32), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", _UTC, nullable=True),
        sa.Column("known_sources", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "identity", name="pk_stations"),
        sa.UniqueConstraint("tenant", "folded", name="uq_stations_tenant_folded"),
    )
    op.create_index("ix_stations_group", "stations", ["group"])
    op.create_index("ix_stations_tenant_serial", "stations", ["tenant", "serial"])


def _credentials() -> None:
    """What stations prove themselves with."""
    op.create_table(
        "credentials",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("identity", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("is_password", sa.Boolean(), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("created_at", _UTC, nullable=False),
        sa.Column("not_after", _UTC, nullable=True),
        sa.Column("proven_at", _UTC, nullable=True),
        sa.Column("last_form", sa.String(length=32), nullable=True),
        sa.Column("sharing_digest", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("argon2", sa.Text(), nullable=True),
        sa.Column("hexadecimal", sa.Boolean(), nullable=True),
        sa.Column("length", sa.Integer(), nullable=True),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=True),
        sa.Column("common_name", sa.Text(), nullable=True),
        sa.Column("issuer", sa.LargeBinary(), nullable=True),
        sa.Column("pinned", sa.Boolean(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "identity"], ["stations.tenant", "stations.identity"], name="fk_credentials_stations"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_credentials"),
        sa.UniqueConstraint(
            "tenant",
            "identity",
            "is_password",
            "generation",
            name="uq_credentials_tenant_identity_is_password_generation",
        ),
    )
    op.create_index("ix_credentials_fingerprint", "credentials", ["fingerprint"])
    op.create_index("ix_credentials_sharing_digest", "credentials", ["sharing_digest"])


def _of_stations() -> None:
    """What else belongs to a station."""
    op.create_table(
        "exceptions",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("identity", sa.String(length=255), nullable=False),
        sa.Column("control", sa.String(length=64), nullable=False),
        sa.Column("until", _UTC, nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "identity"], ["stations.tenant", "stations.identity"], name="fk_exceptions_stations"
        ),
        sa.PrimaryKeyConstraint("tenant", "identity", "control", name="pk_exceptions"),
    )


def _authorities() -> None:
    """Whose certificates are trusted, and which are denied."""
    op.create_table(
        "authorities",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("certificate_pem", sa.LargeBinary(), nullable=False),
        sa.Column("trusted_for", sa.String(length=32), nullable=False),
        sa.Column("binding_rule", sa.String(length=32), nullable=False),
        sa.Column("binding_pattern", sa.Text(), nullable=True),
        sa.Column("organisations", sa.JSON(), nullable=False),
        sa.Column("added_at", _UTC, nullable=True),
        sa.Column("retired_at", _UTC, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id", name="pk_authorities"),
    )
    op.create_table(
        "denied_certificates",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("denied_at", _UTC, nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "fingerprint", name="pk_denied_certificates"),
    )


def _people() -> None:
    """People of the operator."""
    op.create_table(
        "operators",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("created_at", _UTC, nullable=False),
        sa.Column("disabled_at", _UTC, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "name", name="pk_operators"),
    )
    op.create_table(
        "enrolments",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("operator", sa.String(length=255), nullable=False),
        sa.Column("not_after", _UTC, nullable=False),
        sa.Column("used_at", _UTC, nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant", "operator"], ["operators.tenant", "operators.name"], name="fk_enrolments_operators"
        ),
        sa.PrimaryKeyConstraint("tenant", "token_digest", name="pk_enrolments"),
    )
    op.create_index("ix_enrolments_tenant_operator", "enrolments", ["tenant", "operator"])


def _feed() -> None:
    """The change feed, with its one row that counts."""
    op.create_table(
        "changes",
        sa.Column("revision", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("aggregate", sa.String(length=32), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=True),
        sa.Column("identity", sa.String(length=255), nullable=True),
        sa.PrimaryKeyConstraint("revision", name="pk_changes"),
    )
    op.create_table(
        "feed",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("latest", sa.BigInteger(), nullable=False),
        sa.Column("pruned", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feed"),
    )
    op.execute("INSERT INTO feed (id, latest, pruned) VALUES (1, 0, 0)")


def _journal() -> None:
    """The journal."""
    op.create_table(
        "journal",
        sa.Column("writer", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("prev_mac", sa.LargeBinary(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("writer", "seq", name="pk_journal"),
    )
    op.create_index("ix_journal_at", "journal", ["at"])
    op.create_index("ix_journal_subject_at", "journal", ["subject", "at"])
