"""Hash chain of the audit log, and triggers against INSERT OR REPLACE."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from alembic import op

from serving.db.append_only import protect, protect_from_replace, unprotect
from serving.db.hash_chain import CHAINED, next_digest

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)
_HEADS = "audit_heads"
_SEALED = (
    *("watchlists", "watchlist_entries", "project_risks", "audit", "outcomes", "notes"),
    *("feedback", "inbox", "inbox_taken", "events", "briefings", "indicators", "models"),
    *("dossiers", "registers", "matter_steps", "link_decisions", "matters", "matter_facts"),
    *("matter_lists", "notices", "notice_steps", "watchlist_marks", "flag_states", "races"),
    *("model_steps", "briefing_figures"),
)
_TYPES: dict[str, sa.types.TypeEngine[Any]] = {"at": _TIME, "as_of": sa.Date()}
_AUDIT = sa.table(
    "audit",
    sa.column("id"),
    *(sa.column(name, _TYPES.get(name, sa.types.NULLTYPE)) for name in CHAINED),
)


def upgrade() -> None:
    """Add the chain; the entries there are get one digest, stored as the first head."""
    connection = op.get_bind()
    op.add_column("audit", sa.Column("digest", sa.String(64)))
    op.create_table(
        _HEADS,
        sa.Column("id", _ID, nullable=False),
        sa.Column("entry_id", _ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_heads"),
        sa.UniqueConstraint("entry_id", name="uq_audit_heads_entry_id"),
    )
    _add_first_head(connection)
    protect(connection, _HEADS)
    for table in _SEALED:
        protect_from_replace(connection, table)


def downgrade() -> None:
    """Drop the chain; the triggers stay."""
    connection = op.get_bind()
    unprotect(connection, _HEADS)
    op.drop_table(_HEADS)
    op.drop_column("audit", "digest")


def _add_first_head(connection: sa.Connection) -> None:
    digest, last = "", None
    query = sa.select(_AUDIT).order_by(_AUDIT.c.id).execution_options(yield_per=1000)
    for row in connection.execute(query):
        digest, last = next_digest(digest, row[1:]), row
    if last is None:
        return
    head = sa.table(
        _HEADS,
        *(sa.column("entry_id"), sa.column("day", sa.Date()), sa.column("digest")),
        sa.column("at", _TIME),
    )
    connection.execute(
        head.insert().values(
            entry_id=last.id, day=last.at.date(), digest=digest, at=dt.datetime.now(dt.UTC)
        )
    )
