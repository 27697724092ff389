"""Summaries of a year beside the briefings of months."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_TABLE = "briefings"


def upgrade() -> None:
    """Add the period; what is stored is of months."""
    period = sa.Column("period", sa.String(5), nullable=False, server_default="month")
    op.add_column(_TABLE, period)


def downgrade() -> None:
    """Drop the period."""
    op.drop_column(_TABLE, "period")
