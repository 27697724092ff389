"""Copies of the model registry, and steps of promotions and rollbacks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.append_only import protect, unprotect

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_VERSIONS, _STEPS = "registry_versions", "model_steps"


def upgrade() -> None:
    """Create both tables; steps are only added."""
    op.create_table(
        _VERSIONS,
        sa.Column("id", _ID, nullable=False),
        sa.Column("version", sa.String(100), nullable=False),
        sa.Column("unit", sa.String(10), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("trained_at", sa.Date(), nullable=False),
        sa.Column("aliases", sa.JSON(), nullable=False),
        sa.Column("about", sa.JSON(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("card_md", sa.JSON(), nullable=False),
        sa.Column("card_html", sa.JSON(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_registry_versions"),
        sa.UniqueConstraint("version", name="uq_registry_versions_version"),
    )
    op.create_table(
        _STEPS,
        sa.Column("id", _ID, nullable=False),
        sa.Column("change_id", sa.String(40), nullable=False),
        sa.Column("step", sa.String(10), nullable=False),
        sa.Column("action", sa.String(10), nullable=False),
        sa.Column("unit", sa.String(10), nullable=False),
        sa.Column("version", sa.String(100), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_model_steps"),
        sa.UniqueConstraint("change_id", "step", name="uq_model_steps_change_id_step"),
    )
    protect(op.get_bind(), _STEPS)


def downgrade() -> None:
    """Drop both tables."""
    unprotect(op.get_bind(), _STEPS)
    op.drop_table(_STEPS)
    op.drop_table(_VERSIONS)
