"""What visits found as practised: obstacles, payment on the spot, measures, photos."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.append_only import protect, unprotect

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_TABLE, _PHOTOS = "outcomes", "outcome_photos"
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_COLUMNS = (
    ("obstacle", sa.String(20)),
    ("paid_on_spot", sa.BigInteger()),
    ("measures", sa.String(100)),
    ("met", sa.String(20)),
)


def upgrade() -> None:
    """Add the columns; ``arrears_found`` is unknown where a visit could not look."""
    for name, kind in _COLUMNS:
        op.add_column(_TABLE, sa.Column(name, kind, nullable=True))
    _allow_unknown(True)
    op.create_table(
        _PHOTOS,
        sa.Column("id", _ID, nullable=False),
        sa.Column("outcome_id", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outcome_photos"),
        sa.UniqueConstraint("outcome_id", "version", name="uq_outcome_photos_outcome_id_version"),
    )
    protect(op.get_bind(), _PHOTOS)


def downgrade() -> None:
    """Drop them, and the visits that could not look, which the earlier table cannot hold."""
    unprotect(op.get_bind(), _PHOTOS)
    op.drop_table(_PHOTOS)
    unprotect(op.get_bind(), _TABLE)
    op.execute(sa.text("DELETE FROM outcomes WHERE arrears_found IS NULL"))
    protect(op.get_bind(), _TABLE)
    _allow_unknown(False)
    for name, _ in reversed(_COLUMNS):
        op.drop_column(_TABLE, name)


def _allow_unknown(nullable: bool) -> None:
    """Change ``arrears_found``; SQLite copies the table for it, and drops its triggers."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.alter_column(_TABLE, "arrears_found", existing_type=sa.Boolean(), nullable=nullable)
        return
    unprotect(connection, _TABLE)
    with op.batch_alter_table(_TABLE) as batch:
        batch.alter_column("arrears_found", existing_type=sa.Boolean(), nullable=nullable)
    protect(connection, _TABLE)
