"""Matters that are not in the records, facts of each, and more about the steps taken."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.append_only import protect, unprotect

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)
_SEALED = ("matters", "matter_facts", "matter_lists")


def upgrade() -> None:
    """Lay out."""
    op.add_column("matter_steps", sa.Column("data", sa.JSON(), nullable=True))
    op.create_table(
        "matters",
        sa.Column("id", _ID, nullable=False),
        sa.Column("matter", sa.String(250), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("region_code", sa.String(12), nullable=False),
        sa.Column("opened_by", sa.String(200), nullable=False),
        sa.Column("opened_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_matters"),
        sa.UniqueConstraint("matter", name="uq_matters_matter"),
    )
    op.create_table(
        "matter_facts",
        sa.Column("id", _ID, nullable=False),
        sa.Column("matter", sa.String(250), nullable=False),
        sa.Column("region_code", sa.String(12), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_matter_facts"),
    )
    op.create_index("ix_matter_facts_matter", "matter_facts", ["matter"])
    op.create_table(
        "matter_lists",
        sa.Column("watchlist_id", sa.Integer(), nullable=False),
        sa.Column("taken_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["watchlist_id"], ["watchlists.id"], name="fk_matter_lists_watchlist_id"
        ),
        sa.PrimaryKeyConstraint("watchlist_id", name="pk_matter_lists"),
    )
    for table in _SEALED:
        protect(op.get_bind(), table)


def downgrade() -> None:
    """Take away."""
    for table in reversed(_SEALED):
        unprotect(op.get_bind(), table)
        op.drop_table(table)
    op.drop_column("matter_steps", "data")
