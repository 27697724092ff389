"""Namespaces of the ids that senders of a region make."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Lay out."""
    op.add_column("inbox", sa.Column("namespace", sa.String(12)))


def downgrade() -> None:
    """Take away."""
    op.drop_column("inbox", "namespace")
