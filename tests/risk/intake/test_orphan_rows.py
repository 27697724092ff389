from risk.intake.importer import import_into
from risk.intake.orphan_rows import orphan_rows

PROJECTS = ["project_id", "project_name", "region_code", "started_on"]


def test_orphan_rows_counts_rows_without_their_project(store, write_csv, today):
    payroll = ["payroll_id", "project_id", "period", "amount_due", "due_on"]
    payment = ["payment_id", "payroll_id", "paid_on", "amount"]
    complaint = ["complaint_id", "received_on", "project_id"]
    files = [
        write_csv(
            "payrolls.csv",
            [payroll, *[[f"G{n}", f"P{n}", "2024-01", "5", "2024-02-15"] for n in (1, 2)]],
        ),
        write_csv(
            "payments.csv",
            [payment, *[[f"F{n}", f"G{n}", "2024-02-15", "5"] for n in (1, 2, 3)]],
        ),
        write_csv(
            "complaints.csv", [complaint, ["T1", "2024-01-01", ""], ["T2", "2024-01-01", "P2"]]
        ),
        write_csv("projects.csv", [PROJECTS, ["P1", "甲", "420324", "2024-01-01"]]),
    ]
    report = import_into(store, files, today=today)
    assert {name: total.waiting for name, total in report.tables.items()} == {
        "projects": 0,
        "payrolls": 1,
        "payments": 2,
        "complaints": 1,
    }
    more = write_csv("projects.csv", [PROJECTS, ["P2", "乙", "420324", "2024-01-01"]])
    report = import_into(store, [more], today=today)
    assert report.tables["projects"].waiting == 0
    totals = orphan_rows(store)
    assert (totals["payrolls"], totals["payments"], totals["complaints"]) == (0, 1, 0)


def test_orphan_rows_counts_only_later_arrivals(store, write_csv, today):
    accounts = ["account_id", "project_id", "opened_on"]
    path = write_csv("accounts.csv", [accounts, ["Z1", "P1", "2024-01-01"]])
    assert import_into(store, [path], today=today).tables["accounts"].waiting == 1
    assert import_into(store, [path], today=today).tables["accounts"].waiting == 0
    assert orphan_rows(store)["accounts"] == 1
    [(first,)] = store.rows("SELECT arrival FROM accounts")
    store.rows("INSERT INTO accounts BY NAME (SELECT * REPLACE (arrival + 1 AS arrival)"
               " FROM accounts)")  # fmt: skip
    assert orphan_rows(store, after=first)["accounts"] == 1
