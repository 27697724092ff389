"""Digests from sums stored at imports are those over every row."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest

from risk.contract import STORED_TABLES
from risk.store.marks import compare_history, current_mark, mark_at, newest_arrival
from risk.store.parquet_export import export_records, import_records
from risk.store.row_hashes import MARK_FIELDS, row_sums_sql
from risk.store.row_sums import ROW_SUMS, extend_row_sums
from risk.store.settled import with_settled

from ...empty_store import empty_store

AS_OFS = [dt.date(2025, 3, 2), dt.date(2025, 3, 3)]
"""Before and after the day on which the correction became known."""


@pytest.fixture
def filled(world):
    """Payments that were corrected on 2 March, and rows of tables of several kinds."""
    world.project()
    world.payroll("R1", "2025-01-10")
    world.payment("R1", "2025-01-10", 100, payment_id="Y1", known_at="2025-01-12")
    world.payment("R1", "2025-01-11", 300, payment_id="Y2", known_at="2025-01-13")
    world.payment("R1", "2025-01-10", 200, payment_id="Y1", known_at="2025-03-02")
    return world


def digests(store):
    """By date, digests from stored sums and over every row."""
    found = {}
    for day in AS_OFS:
        cached = with_settled(store, day)
        found[day] = cached.digest(day), store.digest(day)
        cached.close()
    return found


def sums(store, table="payments"):
    return store.rows(f"SELECT sum(count) FROM {ROW_SUMS} WHERE table_name = '{table}'")[0][0]


def test_stored_sums_give_the_digest_over_every_row(filled):
    store = filled.store
    extend_row_sums(store)
    assert sums(store) == 3
    found = digests(store)
    # The correction of 2 March is known from the 3rd.
    assert len({whole for _, whole in found.values()}) == 2
    assert all(cached == whole for cached, whole in found.values())
    assert current_mark(store) == mark_at(store, newest_arrival(store))


def test_a_withdrawal_is_taken_off_from_the_day_after_it_is_known(filled):
    filled.payment("R1", "2025-01-11", 300, payment_id="Y2", known_at="2025-03-02")
    filled.store.rows(
        "UPDATE payments SET withdrawn = TRUE WHERE payment_id = 'Y2' AND known_at = '2025-03-02'"
    )
    extend_row_sums(filled.store)
    found = digests(filled.store)
    assert len({whole for _, whole in found.values()}) == 2
    assert all(cached == whole for cached, whole in found.values())


def test_rows_that_came_since_are_added(filled):
    store = filled.store
    extend_row_sums(store)
    before = store.digest(AS_OFS[-1])
    filled.payment("R1", "2025-01-11", 301, payment_id="Y2", known_at="2025-01-20")
    assert sums(store) == 3
    found = digests(store)
    assert all(cached == whole for cached, whole in found.values())
    assert found[AS_OFS[-1]][1] != before
    assert current_mark(store) == mark_at(store, newest_arrival(store))
    extend_row_sums(store)
    assert sums(store) == 4
    assert digests(store) == found


def test_rows_of_the_day_are_not_known_before_it(filled):
    store = filled.store
    extend_row_sums(store)
    filled.payment("R1", "2025-01-11", 301, payment_id="Y2", known_at="2025-03-05")
    # On the first day nothing is known yet, on the second all but the new row.
    for day in (dt.date(2024, 1, 2), dt.date(2025, 3, 5)):
        with with_settled(store, day) as cached:
            assert cached.digest(day) == store.digest(day)


def test_sums_are_used_and_a_replay_does_not_trust_them(filled):
    store, day = filled.store, AS_OFS[-1]
    extend_row_sums(store)
    mark = current_mark(store)
    whole = store.digest(day)
    store.rows("UPDATE payments SET amount = amount + 1 WHERE payment_id = 'Y2'")
    assert with_settled(store, day).digest(day) == whole != store.digest(day)
    assert compare_history(store, mark) == "changed"
    view = with_settled(store.up_to(mark.arrival), day)
    assert view.digest(day) == store.digest(day)


def test_deleted_rows_make_the_sums_void(filled):
    store, day = filled.store, AS_OFS[-1]
    extend_row_sums(store)
    store.rows("DELETE FROM payments WHERE payment_id = 'Y2'")
    assert with_settled(store, day).digest(day) == store.digest(day)
    extend_row_sums(store)
    assert (sums(store), sums(store, "projects")) == (2, 1)
    assert digests(store)[day][0] == store.digest(day)
    assert current_mark(store) == mark_at(store, newest_arrival(store))


def test_the_records_of_a_folder_are_counted_as_those_of_files(filled, tmp_path):
    export_records(filled.store, tmp_path / "records")
    with empty_store() as store:
        import_records(store, tmp_path / "records")
        assert (sums(store), sums(store, "projects")) == (3, 1)
        assert digests(store) == digests(filled.store)
        assert current_mark(store) == mark_at(store, newest_arrival(store))


def test_sums_of_another_definition_are_not_used(filled):
    store, day = filled.store, AS_OFS[-1]
    extend_row_sums(store)
    store.rows(f"UPDATE {ROW_SUMS} SET definition = 'earlier', low = low + 1")
    assert with_settled(store, day).digest(day) == store.digest(day)
    extend_row_sums(store)
    assert sums(store) == 3
    assert with_settled(store, day).digest(day) == store.digest(day)


def test_a_read_only_store_of_an_earlier_release_has_no_sums(filled):
    filled.store.rows(f"DROP TABLE {ROW_SUMS}")
    day = AS_OFS[-1]
    assert with_settled(filled.store, day).digest(day) == filled.store.digest(day)


def test_a_missing_table_is_no_error_within_a_transaction(store):
    with store.transaction():
        assert not store.has_table("imports")
        store.rows("CREATE TABLE imports (id VARCHAR)")
        assert store.has_table("imports")
    assert store.has_table("imports")


def halves(*texts):
    """The number of rows of these texts, and the sums of the halves of their MD5."""
    found = [hashlib.md5(text.encode()).hexdigest() for text in texts]
    return len(texts), *(sum(int(one[at : at + 15], 16) for one in found) for at in (0, 15))


def test_a_row_is_the_text_of_its_columns_and_of_those_added_later_that_are_filled(world):
    known = {"known_at": "2025-01-12"}
    world.payment("R1", "2025-01-10", 100, payment_id="Y|1", **known)
    world.payment("R1", "2025-01-11", 300, payment_id="Y2", returned_on="2025-02-01", **known)
    one = "Y||1|;R1|;2025-01-10|;100|;|n|;bank|;2025-01-12"
    two = "Y2|;R1|;2025-01-11|;300|;|n|;bank|;2025-01-12"
    own = halves(one, f"{two}|;returned_on=2025-02-01")
    marked = halves(f"{one}|;1|;given|;false", f"{two}|;2|;given|;false|;returned_on=2025-02-01")
    store, payments = world.store, STORED_TABLES["payments"]
    assert store.rows(row_sums_sql(payments, "payments")) == [own]
    assert store.rows(row_sums_sql(payments, "payments", *MARK_FIELDS)) == [marked]
    extend_row_sums(store)
    stored = "table_name, through, known_at, count, low, high, mark_low, mark_high"
    assert store.rows(f"SELECT {stored} FROM {ROW_SUMS}") == [
        ("payments", 2, dt.date(2025, 1, 12), *own, *marked[1:])
    ]
