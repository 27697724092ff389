"""What a page of a list shows of its entries, in their rows."""

from __future__ import annotations

import json
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

from serving.db.append_only import protect, unprotect
from serving.db.compression import packed, unpacked
from serving.db.page_rows import shown_entry

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_TABLE, _COLUMN = "watchlist_entries", "shown"
_LISTS = sa.table("watchlists", sa.column("id"), sa.column("body", sa.LargeBinary))
_WORDS = sa.table(
    "list_dictionaries", *map(sa.column, ("watchlist_id", "subject")), sa.column("body")
)


def upgrade() -> None:
    """Add the column, and fill it for the lists there are, one at a time."""
    connection = op.get_bind()
    op.add_column(_TABLE, sa.Column(_COLUMN, sa.LargeBinary))
    unprotect(connection, _TABLE)
    entries = sa.table(
        _TABLE, *map(sa.column, ("watchlist_id", "project_id")), sa.column(_COLUMN, sa.LargeBinary)
    )
    change = entries.update().where(
        entries.c.watchlist_id == sa.bindparam("of_list"),
        entries.c.project_id == sa.bindparam("of"),
    )
    for number in connection.execute(sa.select(_LISTS.c.id).order_by(_LISTS.c.id)).scalars().all():
        if rows := list(_rows(connection, number)):
            connection.execute(change.values(shown=sa.bindparam("made")), rows)
    protect(connection, _TABLE)


def downgrade() -> None:
    """Drop the column."""
    unprotect(op.get_bind(), _TABLE)
    op.drop_column(_TABLE, _COLUMN)
    protect(op.get_bind(), _TABLE)


def _rows(connection: sa.Connection, number: int) -> Iterator[dict[str, object]]:
    of_list = sa.select(_LISTS.c.body).where(_LISTS.c.id == number)
    shared = sa.select(_WORDS.c.body).where(
        _WORDS.c.watchlist_id == number, _WORDS.c.subject == "risk"
    )
    words = connection.execute(shared).scalar_one_or_none() or b""
    body = unpacked(connection.execute(of_list).scalar_one(), None)
    for entry in json.loads(body)["entries"]:
        made = packed(shown_entry(entry), words)
        yield {"of_list": number, "of": entry["project_id"], "made": made}
