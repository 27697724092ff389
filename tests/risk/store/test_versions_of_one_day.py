"""Of two versions known since one day the one that arrived later counts, on every path."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from risk.store.parquet_export import export_records, import_records
from risk.store.parquet_store import open_folder
from risk.store.store import RecordStore

from ...empty_store import empty_store

DAY = "2025-03-01"
AS_OF = dt.date(2025, 3, 2)
PROJECT = {"project_name": "桥", "region_code": "420301101", "started_on": "2024-01-01"}
ROLL = {"project_id": "P1", "period": "2025-02-01", "due_on": "2025-02-28"}
DEPOSIT = {"deposit_id": "D1", "valid_from": "2024-01-10"}

# Table, cells of both versions, and the cell that differs: of the first version and of the second.
# A head count and an amount rise, a stage and a code fall, so that no smallest or largest of both
# is right everywhere.
RECORDS = (
    ("projects", {"project_id": "P1", **PROJECT}, "sector", "water", "building"),
    ("payrolls", {"payroll_id": "R1", **ROLL}, "amount_due", 100, 200),
    ("attendance", {"project_id": "P1", "period": "2025-02-01"}, "workers_present", 9, 5),
    ("complaints", {"complaint_id": "K1", "received_on": DAY}, "workers", 12, 8),
    ("deposits", {**DEPOSIT, "project_id": "P1"}, "status", "stored", "drawn"),
)
FIRST = [first for *_, first, _ in RECORDS]
SECOND = [second for *_, second in RECORDS]


def fill(store: RecordStore) -> None:
    """Put both versions in, the later arrival first: it is not the place in the table."""
    for number, (table, row, name, first, second) in enumerate(RECORDS):
        for arrival, value in ((100 + number, second), (1 + number, first)):
            cells = {**row, name: value, "known_at": DAY, "arrival": arrival}
            store.connection.execute(
                f"INSERT INTO {table} ({', '.join(cells)}) VALUES ({', '.join('?' * len(cells))})",
                [*cells.values()],
            )


def shown(store: RecordStore) -> list[object]:
    """The differing cell of each record as known on the day after."""
    known = "known_at < $1 AND (superseded_at IS NULL OR superseded_at >= $1)"
    return [
        value
        for table, _, name, *_ in RECORDS
        for (value,) in store.rows(f"SELECT {name} FROM {table}_versions WHERE {known}", [AS_OF])
    ]


def test_later_arrival_counts_in_memory_and_while_the_earlier_was_the_newest():
    with empty_store() as store:
        fill(store)
        assert shown(store) == SECOND
        assert shown(store.up_to(50)) == FIRST
        assert shown(store.up_to(200)) == SECOND


def test_later_arrival_counts_with_superseded_rows_found_once():
    with RecordStore(":memory:") as store:
        fill(store)
        assert store.for_kind("employer").rows("FROM payrolls_versions") == []
        store.cache_superseded()
        assert shown(store) == SECOND


def test_later_arrival_counts_on_disk_in_a_folder_and_read_back(tmp_path: Path):
    with RecordStore(tmp_path / "records.duckdb") as store:
        fill(store)
    with RecordStore(tmp_path / "records.duckdb", read_only=True) as store:
        assert shown(store) == SECOND
        assert store.for_kind("employer").rows("FROM projects_versions LIMIT 0") == []
        export_records(store, tmp_path / "folder")
    with open_folder(str(tmp_path / "folder")) as folder:
        assert shown(folder) == SECOND
    with empty_store() as back:
        import_records(back, tmp_path / "folder")
        assert shown(back) == SECOND
