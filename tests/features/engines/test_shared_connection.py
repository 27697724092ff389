"""Features at the date of a view of the store, computed in the connection of that view."""

from __future__ import annotations

import datetime as dt

import pytest

from features.common_steps import known_rows_step
from features.engines.duckdb import DuckDBEngine
from risk.store.settled import with_settled
from risk.store.staged import Staged

AS_OF = dt.date(2024, 7, 1)
PAID = "SELECT project_id, sum(amount_due) AS due FROM known_payrolls GROUP BY project_id"


@pytest.fixture
def view(world):
    """A view in which one payroll of two has a second version, known before the date."""
    world.project()
    world.payroll("moved", "2024-06-10", amount_due=100, known_at="2024-05-01")
    world.payroll("moved", "2024-06-10", amount_due=900, known_at="2024-06-01")
    world.payroll("same", "2024-06-10", amount_due=7, known_at="2024-05-01")
    with with_settled(world.store, AS_OF) as view:
        yield view


def temporary(store):
    tables = "SELECT table_name FROM duckdb_tables() WHERE temporary"
    views = "SELECT view_name FROM duckdb_views() WHERE temporary AND NOT internal"
    return sorted(name for sql in (tables, views) for (name,) in store.rows(sql))


@pytest.mark.parametrize(("day", "is_shared"), [(AS_OF, True), (dt.date(2024, 7, 2), False)])
def test_only_the_date_of_the_view_is_computed_in_its_connection(view, day, is_shared):
    before = temporary(view)
    engine = DuckDBEngine(view, [day])
    engine.run([known_rows_step("payrolls")])
    staged = Staged(view.connection, "SELECT '' AS project_id, 0 AS due LIMIT 0")
    engine.stage(PAID, staged)
    [(_, due)] = list(staged)
    assert due == 907
    assert ("as_ofs" in temporary(view)) == is_shared
    engine.close()
    staged.drop()
    assert temporary(view) == before
