"""Spark finds the rows of dossiers that DuckDB finds, from the same text, at their edges."""

from __future__ import annotations

import datetime as dt

import pytest

from features.engines.spark import SparkEngine
from features.engines.spark_queries import write_queries
from risk.store.known_query import written_rows_sql
from risk.store.parquet_export import export_records
from serving.publishing.dossier_queries import dossier_queries
from serving.publishing.timeline import ITEMS_PER_PROJECT

from ...conftest import thorough

AS_OF = dt.date(2025, 4, 15)
ONCE = "2025-03-05"
QUERIES = dossier_queries()
NAMES = [query.name for query in QUERIES]


@pytest.fixture
def told(world):
    """Records on both sides of every number and day in the queries."""
    world.project(contractor_id="O1")
    world.project("P2", started_on=ONCE, completed_on=ONCE, known_at=ONCE)
    world.add("organizations", org_id="O1", org_name="中铁某局", known_at="2024-01-02")
    world.add("contracts", contract_id="K1", project_id="P1", contractor_id="O1", known_at=ONCE)
    wages(world)
    for number, share in enumerate((98, 99, 100)):
        world.add("transfers", transfer_id=f"T{number}", project_id="P1", period="2025-02-01",
                  due_on="2025-03-01", amount_due=100_000, amount_paid=share * 1_000,
                  known_at=ONCE)  # fmt: skip
    for number in range(ITEMS_PER_PROJECT + 2):
        world.add("complaints", complaint_id=f"C{number:02d}", project_id="P2",
                  received_on=ONCE, workers=number % 3 or None, known_at=ONCE)  # fmt: skip
    for org in ("O1", "O2"):
        world.add("listings", listing_id=org, org_id=org, listed_on=ONCE, known_at=ONCE)
    world.add("accounts", account_id="A", project_id="P1", opened_on=ONCE, closed_on=ONCE,
              known_at=ONCE)  # fmt: skip
    for month in ("2023-04-01", "2023-05-01", "2025-04-01"):
        world.add("attendance", project_id="P1", period=month, workers_present=3, known_at=ONCE)
    return world.store


def wages(world):
    """Payrolls and payments, of all months and a fen on both sides of what counts as paid."""
    for number, due_on in enumerate(
        ("2023-04-30", "2023-05-31", "2024-02-29", "2024-04-14", "2024-04-15", "2025-01-31",
         "2025-02-01", "2025-02-28", "2025-04-14", "2025-04-15")
    ):  # fmt: skip
        team = {"contract_id": "K1"} if number % 3 else {}
        heads = {"workers": None} if number == 7 else {}
        world.payroll(f"R{number}", due_on, **team, **heads)
    payments = (
        ("R1", "2023-05-31", 989_999), ("R2", "2024-02-29", 990_000), ("R3", "2024-05-01", 500_000),
        ("R5", "2025-02-28", 400_000), ("R5", "2025-03-01", 600_000), ("R6", "2025-03-31", 990_000),
        ("R7", "2025-04-14", 989_999), ("R8", "2025-04-15", 1_000_000),
    )  # fmt: skip
    for payroll, paid_on, amount in payments:
        world.payment(payroll, paid_on, amount)
    for payroll, returned_on in (("R4", "2025-02-01"), ("R4", "2025-04-14"), ("R4", "2025-04-15")):
        world.payment(payroll, "2024-06-01", 1_000_000, returned_on=returned_on,
                      payment_id=f"{payroll}-{returned_on}")  # fmt: skip


@thorough
def test_spark_writes_the_rows_that_duckdb_finds(told, spark, tmp_path):
    export_records(told, tmp_path / "records")
    engine = SparkEngine(str(tmp_path / "records"), [AS_OF], session=spark)
    try:
        write_queries(engine, AS_OF, QUERIES, str(tmp_path / "written"))
    finally:
        engine.close()
    for query in QUERIES:
        written = {query.name: written_rows_sql(tmp_path / "written" / query.name)}
        expected = told.rows(query.rows_sql(told, AS_OF))
        assert len(expected) > 1, query.name
        assert told.rows(query.rows_sql(told, AS_OF, written)) == expected, query.name


@pytest.mark.parametrize("query", QUERIES, ids=NAMES)
def test_a_query_uses_no_words_that_only_one_engine_knows(query):
    text = query.sql(AS_OF).upper()
    foreign = ("EXCLUDE", "QUALIFY", "UNNEST", "::", "(FROM", "$", "TO_MONTHS", "RANGE(", "HUGEINT")
    assert not [word for word in foreign if word in text]
