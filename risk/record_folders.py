"""Records as folders of Parquet: what another engine reads."""

from __future__ import annotations

from pathlib import Path

from risk.contract import STORED_TABLES
from risk.records import RecordStore, columns


def export_records(store: RecordStore, folder: Path) -> None:
    """Write every table with rows to FOLDER/<table>/known_year=<YYYY>/*.parquet."""
    for table in STORED_TABLES.values():
        if not store.rows(f"SELECT 1 FROM {table.name} LIMIT 1"):
            continue
        place = folder / table.name
        place.mkdir(parents=True)
        names = ", ".join([*(name for name, _ in columns(table)), "arrival"])
        store.connection.execute(
            f"COPY (SELECT {names}, year(known_at) AS known_year FROM {table.name}) TO '{place}'"
            " (FORMAT PARQUET, PARTITION_BY (known_year))"
        )
