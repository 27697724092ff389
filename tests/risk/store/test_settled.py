"""What was paid on each payroll before a date: every condition on both sides of its edge."""

from __future__ import annotations

import datetime as dt

import pytest

from risk.store.settled import settled_sql, with_settled

AS_OF = dt.date(2024, 7, 1)


@pytest.fixture
def paid(world):
    """Payrolls due on 10 June, each with payments on one edge."""
    world.project()
    for name in ("day", "known", "due", "returned", "heads", "unknown", "late", "moved"):
        world.payroll(name, "2024-06-10", known_at="2024-05-01")
    world.payment("day", "2024-06-30", 1, workers_paid=4)
    world.payment("day", "2024-07-01", 2, known_at="2024-06-30", workers_paid=8)
    world.payment("known", "2024-06-20", 4, known_at="2024-06-30", workers_paid=2)
    world.payment("known", "2024-06-21", 8, known_at="2024-07-01", workers_paid=3)
    world.payment("due", "2024-06-09", 16)
    world.payment("due", "2024-06-10", 32)
    world.payment("due", "2024-06-11", 64)
    for day, back in (("11", "2024-06-30"), ("12", "2024-07-01"), ("13", "2024-07-02")):
        amount = {"11": 128, "12": 256, "13": 512}[day]
        world.payment("returned", f"2024-06-{day}", amount, returned_on=back)
    world.payment("heads", "2024-06-11", 1, workers_paid=2)
    world.payment("heads", "2024-06-12", 1, workers_paid=3)
    world.payment("unknown", "2024-06-11", 1, workers_paid=2)
    world.payment("unknown", "2024-06-12", 1)
    world.payment("nowhere", "2024-06-11", 7)  # of no payroll that is known
    # Replaced by another amount: the day before, and on the day, when it is not known yet.
    for payroll, mended in (("late", "2024-07-01"), ("moved", "2024-06-30")):
        world.payment(payroll, "2024-06-05", 1000, payment_id=payroll)
        world.payment(payroll, "2024-06-05", 3000, payment_id=payroll, known_at=mended)
    return world.store


EXPECTED = {
    "day": (1, 4, None),
    "known": (4, 2, None),
    "due": (112, None, 48),
    "returned": (768, None, None),
    "heads": (2, 5, None),
    "unknown": (2, None, None),
    "late": (1000, None, 1000),
    "moved": (3000, None, 3000),
    "nowhere": (7, None, None),
}


def _settled(store):
    query = f"SELECT payroll_id, paid, heads, paid_in_time FROM {settled_sql(store, AS_OF)} s"
    values = [AS_OF] if "$1" in query else []
    return {row[0]: row[1:] for row in store.connection.execute(query, values).fetchall()}


def test_payments_count_as_known_made_and_not_returned_before_the_day(paid):
    assert _settled(paid) == EXPECTED


def test_the_table_of_many_queries_is_there_once_it_is_asked_for(paid):
    view = with_settled(paid, AS_OF)
    try:
        assert not view.rows("SELECT 1 FROM duckdb_tables() WHERE table_name LIKE 'settled%'")
        (table,) = {settled_sql(view, AS_OF) for _ in range(2)}
        assert view.rows(f"SELECT count(*) FROM {table}") == [(len(EXPECTED),)]
    finally:
        view.close()


def test_the_table_of_many_queries_holds_the_same(paid):
    view = with_settled(paid, AS_OF)
    try:
        assert "$1" not in settled_sql(view, AS_OF)
        assert "$1" in settled_sql(view, AS_OF - dt.timedelta(days=1))
        assert _settled(view) == EXPECTED
    finally:
        view.close()
