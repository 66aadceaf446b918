"""Alembic runs this script for each migration, on the connection that `schema` has opened."""

from __future__ import annotations

from alembic import context

from voltward.adapters.sql.rows.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
