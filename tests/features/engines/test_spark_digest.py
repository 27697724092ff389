"""Executors hash their rows as the record store does, in whatever parts."""

from __future__ import annotations

import datetime as dt

import pytest

from features.engines.spark_digest import _hashed
from risk.contract import STORED_TABLES
from risk.store.row_hashes import columns, records_digest, row_sums_sql

AS_OF = dt.date(2025, 1, 1)


@pytest.fixture
def told(world):
    """Rows with texts and numbers that engines write differently."""
    world.project(project_name="a|b", latitude=1e-7, labour_cost_share=0.1)
    world.project("P2", latitude=1e19, labour_cost_share=1 / 3)
    for number in range(5):
        world.payroll(f"S{number}", "2024-06-30")
    return world.store


@pytest.mark.parametrize("size", [1, 2, 100])
def test_sums_over_parts_give_the_digest_of_the_store(told, size):
    sums = {}
    for name in ("projects", "payrolls", "payments"):
        names = ", ".join(column for column, _ in columns(STORED_TABLES[name]))
        rows = told.connection.sql(f"SELECT {names} FROM {name}").to_arrow_table()
        row = _hashed(iter(rows.to_batches(size)), row_sums_sql(STORED_TABLES[name], "batch"))
        count, low, high = (column[0].as_py() for column in row.columns)
        sums[name] = (count, int(low), int(high)) if count else (0, None, None)
    assert sums["payrolls"][0] == 5
    assert records_digest(sums) == told.digest(AS_OF)
