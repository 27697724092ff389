"""Lists of employers: of one as_of and region there may be one list of each kind."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.db.append_only import protect, unprotect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TABLE = "watchlists"
_OLD, _NEW = "uq_watchlists_as_of_region", "uq_watchlists_as_of_region_kind"
_COLUMNS = (
    "id", "as_of", "region", "capacity", "entries", "cohort", "model_name", "model_version",
    "model_kind", "code_version", "records_digest", "digest", "published_at", "published_by",
    "body",
)  # fmt: skip


def upgrade() -> None:
    """Lay out."""
    if op.get_bind().dialect.name == "sqlite":
        _rebuilt(_NEW, "as_of, region, kind", ", kind VARCHAR(10) NOT NULL DEFAULT 'project'")
        return
    op.add_column(
        _TABLE, sa.Column("kind", sa.String(10), nullable=False, server_default="project")
    )
    op.drop_constraint(_OLD, _TABLE)
    op.create_unique_constraint(_NEW, _TABLE, ["as_of", "region", "kind"])


def downgrade() -> None:
    """Take away."""
    if op.get_bind().dialect.name == "sqlite":
        _rebuilt(_OLD, "as_of, region", "")
        return
    op.drop_constraint(_NEW, _TABLE)
    op.drop_column(_TABLE, "kind")
    op.create_unique_constraint(_OLD, _TABLE, ["as_of", "region"])


def _rebuilt(constraint: str, unique: str, further: str) -> None:
    """SQLite cannot change a constraint: the table is rebuilt, and its rows are copied.

    What points at the rows is checked again when all is done.
    """
    names = ", ".join(_COLUMNS)
    unprotect(op.get_bind(), _TABLE)
    for statement in (
        "PRAGMA defer_foreign_keys = ON",
        f"CREATE TEMPORARY TABLE kept AS SELECT {names} FROM {_TABLE}",
        f"DROP TABLE {_TABLE}",
        f"""CREATE TABLE {_TABLE} (
          id INTEGER NOT NULL, as_of DATE NOT NULL, region VARCHAR(12) NOT NULL,
          capacity INTEGER NOT NULL, entries INTEGER NOT NULL, cohort INTEGER NOT NULL,
          model_name VARCHAR(100) NOT NULL, model_version VARCHAR(100) NOT NULL,
          model_kind VARCHAR(20) NOT NULL, code_version VARCHAR(100) NOT NULL,
          records_digest VARCHAR(64) NOT NULL, digest VARCHAR(64) NOT NULL,
          published_at DATETIME NOT NULL, published_by VARCHAR(200) NOT NULL,
          body BLOB NOT NULL{further},
          CONSTRAINT pk_{_TABLE} PRIMARY KEY (id),
          CONSTRAINT {constraint} UNIQUE ({unique})
        )""",
        f"INSERT INTO {_TABLE} ({names}) SELECT {names} FROM kept",
        "DROP TABLE kept",
    ):
        op.execute(sa.text(statement))
    protect(op.get_bind(), _TABLE)
