"""Rows of scored projects in fewer bytes: the summary of wages owed as columns, no name twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import sqlalchemy as sa
from alembic import op

from serving.db.append_only import open_to_archives, protect, unprotect
from serving.db.compression import unpacked
from serving.db.page_rows import SEARCHED, other_case, owed_columns, owed_summary, with_days

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_TABLE = "scored_projects"
_DAYS = ("owed_since", "owed_due_since")
_ADDED: Mapping[str, type[sa.types.TypeEngine[Any]]] = {
    "owner_name": sa.Text,
    "owed_teams": sa.Integer,
    "owed_workers": sa.Integer,
    "owed_largest": sa.Text,
    "owed_since": sa.Date,
    "owed_due_since": sa.Date,
}
_ROWS = sa.table(
    _TABLE,
    *map(sa.column, ("watchlist_id", "project_id", "project_name", "contractor_name")),
    *map(sa.column, ("search", "amount_owed")),
    sa.column("owed", sa.JSON),
    *(sa.column(name, kind) for name, kind in _ADDED.items()),
)
_REGISTERS = sa.table("registers", sa.column("watchlist_id"), sa.column("body", sa.LargeBinary))
_PARTIES = ("contractor_id", "owner_id")
_ROWS_AT_ONCE = 1000


def upgrade() -> None:
    """Add the columns and fill them, one list at a time; smaller indexes by party.

    The names of owners are in the registers. Archived lists have none, and their rows of projects
    that stay remain as they were but for the summary.
    """
    connection = op.get_bind()
    for name, kind in _ADDED.items():
        op.add_column(_TABLE, sa.Column(name, kind))
    unprotect(connection, _TABLE)
    _change(connection, _shortened)
    op.drop_column(_TABLE, "owed")
    _index_parties([])
    _protect(connection)


def downgrade() -> None:
    """Bring the column and the indexes back."""
    connection = op.get_bind()
    op.add_column(_TABLE, sa.Column("owed", sa.JSON))
    unprotect(connection, _TABLE)
    _change(connection, _lengthened)
    for name in _ADDED:
        op.drop_column(_TABLE, name)
    _index_parties(["probability"])
    _protect(connection)


def _protect(connection: sa.Connection) -> None:
    protect(connection, _TABLE)
    open_to_archives(connection, _TABLE)


def _index_parties(last: list[str]) -> None:
    for party in _PARTIES:
        for columns in (["watchlist_id", party, "probability"], ["watchlist_id", party]):
            name = f"ix_{_TABLE}_{'_'.join(columns)}"
            if columns[2:] == last:
                op.create_index(name, _TABLE, columns)
            else:
                op.drop_index(name, _TABLE)


_Row = Mapping[str, Any]


def _shortened(row: _Row, owners: Mapping[str, str | None]) -> dict[str, Any]:
    found = {**with_days(owed_columns(row["owed"])), "search": row["search"], "owner_name": None}
    if row["project_id"] in owners:
        found["owner_name"] = owners[row["project_id"]]
        found["search"] = other_case([{**row, **found}[name] for name in SEARCHED])
    return found


def _lengthened(row: _Row, _: Mapping[str, str | None]) -> dict[str, Any]:
    names = "\n".join(row[name] or "" for name in SEARCHED).casefold()
    is_whole = row["search"].startswith(names)
    return {"owed": owed_summary(row), "search": row["search"] if is_whole else names}


def _change(connection: sa.Connection, made: Callable[..., dict[str, Any]]) -> None:
    """Set the columns that ``made`` returns of each row, one list at a time."""
    of_row = (
        _ROWS.c.watchlist_id == sa.bindparam("of_list"),
        _ROWS.c.project_id == sa.bindparam("of"),
    )
    present = {column["name"] for column in sa.inspect(connection).get_columns(_TABLE)}
    columns = [column for column in _ROWS.c if column.name in present]
    lists = sa.select(_ROWS.c.watchlist_id).distinct().order_by(_ROWS.c.watchlist_id)
    for number in connection.execute(lists).scalars().all():
        owners = _owners(connection, number)
        query = sa.select(*columns).where(_ROWS.c.watchlist_id == number)
        rows = map(dict[str, Any], connection.execute(query).mappings().all())
        while batch := list(islice(rows, _ROWS_AT_ONCE)):
            values = [made(row, owners) for row in batch]
            change = sa.update(_ROWS).where(*of_row)
            connection.execute(
                change.values({name: sa.bindparam(f"new_{name}") for name in values[0]}),
                list(_parameters(number, batch, values)),
            )


def _parameters(
    number: int, rows: Sequence[_Row], values: Sequence[_Row]
) -> Iterator[dict[str, Any]]:
    for row, new in zip(rows, values, strict=True):
        named = {f"new_{name}": value for name, value in new.items()}
        yield {"of_list": number, "of": row["project_id"], **named}


def _owners(connection: sa.Connection, number: int) -> Mapping[str, str | None]:
    """The names of owners by project, from the register of the list; none if it was archived."""
    query = sa.select(_REGISTERS.c.body).where(_REGISTERS.c.watchlist_id == number)
    body = connection.execute(query).scalar_one_or_none()
    if body is None:
        return {}
    register = json.loads(unpacked(bytes(body), None))
    return {row["project_id"]: row.get("owner_name") for row in register.get("projects", ())}
