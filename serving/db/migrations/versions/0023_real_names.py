"""Real names of users, shown in place of the names they sign in with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("users", sa.Column("real_name", sa.String(100), nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("users", "real_name")
