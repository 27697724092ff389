"""Giving the space of deleted rows back to the file system.

The databases keep it for later rows of their own: files do not shrink by deletion alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine, Table, text


def stored_bytes(engine: Engine, tables: Sequence[Table]) -> int:
    """Return the bytes on disk of the SQLite file, or of ``tables`` on PostgreSQL."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            return int(pages * connection.exec_driver_sql("PRAGMA page_size").scalar_one())
        size = text("SELECT pg_total_relation_size(CAST(:name AS regclass))")
        names = [table.name for table in tables]
        return sum(connection.execute(size, {"name": name}).scalar_one() for name in names)


def compact(engine: Engine, tables: Sequence[Table]) -> None:
    """Write the SQLite file, or ``tables`` on PostgreSQL, anew without the space of deleted rows.

    Nobody else can write meanwhile (on PostgreSQL, read these tables), and the disk must have room
    for what is left.
    """
    if engine.dialect.name == "postgresql":
        names = ", ".join(table.name for table in tables)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"VACUUM (FULL, ANALYZE) {names}")
        return
    # Not through a connection of SQLAlchemy, which begins a transaction.
    driver = engine.raw_connection()
    try:
        cursor = driver.cursor()
        cursor.execute("VACUUM")
        # The new pages are in the log until then, beside a file as large as before.
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        cursor.close()
    finally:
        driver.close()
