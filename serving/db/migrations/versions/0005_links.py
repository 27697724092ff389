"""What people decided of complaints that name no project."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.append_only import protect, unprotect

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TABLE = "link_decisions"


def upgrade() -> None:
    """Lay out."""
    op.create_table(
        _TABLE,
        sa.Column("id", _ID, nullable=False),
        sa.Column("complaint_id", sa.String(200), nullable=False),
        sa.Column("decision", sa.String(10), nullable=False),
        sa.Column("project_id", sa.String(200), nullable=True),
        sa.Column("org_id", sa.String(200), nullable=True),
        sa.Column("region_code", sa.String(12), nullable=False),
        sa.Column("probability", sa.Float(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.String(200), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_link_decisions"),
    )
    op.create_index("ix_link_decisions_complaint_id", _TABLE, ["complaint_id"])
    protect(op.get_bind(), _TABLE)


def downgrade() -> None:
    """Take away."""
    unprotect(op.get_bind(), _TABLE)
    op.drop_table(_TABLE)
