"""Marks of the record store at the sealing of lists."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.append_only import protect, unprotect

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Lay out."""
    op.create_table(
        "watchlist_marks",
        sa.Column("watchlist_id", sa.Integer(), nullable=False),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.Column("opening", sa.String(36), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["watchlist_id"], ["watchlists.id"], name="fk_watchlist_marks_watchlist_id"
        ),
        sa.PrimaryKeyConstraint("watchlist_id", name="pk_watchlist_marks"),
    )
    protect(op.get_bind(), "watchlist_marks")


def downgrade() -> None:
    """Take away."""
    unprotect(op.get_bind(), "watchlist_marks")
    op.drop_table("watchlist_marks")
