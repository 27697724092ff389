"""Figures of monthly briefings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.append_only import protect, unprotect

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TABLE = "briefing_figures"


def upgrade() -> None:
    """Create the table; earlier briefings have no figures."""
    op.create_table(
        _TABLE,
        sa.Column("id", _ID, nullable=False),
        sa.Column("briefing_id", _ID, nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["briefing_id"], ["briefings.id"], name="fk_briefing_figures_briefing_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_briefing_figures"),
        sa.UniqueConstraint("briefing_id", name="uq_briefing_figures_briefing_id"),
    )
    protect(op.get_bind(), _TABLE)


def downgrade() -> None:
    """Drop the table."""
    unprotect(op.get_bind(), _TABLE)
    op.drop_table(_TABLE)
