"""Features and red flags of one small world against values worked out on paper.

``engines/test_engines_agree.py`` compares Spark with these values on the same records.
"""

from __future__ import annotations

import datetime as dt

import pytest

from features.engines.duckdb import DuckDBEngine
from features.families import deposits, payments, subcontracting
from features.feature_sets import FEATURE_SETS
from features.matrix import feature_matrix, steps
from risk.flags import red_flags

from ..conftest import World
from ..empty_store import empty_store
from . import hand_made

PROJECTS = FEATURE_SETS["project"]
UNKNOWN = hand_made.NAN


@pytest.fixture(scope="module")
def store():
    with empty_store() as opened:
        hand_made.build(World(opened))
        yield opened


def columns(matrix) -> dict[str, list[float]]:
    """Values of A, B and C by feature."""
    named = zip(matrix.columns, matrix.values.T.tolist(), strict=True)
    return {name: values for name, values in named if name in hand_made.FEATURES}


def expected() -> dict[str, object]:
    return {
        name: pytest.approx(list(values), nan_ok=True)
        for name, values in hand_made.FEATURES.items()
    }


def test_features_are_those_worked_out_on_paper(store):
    matrix = feature_matrix(store, [hand_made.AS_OF])
    assert matrix.project_ids == ("A", "B", "C")
    assert columns(matrix) == expected()


def test_stakes_count_the_months_that_are_there(store):
    engine = DuckDBEngine(store, [hand_made.AS_OF])
    engine.run([*steps(PROJECTS.families), PROJECTS.stakes])
    rows = engine.rows("SELECT project_id, workers, amount FROM stakes")
    engine.close()
    assert {name: (workers, amount) for name, workers, amount in rows} == hand_made.STAKES


def test_stakes_count_the_teams_of_a_month_whatever_their_due_days():
    with empty_store() as opened:
        world = World(opened)
        world.project()
        for name, due_on, workers in (("A", "2024-06-10", 5), ("B", "2024-06-15", 7)):
            world.payroll(name, due_on, contract_id=name, workers=workers)
        world.payroll("May", "2024-05-31", contract_id="A", workers=90)
        engine = DuckDBEngine(opened, [hand_made.AS_OF])
        engine.run([*steps(PROJECTS.families), PROJECTS.stakes])
        assert engine.rows("SELECT workers FROM stakes") == [(12,)]
        engine.close()


def test_flags_are_those_worked_out_on_paper(store):
    found = red_flags(store, hand_made.AS_OF)
    values = {name: {flag.code: flag.values for flag in flags} for name, flags in found.items()}
    wanted = {code for flags in hand_made.FLAGS.values() for code in flags}
    held = {
        name: {code: one for code, one in flags.items() if code in wanted}
        for name, flags in values.items()
    }
    assert held == hand_made.FLAGS
    refill = [name for name, flags in values.items() if "deposit_not_refilled" in flags]
    assert refill == []


def test_a_returned_payment_counts_until_the_return_is_known(store):
    days = [dt.date(2024, 6, 5), dt.date(2024, 6, 6)]
    matrix = feature_matrix(store, days, families=[subcontracting.FAMILY, payments.FAMILY])
    shares = matrix.select_columns(["unpaid_share_3m", "returned_share_3m"])
    assert [shares.rows_at(day).values[1].tolist() for day in days] == [[0, 0], [0.5, 0.4]]


def test_a_deposit_is_drawn_from_the_day_that_is_known(store):
    days = [dt.date(2024, 3, 1), dt.date(2024, 3, 2), dt.date(2024, 3, 21)]
    matrix = feature_matrix(store, days, families=[deposits.FAMILY])
    drawn = matrix.select_columns(["deposit_drawn", "deposit_valid"])
    assert [drawn.rows_at(day).values[0].tolist() for day in days] == [[0, 1], [1, 0], [1, 1]]
