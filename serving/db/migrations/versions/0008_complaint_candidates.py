"""The rule behind a link, and the current candidates of complaints without a project."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TABLE = "complaint_candidates"


def upgrade() -> None:
    """Add them."""
    op.add_column("link_decisions", sa.Column("rule", sa.String(20), nullable=True))
    op.create_table(
        _TABLE,
        sa.Column("id", _ID, nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("records_stamp", sa.String(60), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_complaint_candidates"),
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_table(_TABLE)
    op.drop_column("link_decisions", "rule")
