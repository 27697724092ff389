from __future__ import annotations

import datetime as dt

import pytest

from risk.contract import TABLES
from risk.locale import LANGUAGES, catalogue
from risk.store.store import RecordStore
from serving.publishing.timeline import ITEMS_PER_PROJECT, timelines

AS_OF = dt.date(2025, 6, 1)


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.fixture
def store():
    with RecordStore(":memory:") as opened:
        yield opened


@pytest.fixture
def put(store):
    """Stores one version of a record; ``known`` is its known_at."""
    arrivals = iter(range(1, 10_000))

    def stored(table: str, known: str, **fields):
        row = {**fields, "known_at": _day(known), "arrival": next(arrivals)}
        marks = ", ".join("?" for _ in row)
        store.connection.execute(
            f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values())
        )

    return stored


@pytest.fixture
def project(put):
    put(
        "projects",
        "2025-01-02",
        project_id="P",
        project_name="模拟",
        region_code="990102",
        contractor_id="C",
        started_on=_day("2025-01-01"),
    )


def _kinds(store) -> list[str]:
    return [item.kind for item in timelines(store, AS_OF).get("P", ())]


# Kind of event, and the record that tells of it: table, known_at, fields.
TOLD = {
    "account_opened": ("accounts", "2025-01-20", {"account_id": "A", "opened_on": "2025-01-15"}),
    "deposit_missing": (
        *("deposits", "2025-02-02"),
        {"deposit_id": "D", "status": "missing", "valid_from": "2025-02-01"},
    ),
    "transfer_short": (
        *("transfers", "2025-03-05"),
        {"transfer_id": "T", "period": "2025-02-01", "due_on": "2025-03-01"}
        | {"amount_due": 100_00, "amount_paid": 40_00},
    ),
    "wages_short": (
        *("payrolls", "2025-04-01"),
        {"payroll_id": "R", "period": "2025-03-01", "due_on": "2025-04-01"}
        | {"amount_due": 1000_00, "workers": 7},
    ),
    "complaint": (
        *("complaints", "2025-04-11"),
        {"complaint_id": "K", "received_on": "2025-04-10", "workers": 3},
    ),
    "case_filed": (
        *("cases", "2025-04-13"),
        {"case_id": "S", "opened_on": "2025-04-12", "status": "filed"},
    ),
    "inspection_arrears": (
        *("inspections", "2025-04-16"),
        {"inspection_id": "I", "inspected_on": "2025-04-15", "arrears_found": True},
    ),
    "dispute": (
        *("disputes", "2025-05-02"),
        {"dispute_id": "Q", "kind": "price", "opened_on": "2025-05-01"},
    ),
}


def _tell(put, kinds) -> None:
    """Stores the records of ``kinds``, and a payment of part of the wages."""
    for kind in kinds:
        table, known, fields = TOLD[kind]
        put(table, known, project_id="P", **fields)
    part = {"payment_id": "Y", "payroll_id": "R", "paid_on": "2025-04-02", "amount": 300_00}
    put("payments", "2025-04-02", **part)


@pytest.mark.parametrize("kind", TOLD)
def test_timelines_cover_every_source(store, put, project, kind):
    _tell(put, [kind])
    assert _kinds(store) == ["started", kind]


def test_timelines_are_ordered_by_date(store, put, project):
    _tell(put, reversed(TOLD))
    put("listings", "2025-05-04", listing_id="L", org_id="C", listed_on="2025-05-03")
    assert _kinds(store) == ["started", *TOLD, "contractor_listed"]


def test_timeline_item_names_workers_amount_and_record(store, put, project):
    _tell(put, ["wages_short"])
    wages = timelines(store, AS_OF)["P"][1]
    assert wages.text.zh == "工资到期未足额发放（7 人, 700.00 元）"
    assert (wages.evidence.table, wages.evidence.record_id) == ("payrolls", "R")
    assert wages.evidence.known_at == _day("2025-04-01")


def test_timelines_exclude_later_knowledge(store, put, project):
    put(
        "complaints", "2025-06-01", complaint_id="K", project_id="P", received_on=_day("2025-05-20")
    )
    assert _kinds(store) == ["started"]


def test_timelines_use_the_version_known_then(store, put, project):
    case = {"case_id": "S", "project_id": "P", "opened_on": _day("2025-03-01")}
    put("cases", "2025-03-02", **case, status="filed")
    put("cases", "2025-05-02", **case, status="confirmed")
    put("cases", "2025-07-02", **case, status="closed")
    assert _kinds(store) == ["started", "case_confirmed"]


def test_timelines_omit_wages_paid_in_full(store, put, project):
    _tell(put, ["wages_short"])
    put(
        "payments",
        "2025-04-03",
        payment_id="Z",
        payroll_id="R",
        paid_on="2025-04-03",
        amount=70_000,
    )
    assert _kinds(store) == ["started"]


def test_timelines_without_payments_feed_omit_unpaid_wages(store, put, project):
    table, known, fields = TOLD["wages_short"]
    put(table, known, project_id="P", **fields)
    assert _kinds(store) == ["started"]


def test_timelines_are_limited_to_the_latest_items(store, put, project):
    for number in range(ITEMS_PER_PROJECT + 10):
        put(
            "complaints",
            "2025-05-01",
            complaint_id=f"K{number:02d}",
            project_id="P",
            received_on=_day("2025-02-01") + dt.timedelta(number),
        )
    items = timelines(store, AS_OF)["P"]
    assert len(items) == ITEMS_PER_PROJECT
    assert items[-1].evidence.record_id == f"K{ITEMS_PER_PROJECT + 9}"
    assert list(items) == sorted(items, key=lambda item: item.date)


@pytest.mark.parametrize("language", LANGUAGES)
def test_timeline_kinds_have_texts(language):
    kinds = {f"deposit_{code}" for code in TABLES["deposits"].field("status").values}
    kinds |= {f"case_{code}" for code in TABLES["cases"].field("status").values}
    assert len(kinds) > 5
    for kind in kinds:
        assert f"timeline.{kind}" in catalogue(language)
