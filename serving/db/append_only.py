"""Triggers that make a table append-only, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, inspect

_ACTIONS = ("UPDATE", "DELETE")


def protect(connection: Connection, table: str) -> None:
    """Refuse updates, deletes and replacements of rows of ``table``."""
    for statement in _statements(connection.dialect.name, table):
        connection.exec_driver_sql(statement)
    protect_from_replace(connection, table)


def protect_from_replace(connection: Connection, table: str) -> None:
    """Refuse rows with a key that is taken, on SQLite.

    INSERT OR REPLACE deletes such a row, and without ``PRAGMA recursive_triggers`` no trigger on
    deletion fires. A trigger of an earlier call is replaced.
    """
    if connection.dialect.name != "sqlite":
        return
    trigger = _name(table, "REPLACE")
    taken = " OR ".join(
        f"EXISTS (SELECT 1 FROM {table} WHERE {_equal(key)})" for key in _keys(connection, table)
    )
    connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {trigger}")
    connection.exec_driver_sql(
        f"CREATE TRIGGER {trigger} BEFORE INSERT ON {table} WHEN {taken}"
        f" BEGIN SELECT RAISE(ABORT, '{table} is sealed'); END"
    )


def open_to_archives(connection: Connection, table: str) -> None:
    """Let rows of a protected table go while their list is being archived.

    Whether it is, the newest step of the list in ``list_archives`` says.
    """
    trigger = _name(table, "DELETE")
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"DROP TRIGGER {trigger}")
        connection.exec_driver_sql(
            f"CREATE TRIGGER {trigger} BEFORE DELETE ON {table} WHEN {_NOT_ARCHIVING}"
            f" BEGIN SELECT RAISE(ABORT, '{table} is sealed'); END"
        )
        return
    connection.exec_driver_sql(f"DROP TRIGGER {trigger} ON {table}")
    connection.exec_driver_sql(_POSTGRES_DELETION)
    connection.exec_driver_sql(
        f"CREATE TRIGGER {trigger} BEFORE DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION refuse_deletion_unless_archived()"
    )


def unprotect(connection: Connection, table: str) -> None:
    """Undo :func:`protect`."""
    on_table = f" ON {table}" if connection.dialect.name == "postgresql" else ""
    actions = (*_ACTIONS, "TRUNCATE" if on_table else "REPLACE")
    for action in actions:
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {_name(table, action)}{on_table}")


def _statements(dialect: str, table: str) -> list[str]:
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {_name(table, action)} BEFORE {action} ON {table}"
            f" BEGIN SELECT RAISE(ABORT, '{table} is sealed'); END"
            for action in _ACTIONS
        ]
    rows = [
        f"CREATE TRIGGER {_name(table, action)} BEFORE {action} ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        for action in _ACTIONS
    ]
    whole = (
        f"CREATE TRIGGER {_name(table, 'TRUNCATE')} BEFORE TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    return [_POSTGRES_FUNCTION, *rows, whole]


def _keys(connection: Connection, table: str) -> Iterator[Sequence[str]]:
    """Yield the columns of each unique key of ``table``."""
    found = inspect(connection)
    yield found.get_pk_constraint(table)["constrained_columns"]
    for constraint in found.get_unique_constraints(table):
        yield constraint["column_names"]
    for index in found.get_indexes(table):
        if index["unique"]:
            yield [name for name in index["column_names"] if name]


def _equal(columns: Sequence[str]) -> str:
    return " AND ".join(f'"{name}" = NEW."{name}"' for name in columns)


def _name(table: str, action: str) -> str:
    return f"{table}_no_{action.lower()}"


_POSTGRES_FUNCTION = (
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is sealed'; END $$"
)

_NOT_ARCHIVING = (
    "'archived' IS NOT (SELECT step FROM list_archives"
    " WHERE watchlist_id = OLD.watchlist_id ORDER BY id DESC LIMIT 1)"
)

_POSTGRES_DELETION = (
    "CREATE OR REPLACE FUNCTION refuse_deletion_unless_archived() RETURNS trigger LANGUAGE plpgsql"
    " AS $$ BEGIN IF "
    + _NOT_ARCHIVING.replace("IS NOT", "IS DISTINCT FROM")
    + " THEN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is sealed'; END IF;"
    " RETURN OLD; END $$"
)
