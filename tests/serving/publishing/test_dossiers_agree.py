"""Spark finds the rows of dossiers that DuckDB finds, from the same text, at their edges."""

from __future__ import annotations

import datetime as dt

import pytest

from features.engines.spark import SparkEngine
from features.engines.spark_queries import write_queries
from risk.indicators import DEFINITIONS, rates_by_place
from risk.store.known_query import written_rows_sql
from risk.store.parquet_export import export_records
from serving.publishing.dossier_queries import RATE_MONTHS, dossier_queries
from serving.publishing.timeline import ITEMS_PER_PROJECT

from ...conftest import thorough

AS_OF = dt.date(2025, 4, 15)
ONCE = "2025-03-05"
QUERIES = dossier_queries("project", 3)
NAMES = [query.name for query in QUERIES]


@pytest.fixture
def records(world):
    """Records on both sides of every number and day in the queries."""
    world.project(contractor_id="O1", notice_board=True)
    world.project(
        "P2", started_on=ONCE, completed_on=ONCE, known_at=ONCE, notice_board=False,
        region_code="420300",
    )  # fmt: skip
    world.add("organizations", org_id="O1", org_name="中铁某局", known_at="2024-01-02")
    world.add("contracts", contract_id="K1", project_id="P1", contractor_id="O1", known_at=ONCE)
    wages(world)
    for number in range(ITEMS_PER_PROJECT + 2):
        world.add("complaints", complaint_id=f"C{number:02d}", project_id="P2",
                  received_on=ONCE, workers=number % 3 or None, known_at=ONCE)  # fmt: skip
    for org in ("O1", "O2"):
        world.add("listings", listing_id=org, org_id=org, listed_on=ONCE, known_at=ONCE)
    world.add("accounts", account_id="A", project_id="P1", opened_on=ONCE, closed_on=ONCE,
              known_at=ONCE)  # fmt: skip
    of_counties(world)
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


def of_counties(world):
    """Labour cost, deposits, accounts and attendance on both sides of the ends of months."""
    shares = ((98, "2025-03-03"), (99, "2025-03-04"), (100, "2025-03-04"), (100, "2025-03-05"),
              (0, None), (None, "2025-03-01"))  # fmt: skip
    for number, (share, paid_on) in enumerate(shares):
        world.add(
            "transfers", transfer_id=f"T{number}", project_id="P1", period="2025-02-01",
            due_on="2025-03-01", amount_due=100_000, paid_on=paid_on, known_at=ONCE,
            amount_paid=share and share * 1_000,
        )  # fmt: skip
    for number, valid_to in enumerate((None, "2024-06-30", "2024-07-01")):
        kind = {"kind": "cash", "status": "stored"} if number else {"kind": "exempt"}
        world.add(
            "deposits", deposit_id=f"D{number}", project_id=f"P{1 + number % 2}", **kind,
            valid_from=f"2024-0{4 + number}-01", valid_to=valid_to, known_at=ONCE,
        )  # fmt: skip
    for number, closed_on in enumerate(("2024-02-01", "2024-03-02")):
        world.add("accounts", account_id=f"A{number}", project_id="P1", known_at=ONCE,
                  opened_on="2024-01-31", closed_on=closed_on)  # fmt: skip
    for month, heads in (
        ("2023-04-01", 2), ("2023-05-01", 9), ("2025-02-01", None), ("2025-03-01", 4),
        ("2025-04-01", 3),
    ):  # fmt: skip
        world.add("attendance", project_id="P1", period=month, workers_present=6,
                  workers_registered=heads, workers_with_contract=5, known_at=ONCE)  # fmt: skip


@thorough
def test_spark_writes_the_rows_that_duckdb_finds(records, spark, tmp_path):
    export_records(records, tmp_path / "records")
    engine = SparkEngine(str(tmp_path / "records"), [AS_OF], session=spark)
    try:
        write_queries(engine, AS_OF, QUERIES, str(tmp_path / "written"))
    finally:
        engine.close()
    for query in QUERIES:
        written = {query.name: written_rows_sql(tmp_path / "written" / query.name)}
        expected = query.rows(records, AS_OF)
        assert len(expected) > 1, query.name
        assert query.rows(records, AS_OF, written) == expected, query.name


def test_the_records_have_every_rate(records):
    rates = rates_by_place(records, AS_OF, RATE_MONTHS, transfer_days=3)
    assert {name for by_name in rates.values() for name in by_name} == set(DEFINITIONS)


@pytest.mark.parametrize("query", QUERIES, ids=NAMES)
def test_a_query_uses_no_words_that_only_one_engine_knows(query):
    text = " ".join(one.sql(AS_OF) for one in (*query.reads, query)).upper()
    foreign = ("EXCLUDE", "QUALIFY", "UNNEST", "::", "(FROM", "$", "GROUP BY ALL")
    of_dates = ("INTERVAL", "TO_MONTHS", "RANGE(", "HUGEINT")
    assert not [word for word in (*foreign, *of_dates) if word in text]
