"""States of red flags that carry forward from list to list."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.append_only import protect, unprotect

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TABLE = "flag_states"


def upgrade() -> None:
    """Lay out."""
    op.create_table(
        _TABLE,
        sa.Column("id", _ID, nullable=False),
        sa.Column("project_id", sa.String(200), nullable=False),
        sa.Column("region_code", sa.String(12), nullable=False),
        sa.Column("code", sa.String(60), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("until", sa.Date()),
        sa.Column("statement", sa.Text()),
        sa.Column("objection", sa.Text()),
        sa.Column("set_by", sa.String(200), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_flag_states"),
    )
    op.create_index("ix_flag_states_project_id", _TABLE, ["project_id"])
    protect(op.get_bind(), _TABLE)


def downgrade() -> None:
    """Take away."""
    unprotect(op.get_bind(), _TABLE)
    op.drop_table(_TABLE)
