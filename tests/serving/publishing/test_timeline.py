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


def test_a_corrected_listing_is_one_event_of_its_last_version(store, put, project):
    put("listings", "2025-05-04", listing_id="L", org_id="C", listed_on="2025-05-03")
    put("listings", "2025-05-20", listing_id="L", org_id="C", listed_on="2025-05-01")
    listed = [item for item in timelines(store, AS_OF)["P"] if item.kind == "contractor_listed"]
    assert [item.date for item in listed] == [_day("2025-05-01")]


def test_nothing_known_on_the_day_or_later_is_told(store, put, project):
    for table, _, fields in TOLD.values():
        put(table, "2025-06-01", project_id="P", **fields)
    put("payments", "2025-04-02", payment_id="X", payroll_id="other", amount=1)
    put("listings", "2025-06-01", listing_id="L", org_id="C", listed_on="2025-05-03")
    assert _kinds(store) == ["started"]


@pytest.mark.parametrize("kind", TOLD)
def test_a_later_version_does_not_take_an_event_away(store, put, project, kind):
    """As of 1 June the version known on that day does not exist: it moves the record elsewhere."""
    _tell(put, [kind])
    table, _, fields = TOLD[kind]
    put(table, "2025-06-01", project_id="Q", **fields)
    assert _kinds(store) == ["started", kind]
    put(table, "2025-05-31", project_id="Q", **fields)
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


def _told(store, kind: str) -> list[str]:
    """The records of the events of ``kind``, in order."""
    items = timelines(store, AS_OF).get("P", ())
    return [item.evidence.record_id for item in items if item.kind == kind]


def _texts(store) -> list[str]:
    return [item.text.zh for item in timelines(store, AS_OF).get("P", ())]


@pytest.mark.parametrize(
    ("paid", "short"), [(98_999, "10.01 元"), (99_000, None), (99_001, None), (None, "1,000.00 元")]
)
def test_one_percent_short_is_paid(store, put, project, paid, short):
    """Of 1,000 yuan of wages and of labour cost one hundredth may be missing."""
    dates = {"period": "2025-03-01", "due_on": "2025-04-01", "amount_due": 100_000}
    put("payrolls", "2025-04-01", payroll_id="R", project_id="P", **dates)
    put("transfers", "2025-04-01", transfer_id="T", project_id="P", amount_paid=paid, **dates)
    # A payment of another payroll: there is a feed, and it does not count for this one.
    put("payments", "2025-04-02", payment_id="X", payroll_id="other", paid_on="2025-04-02",
        amount=500_000)  # fmt: skip
    if paid is not None:
        put("payments", "2025-04-02", payment_id="Y", payroll_id="R", paid_on="2025-04-02",
            amount=paid)  # fmt: skip
    wages, transfer = ([text for text in _texts(store) if words in text] for words in
                       ("工资到期未足额发放", "人工费"))  # fmt: skip
    assert len(wages) == len(transfer) == (short is not None)
    assert all(short in text for text in (*wages, *transfer))


@pytest.mark.parametrize(
    ("due", "told"),
    [("2024-05-31", False), ("2024-06-01", True), ("2025-05-31", True), ("2025-06-01", False)],
)
def test_pay_of_the_last_twelve_months_is_told(store, put, project, due, told):
    row = {"project_id": "P", "period": "2024-05-01", "due_on": due, "amount_due": 100_000}
    put("payrolls", "2024-05-01", payroll_id="R", **row)
    put("transfers", "2024-05-01", transfer_id="T", **row)
    put("payments", "2024-05-01", payment_id="X", payroll_id="other", amount=1)
    assert _told(store, "wages_short") == (["R"] if told else [])
    assert _told(store, "transfer_short") == (["T"] if told else [])


@pytest.mark.parametrize(
    ("payment", "paid"),
    [
        ({}, True),
        ({"paid_on": "2025-05-31"}, True),
        ({"paid_on": "2025-06-01"}, False),
        ({"known": "2025-05-31"}, True),
        ({"known": "2025-06-01"}, False),
        ({"returned_on": "2025-06-01"}, True),
        ({"returned_on": "2025-05-31"}, False),
        ({"payroll_id": "S"}, False),
    ],
)
def test_a_payment_counts_that_was_made_known_and_not_returned_before(store, put, project, payment,
                                                                      paid):  # fmt: skip
    _tell(put, ["wages_short"])
    rest = {"payment_id": "Z", "payroll_id": "R", "paid_on": "2025-05-01", "amount": 700_00}
    row = {"known": "2025-05-02", **rest, **payment}
    put("payments", row.pop("known"), **row)
    assert _told(store, "wages_short") == ([] if paid else ["R"])


def test_payments_known_later_do_not_make_wages_unpaid_before(store, put, project):
    """Until a payment was known, what is unpaid was unknown; so it is in a later replay."""
    table, known, fields = TOLD["wages_short"]
    put(table, known, project_id="P", **fields)
    put("payments", "2025-06-01", payment_id="X", payroll_id="other", amount=1)
    assert _kinds(store) == ["started"]
    put("payments", "2025-05-31", payment_id="Y", payroll_id="other", amount=1)
    assert _kinds(store) == ["started", "wages_short"]


def test_each_kind_of_event_has_its_own_day_record_and_figures(store, put):
    rows = (
        ("projects", {"project_id": "P", "project_name": "x", "contractor_id": "C",
                      "owner_id": "O", "started_on": "2025-01-01",
                      "completed_on": "2025-05-30"}),
        ("accounts", {"account_id": "A", "project_id": "P", "opened_on": "2025-02-01",
                      "closed_on": "2025-05-29"}),
        ("deposits", {"deposit_id": "D1", "project_id": "P", "status": "stored",
                      "valid_from": "2025-02-02", "amount": 500, "required_amount": 900}),
        ("deposits", {"deposit_id": "D2", "project_id": "P", "status": "missing",
                      "valid_from": "2025-02-03", "required_amount": 900}),
        *(("inspections", {"inspection_id": f"I{found}", "project_id": "P",
                           "inspected_on": "2025-03-01", "arrears_found": found})
          for found in (True, False, None)),
        ("complaints", {"complaint_id": "K", "project_id": "P", "received_on": "2025-03-02",
                        "amount_claimed": 100, "workers": 2}),
        ("cases", {"case_id": "F", "project_id": "P", "opened_on": "2025-03-03",
                   "status": "filed", "amount_owed": 1_234_567, "workers": 3}),
        ("disputes", {"dispute_id": "Q", "project_id": "P", "kind": "price",
                      "opened_on": "2025-03-04", "amount": 700}),
        *(("listings", {"listing_id": f"L-{org}", "org_id": org, "listed_on": "2025-03-05"})
          for org in ("C", "O", "X")),
        # On the day of the list, and of no project.
        ("complaints", {"complaint_id": "K-now", "project_id": "P", "received_on": "2025-06-01"}),
        ("complaints", {"complaint_id": "K-none", "received_on": "2025-03-01"}),
    )  # fmt: skip
    for table, fields in rows:
        put(table, "2025-05-31", **fields)
    assert set(timelines(store, AS_OF)) == {"P"}
    found = timelines(store, AS_OF)["P"]
    assert [(str(item.date), item.kind, item.evidence.record_id) for item in found] == [
        ("2025-01-01", "started", "P"),
        ("2025-02-01", "account_opened", "A"),
        ("2025-02-02", "deposit_stored", "D1"),
        ("2025-02-03", "deposit_missing", "D2"),
        ("2025-03-01", "inspection_clean", "IFalse"),
        ("2025-03-01", "inspection", "INone"),
        ("2025-03-01", "inspection_arrears", "ITrue"),
        ("2025-03-02", "complaint", "K"),
        ("2025-03-03", "case_filed", "F"),
        ("2025-03-04", "dispute", "Q"),
        ("2025-03-05", "contractor_listed", "L-C"),
        ("2025-05-29", "account_closed", "A"),
        ("2025-05-30", "completed", "P"),
    ]
    assert {(item.evidence.table, item.evidence.record_id) for item in found} == {
        ("projects", "P"),
        ("accounts", "A"),
        *(("deposits", name) for name in ("D1", "D2")),
        *(("inspections", name) for name in ("IFalse", "INone", "ITrue")),
        ("complaints", "K"),
        ("cases", "F"),
        ("disputes", "Q"),
        ("listings", "L-C"),
    }
    figures = {item.evidence.record_id: item.text.en.partition("(")[2] for item in found}
    assert (figures["D1"], figures["D2"]) == ("5.00 yuan)", "9.00 yuan)")
    assert figures["K"] == "2 workers, 1.00 yuan)"
    assert figures["F"] == "3 workers, 12,345.67 yuan)"
    assert figures["Q"] == "7.00 yuan)"


def test_of_events_on_one_day_the_first_by_source_and_record_are_told(store, put, project):
    """Thirty-one complaints and two inspections of one day: complaints K00 to K29."""
    day = {"project_id": "P"}
    for number in range(ITEMS_PER_PROJECT + 1):
        put("complaints", "2025-05-02", complaint_id=f"K{number:02d}", received_on="2025-05-01",
            **day)  # fmt: skip
    for name in ("I1", "I2"):
        put("inspections", "2025-05-02", inspection_id=name, inspected_on="2025-05-01", **day)
    records = [item.evidence.record_id for item in timelines(store, AS_OF)["P"]]
    assert records == [f"K{number:02d}" for number in range(ITEMS_PER_PROJECT)]
