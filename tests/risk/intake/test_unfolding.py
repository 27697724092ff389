"""Versions of records that carry no day of knowledge, worked out by hand."""

import csv
import datetime as dt

import pytest

from risk.contract import TABLES
from risk.intake.importer import import_file, import_into
from risk.intake.named_periods import stated_day
from risk.store.store import RecordStore

TODAY = dt.date(2025, 11, 3)


@pytest.fixture
def send(tmp_path, store):
    """Import rows as one undated file; ``name`` may state a month."""

    def write(table, *rows, name=None, today=TODAY, known_on=None):
        path = tmp_path / (name or f"{table}.csv")
        fields = list(dict.fromkeys(field for row in rows for field in row))
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, fields)
            writer.writeheader()
            writer.writerows(rows)
        return import_file(store, path, table=TABLES[table], today=today, known_on=known_on)

    return write


def versions(store, table, *fields):
    """The versions of ``table`` in order: known_at, dated_by and ``fields`` as text."""
    listed = "".join(f", {field}::VARCHAR" for field in fields)
    return store.rows(
        f"SELECT known_at::VARCHAR, dated_by{listed} FROM {table} ORDER BY known_at, arrival"
    )


def case(**more):
    return {"case_id": "C1", "opened_on": "2025-03-10", "project_id": "P1", **more}


CASE = ("status", "confirmed_on", "amount_owed", "closed_on", "amount_recovered")
FILED = ("filed", None, None, None, None)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        pytest.param(
            {"status": "filed", "amount_owed": 5},
            [("2025-03-10", "filed", None, "500", None, None)],
            id="a fact without any date counts from the start",
        ),
        pytest.param(
            {
                **{"status": "closed", "confirmed_on": "2025-04-02", "closed_on": "2025-06-20"},
                **{"amount_owed": 5, "amount_recovered": 4},
            },
            [
                ("2025-03-10", *FILED),
                ("2025-04-02", "confirmed", "2025-04-02", "500", None, None),
                ("2025-06-20", "closed", "2025-04-02", "500", "2025-06-20", "400"),
            ],
            id="each fact on its date",
        ),
        pytest.param(
            {"status": "confirmed", "confirmed_on": "2025-03-01", "amount_owed": 5},
            [("2025-03-10", "confirmed", "2025-03-01", "500", None, None)],
            id="confirmed before filing is known with the filing",
        ),
        pytest.param(
            {"status": "closed", "confirmed_on": "2025-04-02", "closed_on": "2025-04-02"},
            [
                ("2025-03-10", *FILED),
                ("2025-04-02", "closed", "2025-04-02", None, "2025-04-02", None),
            ],
            id="facts of one day are one version",
        ),
        pytest.param(
            {"status": "confirmed", "amount_owed": 5},
            [("2025-03-10", *FILED), ("2025-11-03", "confirmed", None, "500", None, None)],
            id="confirmed without a date is known at the import",
        ),
        pytest.param(
            {"status": "unfounded", "closed_on": "2025-05-06", "confirmed_on": "2025-04-02"},
            [
                ("2025-03-10", *FILED),
                ("2025-04-02", "confirmed", "2025-04-02", None, None, None),
                ("2025-05-06", "confirmed", "2025-04-02", None, "2025-05-06", None),
                ("2025-11-03", "unfounded", "2025-04-02", None, "2025-05-06", None),
            ],
            id="unfounded is not overwritten by closed",
        ),
        pytest.param(
            {"status": "closed", "closed_on": "2026-05-01", "confirmed_on": "2025-04-02"},
            [
                ("2025-03-10", *FILED),
                ("2025-04-02", "confirmed", "2025-04-02", None, None, None),
                ("2025-11-03", "closed", "2025-04-02", None, "2026-05-01", None),
            ],
            id="a fact of the future is known at the import",
        ),
        pytest.param(
            {"status": "filed", "opened_on": "2026-01-05"},
            [("2026-01-05", *FILED)],
            id="never known before the event",
        ),
    ],
)
def test_a_case_unfolds(store, send, row, expected):
    report = send("cases", case(**row))
    assert [(day, *rest) for day, _, *rest in versions(store, "cases", *CASE)] == expected
    assert {dated_by for _, dated_by, *_ in versions(store, "cases")} == {"unfolded"}
    assert (report.read, report.accepted, report.dated_by_rule) == (1, 1, 1)


def test_a_transferred_case_shows_its_steps(store, send):
    dates = {"confirmed_on": "2025-04-01", "transferred_on": "2025-05-01"}
    send("cases", case(status="transferred", **dates))
    found = versions(store, "cases", "status", "transferred_on")
    assert [row[2:] for row in found] == [
        ("filed", None),
        ("confirmed", None),
        ("transferred", "2025-05-01"),
    ]


@pytest.mark.parametrize(
    ("paid_on", "days"),
    [
        ("2025-02-10", ["2025-02-10"]),
        ("2025-02-03", ["2025-02-10"]),
        ("2025-03-01", ["2025-02-10", "2025-03-01"]),
    ],
)
def test_a_transfer_is_known_when_due_and_when_paid(store, send, paid_on, days):
    transfer = {"transfer_id": "T", "project_id": "P1", "period": "2025-01", "amount_due": 9}
    send("transfers", {**transfer, "due_on": "2025-02-10", "paid_on": paid_on, "amount_paid": 9})
    found = versions(store, "transfers", "paid_on", "amount_paid")
    assert [row[0] for row in found] == days
    assert found[-1][2:] == (paid_on, "900")
    assert all(row[2:] == (None, None) for row in found[:-1])


def test_an_amount_paid_without_a_date_counts_from_the_start_and_is_counted(store, send):
    transfer = {"transfer_id": "T", "project_id": "P1", "period": "2025-01", "amount_due": 9}
    report = send("transfers", {**transfer, "due_on": "2025-02-10", "amount_paid": 9})
    assert versions(store, "transfers", "amount_paid") == [("2025-02-10", "unfolded", "900")]
    assert report.undated_facts == 1


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("stored", [("2024-05-01", "stored")]),
        ("missing", [("2024-05-01", "missing")]),
        *(
            (status, [("2024-05-01", "stored"), ("2025-11-03", status)])
            for status in ("drawn", "expired", "returned")
        ),
    ],
)
def test_a_deposit_was_stored_before_its_outcome(store, send, status, expected):
    send(
        "deposits",
        {"deposit_id": "D", "project_id": "P1", "valid_from": "2024-05-01", "status": status},
    )
    found = versions(store, "deposits", "status")
    assert [(day, status) for day, _, status in found] == expected


@pytest.mark.parametrize(
    ("table", "row", "fact"),
    [
        (
            "projects",
            {"project_id": "P1", "project_name": "甲", "region_code": "420324"},
            ("started_on", "completed_on"),
        ),
        ("contracts", {"contract_id": "K", "project_id": "P1"}, ("signed_on", "ended_on")),
        ("accounts", {"account_id": "A", "project_id": "P1"}, ("opened_on", "closed_on")),
        (
            "inspections",
            {"inspection_id": "I", "project_id": "P1", "arrears_found": "true"},
            ("inspected_on", "rectified_on"),
        ),
        ("disputes", {"dispute_id": "D", "project_id": "P1"}, ("opened_on", "resolved_on")),
        ("listings", {"listing_id": "L", "org_id": "O1"}, ("listed_on", "removed_on")),
    ],
)
def test_a_record_is_known_from_its_start_without_its_end(store, send, table, row, fact):
    start, end = fact
    send(table, {**row, start: "2024-02-01", end: "2025-09-10"})
    assert versions(store, table, start, end) == [
        ("2024-02-01", "unfolded", "2024-02-01", None),
        ("2025-09-10", "unfolded", "2024-02-01", "2025-09-10"),
    ]


@pytest.mark.parametrize(
    ("table", "row", "known"),
    [
        (
            "payrolls",
            {"payroll_id": "R", "project_id": "P", "period": "2025-01", "amount_due": 1}
            | {"due_on": "2025-02-15"},
            "2025-02-15",
        ),
        (
            "payrolls",
            {"payroll_id": "R", "project_id": "P", "period": "2025-10", "amount_due": 1}
            | {"due_on": "2025-11-15"},
            "2025-11-03",
        ),
        (
            "payments",
            {"payment_id": "F", "payroll_id": "R", "paid_on": "2025-02-16", "amount": 1},
            "2025-02-16",
        ),
        ("complaints", {"complaint_id": "T", "received_on": "2025-02-16"}, "2025-02-16"),
        ("attendance", {"project_id": "P", "period": "2025-02"}, "2025-03-05"),
        (
            "operations",
            {"org_id": "O", "period": "2023-12", "indicator": "tax", "value": 1},
            "2024-01-20",
        ),
        (
            "organizations",
            {"org_id": "O", "org_name": "甲", "founded_on": "2011-02-03"},
            "2011-02-03",
        ),
        ("organizations", {"org_id": "O", "org_name": "甲"}, "2025-11-03"),
    ],
)
def test_a_record_starts_on_its_day(store, send, table, row, known):
    send(table, row)
    assert versions(store, table) == [(known, "unfolded")]


def test_a_firm_without_a_founding_date_is_known_from_the_record_that_names_it(store, send):
    project = {"project_id": "P1", "project_name": "甲", "region_code": "420324"}
    send("projects", {**project, "started_on": "2024-02-01", "contractor_id": "O1"})
    send("listings", {"listing_id": "L", "org_id": "O1", "listed_on": "2023-07-01"})
    send("organizations", *({"org_id": name, "org_name": name} for name in ("O1", "O2")))
    assert versions(store, "organizations", "org_id") == [
        ("2023-07-01", "unfolded", "O1"),
        ("2025-11-03", "unfolded", "O2"),
    ]


def test_a_later_row_is_known_at_the_import_or_the_stated_day(store, send):
    send("cases", case(status="filed"), today=dt.date(2025, 4, 1))
    dates = {"status": "confirmed", "confirmed_on": "2025-05-20"}
    send("cases", case(**dates), today=dt.date(2025, 6, 1))
    send("cases", case(**dates, amount_owed=3), known_on=dt.date(2025, 6, 30))
    send("cases", case(**dates, amount_owed=4), known_on=dt.date(2025, 5, 1))
    assert versions(store, "cases", "status", "amount_owed") == [
        ("2025-03-10", "unfolded", "filed", None),
        ("2025-05-20", "stated", "confirmed", "400"),
        ("2025-06-01", "import", "confirmed", None),
        ("2025-06-30", "stated", "confirmed", "300"),
    ]


def test_a_stated_day_is_at_most_the_import_day(store, send):
    send("cases", case(status="filed"))
    send("cases", case(status="accepted"), known_on=dt.date(2025, 11, 30))
    assert versions(store, "cases")[-1] == ("2025-11-03", "stated")


def test_a_finding_corrected_to_an_earlier_date_counts(store, send):
    finding = {"inspection_id": "I", "project_id": "P1", "arrears_found": "true"}
    send("inspections", {**finding, "inspected_on": "2025-05-20"}, today=dt.date(2025, 6, 1))
    send("inspections", {**finding, "inspected_on": "2025-05-02"}, today=dt.date(2025, 7, 1))
    current = store.rows(
        "SELECT inspected_on::VARCHAR FROM inspections_versions WHERE superseded_at IS NULL"
    )
    assert current == [("2025-05-02",)]


def test_the_same_book_on_another_day_adds_nothing(store, send):
    rows = [
        case(status="closed", closed_on="2025-06-20"),
        case(case_id="C2", status="unfounded"),
        case(case_id="C3", status="closed", closed_on="2026-06-20"),
    ]
    for known_on in (None, dt.date(2025, 9, 30)):
        send("cases", *rows, known_on=known_on)
    before = versions(store, "cases", "case_id", *CASE)
    for number, today in enumerate((TODAY, dt.date(2025, 12, 1), dt.date(2026, 8, 1))):
        report = send("cases", *rows, name=f"cases-{number}.csv", today=today)
        assert (report.accepted, report.repeated) == (0, 3)
    assert versions(store, "cases", "case_id", *CASE) == before


def test_two_books_sent_again_together_add_nothing(store, tmp_path):
    for month, amount in (("9", "100"), ("10", "200")):
        path = tmp_path / f"案件2025年{month}月.csv"
        path.write_text(
            f"案件编号,立案日期,状态,拖欠金额\nC1,2025-03-10,立案,{amount}\n", encoding="utf-8"
        )
    for today in (dt.date(2025, 11, 3), dt.date(2025, 12, 5)):
        import_into(store, [tmp_path], today=today)
        assert versions(store, "cases", "amount_owed") == [
            ("2025-03-10", "unfolded", "10000"),
            ("2025-10-31", "stated", "20000"),
        ]


def test_books_without_a_month_sent_again_add_nothing(store, send):
    books = [("one.csv", "filed"), ("two.csv", "accepted")]
    for _ in range(2):
        for name, status in books:
            send("cases", case(status=status), name=name)
    assert [status for *_, status in versions(store, "cases", "status")] == ["filed", "accepted"]


def test_a_value_that_comes_back_in_a_later_book_is_a_version(store, send):
    for number, status in enumerate(("filed", "accepted", "filed")):
        send("cases", case(status=status), name=f"{number}.csv")
    found = versions(store, "cases", "status")
    assert [status for *_, status in found] == ["filed", "accepted", "filed"]


def test_a_dated_row_is_stored_although_an_unfolded_version_equals_it(store, send):
    send("cases", case(status="filed"))
    report = send("cases", case(status="filed", known_at="2025-03-10"))
    assert report.accepted == 1
    assert send("cases", case(status="filed", known_at="2025-03-10")).accepted == 0


def test_records_that_a_full_book_no_longer_has_are_counted(store, send):
    rows = [case(case_id=f"C{n}", status="filed") for n in range(4)]
    assert send("cases", *rows, name="案件2025年8月.csv").missing == 0
    assert send("cases", *rows[:3], name="案件2025年9月.csv").missing == 1
    assert send("cases", rows[0], name="案件2025年10月.csv").missing == 0, "not a full book"
    assert send("cases", *rows[:3], name="其他.csv").missing == 0
    assert store.rows("SELECT count(*) FROM cases_versions")[0][0] == 4


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("案件2025年9月.xlsx", dt.date(2025, 9, 30)),
        ("cases_2024-02.csv", dt.date(2024, 2, 29)),
        ("cases202502.csv", dt.date(2025, 2, 28)),
        ("案件9月.xlsx", None),
        ("2025年工程项目.xlsx", None),
        ("cases.csv", None),
    ],
)
def test_the_month_of_a_name(name, day):
    assert stated_day(name) == day


def test_many_rows_keep_their_order_of_arrival(store, send):
    rows = [case(case_id=f"C{n:05}", status="unfounded") for n in range(3_000)]
    send("cases", *rows)
    found = store.rows("SELECT case_id, status FROM cases ORDER BY arrival")
    assert found == [(row["case_id"], status) for row in rows for status in ("filed", "unfounded")]


def test_stored_numbers_stay_unique(tmp_path):
    with RecordStore(tmp_path / "records.duckdb") as store:
        path = tmp_path / "cases.csv"
        for number in range(3):
            path.write_text(
                "case_id,opened_on,status,known_at\n"
                f"C{number},2025-03-10,closed,\nC{number},2025-03-10,filed,2025-03-11\n"
            )
            import_file(store, path, today=TODAY)
        count, distinct = store.rows("SELECT count(*), count(DISTINCT arrival) FROM cases")[0]
        assert count == distinct == 9
