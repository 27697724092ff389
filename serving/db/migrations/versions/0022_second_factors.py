"""Second factors of users, and the persons behind tokens and model changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables; the owner of a token is who created it."""
    op.create_table(
        "second_factors",
        sa.Column("user_id", _ID, autoincrement=False, nullable=False),
        sa.Column("secret", sa.String(200), nullable=False),
        sa.Column("confirmed_at", _TIME, nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_second_factors_user_id"),
        sa.PrimaryKeyConstraint("user_id", name="pk_second_factors"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("user_id", _ID, autoincrement=False, nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_recovery_codes_user_id"),
        sa.PrimaryKeyConstraint("user_id", "code_hash", name="pk_recovery_codes"),
    )
    op.add_column(
        "sessions",
        sa.Column("second_factor", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column("tokens", sa.Column("owner", sa.String(200), nullable=False, server_default=""))
    op.execute(sa.text("UPDATE tokens SET owner = created_by"))
    op.add_column("model_steps", sa.Column("owner", sa.String(200), nullable=True))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("model_steps", "owner")
    op.drop_column("tokens", "owner")
    op.drop_column("sessions", "second_factor")
    op.drop_table("recovery_codes")
    op.drop_table("second_factors")
