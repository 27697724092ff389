"""What the pages show of the records, and what people add to open matters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.append_only import protect, unprotect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)
_SEALED = ("dossiers", "registers", "matter_steps")


def upgrade() -> None:
    """Lay out."""
    op.create_table(
        "dossiers",
        sa.Column("watchlist_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.String(200), nullable=False),
        sa.Column("region_code", sa.String(12), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["watchlist_id"], ["watchlists.id"], name="fk_dossiers_watchlist_id"
        ),
        sa.PrimaryKeyConstraint("watchlist_id", "project_id", name="pk_dossiers"),
    )
    op.create_index("ix_dossiers_project_id", "dossiers", ["project_id"])
    op.create_table(
        "registers",
        sa.Column("watchlist_id", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["watchlist_id"], ["watchlists.id"], name="fk_registers_watchlist_id"
        ),
        sa.PrimaryKeyConstraint("watchlist_id", name="pk_registers"),
    )
    op.create_table(
        "matter_steps",
        sa.Column("id", _ID, nullable=False),
        sa.Column("matter", sa.String(250), nullable=False),
        sa.Column("region_code", sa.String(12), nullable=False),
        sa.Column("step", sa.String(20), nullable=False),
        sa.Column("person", sa.String(100), nullable=True),
        sa.Column("unit", sa.String(100), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("taken_by", sa.String(200), nullable=False),
        sa.Column("taken_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_matter_steps"),
    )
    op.create_index("ix_matter_steps_matter", "matter_steps", ["matter"])
    for table in _SEALED:
        protect(op.get_bind(), table)


def downgrade() -> None:
    """Take away."""
    for table in reversed(_SEALED):
        unprotect(op.get_bind(), table)
        op.drop_table(table)
