"""Dictionaries by which the documents of a list are compressed."""

from __future__ import annotations

import gzip

import sqlalchemy as sa
from alembic import op

from serving.db.append_only import protect, unprotect
from serving.db.compression import unpacked

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_TABLE = "list_dictionaries"


def upgrade() -> None:
    """Create the table; documents stored before stay as they are."""
    op.create_table(
        _TABLE,
        sa.Column("watchlist_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(10), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["watchlist_id"],
            ["watchlists.id"],
            name="fk_list_dictionaries_watchlist_id_watchlists",
        ),
        sa.PrimaryKeyConstraint("watchlist_id", "subject", name="pk_list_dictionaries"),
    )
    protect(op.get_bind(), _TABLE)


def downgrade() -> None:
    """Store the documents uncompressed, as earlier versions read them, and drop the table."""
    for table in ("project_risks", "dossiers"):
        unprotect(op.get_bind(), table)
        _store_unpacked(op.get_bind(), table)
        protect(op.get_bind(), table)
    unprotect(op.get_bind(), "watchlists")
    _store_lists_unpacked(op.get_bind())
    protect(op.get_bind(), "watchlists")
    unprotect(op.get_bind(), _TABLE)
    op.drop_table(_TABLE)


def _store_lists_unpacked(connection: sa.Connection) -> None:
    lists = sa.table("watchlists", sa.column("id"), sa.column("body", sa.LargeBinary))
    for number in connection.execute(sa.select(lists.c.id)).scalars().all():
        of_list = lists.c.id == number
        body = connection.execute(sa.select(lists.c.body).where(of_list)).scalar_one()
        connection.execute(lists.update().where(of_list).values(body=unpacked(body, None)))


def _store_unpacked(connection: sa.Connection, name: str) -> None:
    subject = "risk" if name == "project_risks" else "dossier"
    table = sa.table(name, sa.column("watchlist_id"), sa.column("project_id"), sa.column("body"))
    dictionaries = sa.table(
        _TABLE, sa.column("watchlist_id"), sa.column("subject"), sa.column("body")
    )
    chosen = sa.select(dictionaries.c.watchlist_id, dictionaries.c.body)
    for number, dictionary in connection.execute(chosen.where(dictionaries.c.subject == subject)):
        of_list = table.c.watchlist_id == number
        rows = sa.select(table.c.project_id, table.c.body).where(of_list)
        for project_id, body in connection.execute(rows).all():
            plain = unpacked(body, dictionary)
            stored = plain if subject == "risk" else gzip.compress(plain, mtime=0)
            change = table.update().where(of_list, table.c.project_id == project_id)
            connection.execute(change.values(body=stored))
