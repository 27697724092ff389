"""Rows that pages read: columns of entries, heads of lists, projects and parts of registers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import sqlalchemy as sa
from alembic import op

from serving.db.append_only import protect, unprotect
from serving.db.compression import unpacked
from serving.db.page_rows import (
    deposit_rows,
    entry_row,
    list_head,
    register_part_rows,
)

revision = "0026"
down_revision = "0024"
branch_labels = None
depends_on = None

_ENTRIES = "watchlist_entries"
_ADDED: tuple[tuple[str, type[sa.types.TypeEngine[Any]] | sa.types.TypeEngine[Any]], ...] = (
    ("project_name", sa.Text),
    ("workers", sa.Integer),
    ("amount_at_stake", sa.BigInteger),
    ("change", sa.String(10)),
    ("from_rank", sa.Integer),
    ("change_reason", sa.String(60)),
    ("red_flags", sa.Text),
    ("search", sa.Text),
)
_TABLES = ("list_heads", "scored_projects", "register_parts", "deposit_rows")
_ROWS_AT_ONCE = 1000


def upgrade() -> None:
    """Add the columns and tables, and write the rows of the lists there are, one at a time."""
    connection = op.get_bind()
    for name, kind in _ADDED:
        op.add_column(_ENTRIES, sa.Column(name, kind))
    _create_tables()
    unprotect(connection, _ENTRIES)
    for number in _numbers(connection, "watchlists", "id"):
        _write_list(connection, number)
    for number in _numbers(connection, "registers", "watchlist_id"):
        _write_register(connection, number)
    for table in (_ENTRIES, *_TABLES):
        protect(connection, table)


def downgrade() -> None:
    """Drop the tables and columns."""
    connection = op.get_bind()
    for table in _TABLES:
        unprotect(connection, table)
        op.drop_table(table)
    unprotect(connection, _ENTRIES)
    for name, _ in _ADDED:
        op.drop_column(_ENTRIES, name)
    protect(connection, _ENTRIES)


def _create_tables() -> None:
    op.create_table(
        "list_heads",
        *_of_list("list_heads"),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("watchlist_id", name="pk_list_heads"),
    )
    op.create_table(
        "scored_projects",
        *_of_list("scored_projects"),
        sa.Column("project_id", sa.String(200), nullable=False),
        sa.Column("region_code", sa.String(12)),
        sa.Column("rank", sa.Integer),
        sa.Column("tier", sa.String(10), nullable=False),
        sa.Column("probability", sa.Float, nullable=False),
        sa.Column("project_name", sa.Text),
        sa.Column("contractor_id", sa.String(200)),
        sa.Column("contractor_name", sa.Text),
        sa.Column("owner_id", sa.String(200)),
        sa.Column("latitude", sa.Float),
        sa.Column("longitude", sa.Float),
        sa.Column("workers", sa.Integer),
        sa.Column("amount_at_stake", sa.BigInteger),
        sa.Column("amount_owed", sa.BigInteger),
        sa.Column("owed", sa.JSON),
        sa.Column("search", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("watchlist_id", "project_id", name="pk_scored_projects"),
        sqlite_with_rowid=False,
    )
    for first in ([], ["contractor_id"], ["owner_id"]):
        columns = ["watchlist_id", *first, "probability"]
        op.create_index(f"ix_scored_projects_{'_'.join(columns)}", "scored_projects", columns)
    op.create_table(
        "register_parts",
        *_of_list("register_parts"),
        sa.Column("part", sa.String(20), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("watchlist_id", "part", name="pk_register_parts"),
    )
    op.create_table(
        "deposit_rows",
        *_of_list("deposit_rows"),
        sa.Column("part", sa.String(10), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("region_code", sa.String(12), nullable=False),
        sa.Column("code", sa.String(20)),
        sa.Column("days_left", sa.Integer),
        sa.Column("search", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("watchlist_id", "part", "position", name="pk_deposit_rows"),
        sqlite_with_rowid=False,
    )


def _of_list(table: str) -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    name = f"fk_{table}_watchlist_id"
    return (
        sa.Column("watchlist_id", sa.Integer, nullable=False, autoincrement=False),
        sa.ForeignKeyConstraint(["watchlist_id"], ["watchlists.id"], name=name),
    )


def _numbers(connection: sa.Connection, table: str, column: str) -> list[int]:
    key: sa.ColumnClause[int] = sa.column(column)
    query = sa.select(key).select_from(sa.table(table)).order_by(key)
    return list(connection.execute(query).scalars())


def _body(connection: sa.Connection, table: str, key: str, number: int) -> Mapping[str, Any]:
    columns = sa.table(table, sa.column(key), sa.column("body", sa.LargeBinary))
    query = sa.select(columns.c.body).where(columns.c[key] == number)
    document: Mapping[str, Any] = json.loads(unpacked(connection.execute(query).scalar_one(), None))
    return document


def _write_list(connection: sa.Connection, number: int) -> None:
    document = _body(connection, "watchlists", "id", number)
    heads = sa.table("list_heads", sa.column("watchlist_id"), sa.column("body", sa.LargeBinary))
    connection.execute(heads.insert().values(watchlist_id=number, body=list_head(document)))
    names = ("watchlist_id", "project_id", *(name for name, _ in _ADDED))
    entries = sa.table(_ENTRIES, *map(sa.column, names))
    change = entries.update().where(
        entries.c.watchlist_id == number, entries.c.project_id == sa.bindparam("of")
    )
    rows = ({"of": entry["project_id"], **entry_row(entry)} for entry in document["entries"])
    set_all = change.values({name: sa.bindparam(name) for name, _ in _ADDED})
    for batch in _batches(rows):
        connection.execute(set_all, batch)


def _write_register(connection: sa.Connection, number: int) -> None:
    register = _body(connection, "registers", "watchlist_id", number)
    found = sa.MetaData()
    found.reflect(connection, only=_TABLES)
    rows: Mapping[str, Iterable[dict[str, Any]]] = {
        "scored_projects": map(_scored_project, register.get("projects", ())),
        "register_parts": register_part_rows(register),
        "deposit_rows": deposit_rows(register),
    }
    for name, made in rows.items():
        for batch in _batches(made):
            connection.execute(
                found.tables[name].insert(), [{"watchlist_id": number, **row} for row in batch]
            )


_COPIED = (
    *("project_id", "region_code", "rank", "tier", "probability", "project_name", "latitude"),
    *("longitude", "workers", "amount_at_stake", "contractor_id", "contractor_name", "owner_id"),
)


def _scored_project(row: Mapping[str, Any]) -> dict[str, Any]:
    owed = row.get("owed")
    names = ("project_id", "project_name", "contractor_name", "owner_name")
    return {
        **{name: row.get(name) for name in _COPIED},
        "amount_owed": (owed["amount"] if owed else 0) if "owed" in row else None,
        "owed": owed,
        "search": "\n".join(row.get(name) or "" for name in names).casefold(),
    }


def _batches(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    waiting = iter(rows)
    while batch := list(islice(waiting, _ROWS_AT_ONCE)):
        yield batch
