"""Versions dated by rule give way to dated ones; withdrawn versions end a record."""

import datetime as dt

import duckdb
import pytest

from risk.contract import STORED_TABLES
from risk.store.parquet_export import export_records, import_records
from risk.store.parquet_store import open_folder
from risk.store.store import MARKS, RecordStore

from ..empty_store import empty_store

COLUMNS = "case_id, opened_on, status, project_id, known_at, dated_by, withdrawn"


def add(store, status, known_at, dated_by="given", *, withdrawn=False, case_id="C1"):
    store.rows(
        f"INSERT INTO cases ({COLUMNS}, arrival)"
        " VALUES (?, DATE '2025-01-01', ?, 'P1', ?, ?, ?, nextval('arrivals'))",
        [case_id, status, known_at, dated_by, withdrawn],
    )


def states(store, view="cases_versions"):
    """(status, known_at, superseded_at) of each version of C1."""
    return store.rows(
        "SELECT status, known_at::VARCHAR, superseded_at::VARCHAR"
        f" FROM {view} WHERE case_id = 'C1' ORDER BY known_at, arrival"
    )


def both(store):
    """The versions in the view of the store, and in the one that is computed once; equal."""
    plain = states(store)
    with_ids = store.cursor()
    try:
        for sql in store.superseded_sql(STORED_TABLES["cases"]):
            with_ids.execute(sql)
        prepared = with_ids.execute(
            "SELECT status, known_at::VARCHAR, superseded_at::VARCHAR"
            " FROM cases_versions WHERE case_id = 'C1' ORDER BY known_at, arrival"
        ).fetchall()
    finally:
        with_ids.close()
    assert plain == prepared
    return plain


def test_a_dated_row_replaces_the_versions_dated_by_rule_from_its_day(store):
    add(store, "filed", "2025-01-01", "unfolded")
    add(store, "confirmed", "2025-03-01", "unfolded")
    add(store, "closed", "2025-04-01", "unfolded", case_id="other")
    add(store, "filed", "2025-01-20")
    add(store, "confirmed", "2025-04-10")
    assert both(store) == [
        ("filed", "2025-01-01", "2025-01-20"),
        ("filed", "2025-01-20", "2025-04-10"),
        ("confirmed", "2025-04-10", None),
    ]


def test_a_dated_row_that_came_first_replaces_nothing(store):
    add(store, "filed", "2025-01-20")
    add(store, "confirmed", "2025-03-01", "unfolded")
    assert [state for state, *_ in both(store)] == ["filed", "confirmed"]


def test_rows_dated_by_the_import_are_not_replaced(store):
    add(store, "confirmed", "2025-03-01", "import")
    add(store, "filed", "2025-01-20")
    assert [state for state, *_ in both(store)] == ["filed", "confirmed"]


def test_a_withdrawn_version_ends_the_record(store):
    add(store, "confirmed", "2025-03-01")
    add(store, "confirmed", "2025-06-01", "import", withdrawn=True)
    assert both(store) == [("confirmed", "2025-03-01", "2025-06-01")]
    add(store, "filed", "2025-08-01")
    assert both(store) == [
        ("confirmed", "2025-03-01", "2025-06-01"),
        ("filed", "2025-08-01", None),
    ]


def test_rows_of_earlier_releases_count_as_given(store):
    add(store, "confirmed", "2025-03-01", "unfolded")
    add(store, "filed", "2025-02-01", None, withdrawn=None)
    assert both(store) == [("filed", "2025-02-01", None)]


def test_how_a_row_was_dated_is_in_no_digest(store):
    add(store, "filed", "2025-01-20")
    given = store.digest(dt.date(2025, 12, 1))
    store.rows("UPDATE cases SET dated_by = 'stated'")
    assert store.digest(dt.date(2025, 12, 1)) == given
    store.rows("UPDATE cases SET withdrawn = true")
    assert store.digest(dt.date(2025, 12, 1)) != given


def test_a_withdrawn_complaint_and_a_withdrawn_link_no_longer_count(store):
    report = "INSERT INTO complaints (complaint_id, received_on, known_at, withdrawn, arrival)"
    link = "INSERT INTO links (complaint_id, decision, project_id, known_at, withdrawn, arrival)"
    store.rows(f"{report} VALUES ('T', '2025-01-01', '2025-01-01', NULL, 1)")
    store.rows(f"{link} VALUES ('T', 'linked', 'P', '2025-02-01', NULL, 2)")
    store.rows(f"{link} VALUES ('T', 'linked', 'P', '2025-03-01', true, 3)")
    store.rows(f"{report} VALUES ('T', '2025-01-01', '2025-04-01', true, 4)")
    assert store.rows(
        "SELECT known_at::VARCHAR, project_id, linked, superseded_at::VARCHAR"
        " FROM complaints_versions ORDER BY known_at"
    ) == [
        ("2025-01-01", None, False, "2025-02-01"),
        ("2025-02-01", "P", True, "2025-03-01"),
        ("2025-03-01", None, False, "2025-04-01"),
    ]


def test_an_employer_loses_a_withdrawn_case(store):
    store.rows(
        "INSERT INTO organizations (org_id, org_kind, known_at, arrival)"
        " VALUES ('E', 'employer', '2024-01-01', nextval('arrivals'))"
    )
    for known_at, withdrawn in (("2025-01-02", False), ("2025-02-01", True)):
        store.rows(
            "INSERT INTO cases (case_id, org_id, opened_on, status, known_at, withdrawn, arrival)"
            " VALUES ('C1', 'E', '2025-01-01', 'filed', ?, ?, nextval('arrivals'))",
            [known_at, withdrawn],
        )
    assert states(store.for_kind("employer")) == [("filed", "2025-01-02", "2025-02-01")]


@pytest.fixture
def unmarked(tmp_path):
    """A store of an earlier release, without the columns about versions, with one case."""
    path = tmp_path / "records.duckdb"
    with RecordStore(path) as store:
        add(store, "filed", "2025-01-20", None, withdrawn=None)
    with duckdb.connect(str(path)) as connection:
        connection.execute("DROP TABLE stored_schema")
        for schema in ("employers", "main"):
            for (view,) in connection.execute(
                f"SELECT view_name FROM duckdb_views() WHERE schema_name = '{schema}'"
                " AND NOT internal"
            ).fetchall():
                connection.execute(f"DROP VIEW {schema}.{view}")
        for table in STORED_TABLES:
            for mark in MARKS:
                connection.execute(f"ALTER TABLE {table} DROP COLUMN {mark}")
    return path


@pytest.mark.parametrize("read_only", [True, False])
def test_a_store_of_an_earlier_release_gains_the_columns(unmarked, read_only):
    with RecordStore(unmarked, read_only=read_only) as store:
        assert states(store) == [("filed", "2025-01-20", None)]
        assert store.rows("SELECT dated_by, withdrawn FROM cases") == [(None, None)]


def test_exported_records_keep_how_they_were_dated(tmp_path, store):
    add(store, "filed", "2025-01-01", "unfolded")
    add(store, "filed", "2025-02-01", "import", withdrawn=True)
    export_records(store, tmp_path / "out")
    with empty_store() as other:
        import_records(other, tmp_path / "out")
        assert [result.stored for result in import_records(other, tmp_path / "out")] == [0]
        assert other.rows("SELECT dated_by, withdrawn FROM cases ORDER BY arrival") == [
            ("unfolded", False),
            ("import", True),
        ]
    with open_folder(str(tmp_path / "out")) as folder:
        assert states(folder) == [("filed", "2025-01-01", "2025-02-01")]


def test_a_folder_without_the_columns_is_read(tmp_path, store):
    add(store, "filed", "2025-01-20")
    export_records(store, tmp_path / "out")
    file = next((tmp_path / "out").rglob("*.parquet"))
    store.rows(
        f"COPY (SELECT * EXCLUDE (dated_by, withdrawn)"
        f" FROM read_parquet('{file}', hive_partitioning := false)) TO '{tmp_path}/less.parquet'"
    )
    (tmp_path / "less.parquet").replace(file)
    with open_folder(str(tmp_path / "out")) as folder:
        assert states(folder) == [("filed", "2025-01-20", None)]
    with empty_store() as other:
        import_records(other, tmp_path / "out")
        assert states(other) == [("filed", "2025-01-20", None)]
