"""Alembic environment: runs the migrations on the connection of ``serving.db.migrate``."""

from __future__ import annotations

from alembic import context

from serving.db.tables import METADATA


def run() -> None:
    """Migrate the database of the connection to the requested revision."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=METADATA,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


# Alembic runs this file; importing it (documentation, tests) migrates nothing.
if hasattr(context, "config"):
    run()
