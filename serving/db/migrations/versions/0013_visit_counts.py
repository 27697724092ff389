"""Workers covered and labour contracts seen at a visit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_TABLE = "outcomes"
_COLUMNS = ("workers_covered", "contracts_seen")


def upgrade() -> None:
    """Add the counts; they are unknown for earlier visits."""
    for name in _COLUMNS:
        op.add_column(_TABLE, sa.Column(name, sa.Integer(), nullable=True))


def downgrade() -> None:
    """Drop the counts."""
    for name in reversed(_COLUMNS):
        op.drop_column(_TABLE, name)
