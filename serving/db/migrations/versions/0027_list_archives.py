"""Lists moved to files: their steps, and the tables whose rows may go then."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.append_only import open_to_archives, protect, unprotect

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_TABLE = "list_archives"
_OPENED = (
    *("project_risks", "dossiers", "scored_projects", "registers", "register_parts"),
    "deposit_rows",
)


def upgrade() -> None:
    """Create the table, and let rows of lists go that are being archived."""
    op.create_table(
        _TABLE,
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("watchlist_id", sa.Integer, nullable=False),
        sa.Column("step", sa.String(10), nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(
            ["watchlist_id"], ["watchlists.id"], name="fk_list_archives_watchlist_id_watchlists"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_list_archives"),
    )
    op.create_index("ix_list_archives_watchlist_id", _TABLE, ["watchlist_id"])
    protect(op.get_bind(), _TABLE)
    for table in _OPENED:
        open_to_archives(op.get_bind(), table)


def downgrade() -> None:
    """Drop the table; what was archived stays in its files."""
    for table in _OPENED:
        unprotect(op.get_bind(), table)
        protect(op.get_bind(), table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_deletion_unless_archived()")
    unprotect(op.get_bind(), _TABLE)
    op.drop_table(_TABLE)
