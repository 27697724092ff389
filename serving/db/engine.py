"""SQLAlchemy engines for the service database: SQLite in a file or PostgreSQL."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import time

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry

from serving.errors import CommandError

BUSY_SECONDS = 30
"""Seconds a SQLite writer waits for another one."""

PAGE_BYTES = 8192


class DatabaseUnreachable(CommandError):
    """The service database cannot be opened."""

    code = "database_unreachable"


def make_engine(url: str) -> Engine:
    """Create an engine for ``url``.

    Raises:
        DatabaseUnreachable: no driver for that kind of database is installed.
    """
    try:
        # Errors show the statement, not the values, which may be names or secrets.
        engine = create_engine(url, hide_parameters=True, json_serializer=_to_json)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise DatabaseUnreachable(url=redacted_url(url), detail=str(error)) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def writing(engine: Engine) -> Engine:
    """Return the engine with transactions that take the write lock when they begin.

    A SQLite transaction that reads first and writes later fails if another one wrote in between;
    with the lock taken at the start it waits instead.
    """
    return engine.execution_options(writing=True)


def utc(moment: dt.datetime) -> dt.datetime:
    """Return ``moment`` in UTC; SQLite returns stored times without their zone."""
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)


def redacted_url(url: str) -> str:
    """Return ``url`` with the password masked."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "?"


def _to_json(value: object) -> str:
    # By default Chinese is escaped, six bytes a character instead of three.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # The driver begins transactions late, and none before DDL; the "begin" event does it instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    # For new files only. Risks and dossiers are a third of SQLite's page and would leave a third of
    # it empty.
    cursor.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    _switch_to_wal(cursor)
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    # Without it REPLACE deletes a sealed row without firing the triggers.
    cursor.execute("PRAGMA recursive_triggers = ON")
    cursor.close()


def _switch_to_wal(cursor: DBAPICursor) -> None:
    # SQLite does not apply the busy timeout when two processes open a new database at once.
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
