"""Notices to other departments and what became of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.append_only import protect, unprotect

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)
_SEALED = ("notices", "notice_steps")


def upgrade() -> None:
    """Lay out."""
    op.create_table(
        "notices",
        sa.Column("id", _ID, nullable=False),
        sa.Column("department", sa.String(20), nullable=False),
        sa.Column("project_id", sa.String(200), nullable=False),
        sa.Column("region_code", sa.String(12), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("list_digest", sa.String(64), nullable=False),
        sa.Column("answer_by", sa.Date(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("made_by", sa.String(200), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.UniqueConstraint(
            "department",
            "project_id",
            "list_digest",
            name="uq_notices_department_project_id_list_digest",
        ),
    )
    op.create_index("ix_notices_project_id", "notices", ["project_id"])
    op.create_table(
        "notice_steps",
        sa.Column("id", _ID, nullable=False),
        sa.Column("notice_id", _ID, nullable=False),
        sa.Column("region_code", sa.String(12), nullable=False),
        sa.Column("step", sa.String(20), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("taken_by", sa.String(200), nullable=False),
        sa.Column("taken_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_notice_steps_notice_id"),
        sa.PrimaryKeyConstraint("id", name="pk_notice_steps"),
    )
    op.create_index("ix_notice_steps_notice_id", "notice_steps", ["notice_id"])
    for table in _SEALED:
        protect(op.get_bind(), table)


def downgrade() -> None:
    """Take away."""
    for table in reversed(_SEALED):
        unprotect(op.get_bind(), table)
        op.drop_table(table)
