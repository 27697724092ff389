"""The schema of a store is rewritten when a release changed it, and only then."""

from __future__ import annotations

import duckdb
import pytest

from risk.store.store import RecordStore, RecordStoreBusy

OUTDATED = "CREATE OR REPLACE VIEW payments_versions AS SELECT 'outdated' AS payment_id"
BY_ANOTHER_RELEASE = "UPDATE stored_schema SET digest = 'another release'"
BY_AN_EARLIER_RELEASE = "INSERT INTO openings VALUES (1, uuid())"
"""Releases before the digest only add an opening."""


@pytest.fixture
def path(tmp_path):
    with RecordStore(tmp_path / "records.duckdb"):
        return tmp_path / "records.duckdb"


def change(path, *statements):
    with duckdb.connect(str(path)) as connection:
        for statement in statements:
            connection.execute(statement)


def payments(path, *, read_only):
    with RecordStore(path, read_only=read_only) as store:
        return store.rows("SELECT payment_id FROM payments_versions")


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("written", [BY_ANOTHER_RELEASE, BY_AN_EARLIER_RELEASE])
def test_views_of_another_release_are_replaced(path, written, read_only):
    change(path, OUTDATED, written)
    assert payments(path, read_only=read_only) == []


def test_views_of_this_release_are_not_written_again(path):
    change(path, OUTDATED)
    assert payments(path, read_only=True) == [("outdated",)]
    assert payments(path, read_only=False) == [("outdated",)]


def test_store_that_cannot_be_upgraded_now_is_read_if_it_is_complete(path):
    change(path, OUTDATED, BY_ANOTHER_RELEASE)
    with duckdb.connect(str(path), read_only=True) as other:
        assert payments(path, read_only=True) == [("outdated",)]
        other.close()
        change(path, "DROP TABLE seals")
    assert payments(path, read_only=True) == []


def test_tables_that_only_save_time_are_not_needed_to_read_a_store(path):
    change(path, "DROP TABLE stored_schema", "DROP TABLE row_sums")
    with duckdb.connect(str(path), read_only=True), RecordStore(path, read_only=True) as store:
        assert not store.has_table("row_sums")
        assert store.tables_with_rows() == set()


def test_a_column_is_missing_though_a_view_of_employers_has_it(path):
    change(path, "ALTER TABLE payrolls DROP COLUMN wage_basis", BY_ANOTHER_RELEASE)
    with RecordStore(path) as store:
        assert store.rows("SELECT wage_basis FROM payrolls") == []


def test_an_opening_is_marked_with_the_last_arrival_that_was_drawn(path):
    def drawn():
        with RecordStore(path) as store:
            return store.rows("SELECT after_arrival FROM openings ORDER BY 1")

    change(path, "CREATE SEQUENCE another START 100")
    assert drawn() == [(0,)]
    change(path, "INSERT INTO links (complaint_id, arrival) VALUES ('K', nextval('arrivals'))")
    assert drawn() == [(0,), (1,)]


def test_a_store_without_the_views_of_employers_is_not_complete(path):
    change(path, "DROP SCHEMA employers CASCADE", BY_ANOTHER_RELEASE)
    with duckdb.connect(str(path), read_only=True), pytest.raises(RecordStoreBusy):
        RecordStore(path, read_only=True)
    with RecordStore(path, read_only=True) as store:
        assert store.for_kind("employer").rows("FROM payments_versions") == []


def test_each_writing_opening_has_its_mark(path):
    def marks():
        with RecordStore(path, read_only=True) as store:
            return store.rows("SELECT mark FROM openings"), store.rows(
                "SELECT opening FROM stored_schema"
            )

    before = marks()
    RecordStore(path).close()
    after = marks()
    assert len(before[0]) == 1
    assert before[0] == before[1] != after[0] == after[1]
