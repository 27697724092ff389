"""The region of a record: its own, else that of its project, else that of its organisation."""

from __future__ import annotations

import pytest

from risk.contract import STORED_TABLES
from risk.store.record_places import key_places, places_sql

DAY = {"known_at": "2025-01-01"}


@pytest.fixture
def placed(store):
    """Project P in 990102, organisation O in 990103; R and its payment are of P."""
    arrivals = iter(range(1, 100))

    def put(table, **fields):
        row = {**fields, **DAY, "arrival": next(arrivals)}
        marks = ", ".join("?" for _ in row)
        store.connection.execute(
            f"INSERT INTO main.{table} ({', '.join(row)}) VALUES ({marks})", list(row.values())
        )

    put("organizations", org_id="O", org_name="o", region_code="990103")
    put("projects", project_id="P", project_name="p", region_code="990199")
    put("projects", project_id="P", project_name="p", region_code="990102")
    put("payrolls", payroll_id="R", project_id="P")
    put("payments", payment_id="Y", payroll_id="R")
    put("payments", payment_id="none", payroll_id="unknown")
    put("accounts", account_id="A", project_id="P")
    put("listings", listing_id="L", org_id="O")
    put("operations", org_id="O", indicator="tax")
    put("complaints", complaint_id="K", project_id="P")
    for name, place in (
        ("project", {"project_id": "P", "org_id": "O"}),
        ("organisation", {"project_id": "unknown", "org_id": "O"}),
        ("none", {}),
    ):
        put("links", complaint_id=name, **place)
    return store


def test_each_row_has_the_place_nearest_to_it(placed):
    places = {
        "organizations": ["990103"],
        "projects": ["990199", "990102"],
        "payrolls": ["990102"],
        "payments": ["990102", None],
        "accounts": ["990102"],
        "listings": ["990103"],
        "operations": ["990103"],
        "complaints": ["990102"],
        "links": ["990102", "990103", None],
    }
    for table, expected in places.items():
        sql = f"SELECT place FROM ({places_sql(STORED_TABLES[table])}) ORDER BY arrival"
        assert [place for (place,) in placed.rows(sql)] == expected


def test_the_last_row_of_a_key_decides_and_keys_without_a_record_are_left_out(placed):
    assert key_places(placed, "projects", {"P", "unknown"}) == {"P": "990102"}
    assert key_places(placed, "payments", ["none"]) == {"none": None}
