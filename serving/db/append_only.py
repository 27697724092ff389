"""Triggers that make a table append-only, on SQLite and PostgreSQL."""

from __future__ import annotations

from sqlalchemy import Connection

_ACTIONS = ("UPDATE", "DELETE")


def protect(connection: Connection, table: str) -> None:
    """Refuse updates and deletes of rows of ``table``."""
    for statement in _statements(connection.dialect.name, table):
        connection.exec_driver_sql(statement)


def unprotect(connection: Connection, table: str) -> None:
    """Undo :func:`protect`."""
    on_table = f" ON {table}" if connection.dialect.name == "postgresql" else ""
    actions = (*_ACTIONS, "TRUNCATE") if on_table else _ACTIONS
    for action in actions:
        connection.exec_driver_sql(f"DROP TRIGGER {_name(table, action)}{on_table}")


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


def _name(table: str, action: str) -> str:
    return f"{table}_no_{action.lower()}"


_POSTGRES_FUNCTION = (
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is sealed'; END $$"
)
