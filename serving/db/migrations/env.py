"""Runs the migrations on the connection handed over by ``serving.db.migrate``."""

from __future__ import annotations

from alembic import context

from serving.db.tables import METADATA


def run() -> None:
    """Bring the database of the connection to the revision asked for."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=METADATA,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


# Alembic runs this file; whoever merely imports it (documentation, tests) migrates nothing.
if hasattr(context, "config"):
    run()
