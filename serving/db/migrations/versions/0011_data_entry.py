"""Uploads of the data page, the overview of the records, and accounts of imports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Lay out."""
    op.create_table(
        "uploads",
        sa.Column("id", _ID, nullable=False),
        sa.Column("upload_id", sa.String(40), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("job_id", sa.String(40)),
        sa.Column("proposal", sa.JSON()),
        sa.Column("trial", sa.JSON()),
        sa.Column("account", sa.JSON()),
        sa.Column("imported_at", _TIME),
        sa.Column("files_deleted_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_uploads"),
        sa.UniqueConstraint("upload_id", name="uq_uploads_upload_id"),
    )
    op.create_table(
        "uploaded_files",
        sa.Column("id", _ID, nullable=False),
        sa.Column("upload_id", sa.String(40), nullable=False),
        sa.Column("stored_name", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_uploaded_files"),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["uploads.upload_id"], name="fk_uploaded_files_upload_id"
        ),
    )
    op.create_index("ix_uploaded_files_upload_id", "uploaded_files", ["upload_id"])
    op.create_table(
        "data_overviews",
        sa.Column("id", _ID, nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("stamp", sa.String(60), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_data_overviews"),
    )
    op.create_table(
        "import_accounts",
        sa.Column("id", _ID, nullable=False),
        sa.Column("import_id", sa.String(40), nullable=False),
        sa.Column("imported_at", _TIME, nullable=False),
        sa.Column("imported_by", sa.String(200), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("account", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_import_accounts"),
        sa.UniqueConstraint("import_id", name="uq_import_accounts_import_id"),
    )
    op.create_index("ix_import_accounts_imported_at", "import_accounts", ["imported_at"])


def downgrade() -> None:
    """Take away."""
    for table in ("import_accounts", "data_overviews", "uploaded_files", "uploads"):
        op.drop_table(table)
