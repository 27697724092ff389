"""Sealed watchlists, their entries, and the risk of every project scored with them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.append_only import protect, unprotect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_SEALED = ("watchlists", "watchlist_entries", "project_risks")


def upgrade() -> None:
    """Lay out."""
    _watchlists()
    _watchlist_entries()
    _project_risks()
    for table in _SEALED:
        protect(op.get_bind(), table)


def downgrade() -> None:
    """Take back."""
    for table in reversed(_SEALED):
        unprotect(op.get_bind(), table)
        op.drop_table(table)


def _watchlists() -> None:
    op.create_table(
        "watchlists",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("region", sa.String(12), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("cohort", sa.Integer(), nullable=False),
        sa.Column("model_name", sa.String(100), nullable=False),
        sa.Column("model_version", sa.String(100), nullable=False),
        sa.Column("model_kind", sa.String(20), nullable=False),
        sa.Column("code_version", sa.String(100), nullable=False),
        sa.Column("records_digest", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.String(200), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_watchlists"),
        sa.UniqueConstraint("as_of", "region", name="uq_watchlists_as_of_region"),
    )


def _watchlist_entries() -> None:
    op.create_table(
        "watchlist_entries",
        sa.Column("watchlist_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.String(200), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("tier", sa.String(10), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("selection", sa.String(10), nullable=False),
        sa.Column("draw_probability", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("watchlist_id", "project_id", name="pk_watchlist_entries"),
        sa.ForeignKeyConstraint(
            ["watchlist_id"], ["watchlists.id"], name="fk_watchlist_entries_watchlist_id"
        ),
        sa.UniqueConstraint("watchlist_id", "rank", name="uq_watchlist_entries_watchlist_id_rank"),
    )


def _project_risks() -> None:
    op.create_table(
        "project_risks",
        sa.Column("watchlist_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.String(200), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("watchlist_id", "project_id", name="pk_project_risks"),
        sa.ForeignKeyConstraint(
            ["watchlist_id"], ["watchlists.id"], name="fk_project_risks_watchlist_id"
        ),
    )
    op.create_index("ix_project_risks_project_id", "project_risks", ["project_id"])
