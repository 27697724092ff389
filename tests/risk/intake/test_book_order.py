"""Undated books in any order: the newest decides the present, an older one only its own time."""

import datetime as dt

import pytest

from risk.contract import TABLES
from risk.intake.imported_files import book_days_sql
from risk.intake.importer import import_into
from risk.store.seals import Seal, record_seal

TODAY = dt.date(2025, 11, 5)
PROJECT = ("项目编码", "项目名称", "行政区划代码", "合同金额", "开工日期", "实际竣工日期")
CASE = ("案件编号", "项目编码", "立案日期", "状态", "入库日期")


@pytest.fixture
def send(store, write_csv):
    def run(name, *rows, header=PROJECT, today=TODAY):
        report = import_into(store, [write_csv(name, [header, *rows])], today=today)
        assert not report.failed
        return report.files[0]

    return run


def project(amount, completed="", started="2024-03-01"):
    return ("P1", "一号楼", "330102", amount, started, completed)


def test_books_have_days_by_the_arrivals_of_their_own_table(store, send):
    send(SEPTEMBER, project(100))
    send(SEPTEMBER, project(100))  # nothing new
    imports = {
        name: len(store.rows(book_days_sql(TABLES[name]))) for name in ("projects", "payments")
    }
    assert imports == {"projects": 1, "payments": 0}


def amounts(store):
    """(yuan, known_at, superseded_at) of the versions of P1."""
    return store.rows(
        "SELECT contract_amount // 100, known_at::VARCHAR, superseded_at::VARCHAR"
        " FROM projects_versions WHERE known_at < coalesce(superseded_at, DATE '9999-01-01')"
        " ORDER BY known_at, arrival"
    )


SEPTEMBER, OCTOBER = "项目2025年9月.csv", "项目2025年10月.csv"


def test_an_older_book_counts_until_the_day_of_the_newer_one(store, send):
    send(OCTOBER, project(120))
    assert send(SEPTEMBER, project(100)).accepted == 1
    assert amounts(store) == [
        (120, "2024-03-01", "2025-09-30"),
        (100, "2025-09-30", "2025-10-31"),
        (120, "2025-10-31", None),
    ]


def test_books_sent_in_order_are_not_copied(store, send):
    send(SEPTEMBER, project(100))
    send(OCTOBER, project(120))
    assert amounts(store) == [(100, "2024-03-01", "2025-10-31"), (120, "2025-10-31", None)]
    assert store.rows("SELECT count(*) FROM projects") == [(2,)]


def test_an_older_book_sent_again_adds_nothing(store, send):
    send(OCTOBER, project(120))
    send(SEPTEMBER, project(100))
    before = amounts(store)
    for name, amount in ((SEPTEMBER, 100), (OCTOBER, 120)):
        again = send(name, project(amount), today=dt.date(2025, 12, 1))
        assert (again.accepted, again.dated_by_rule, again.undated_facts) == (0, 0, 0)
    assert amounts(store) == before


def test_a_third_book_between_two_others_counts_for_its_month(store, send):
    send(OCTOBER, project(120))
    send("项目2025年8月.csv", project(80))
    send(SEPTEMBER, project(100))
    assert amounts(store)[1:] == [
        (80, "2025-08-31", "2025-09-30"),
        (100, "2025-09-30", "2025-10-31"),
        (120, "2025-10-31", None),
    ]


def test_a_book_that_repeats_an_older_one_counts_for_its_own_month(store, send):
    send("项目2025年8月.csv", project(100))
    assert send(OCTOBER, project(100)).accepted == 0
    send(SEPTEMBER, project(120))
    expected = [(100, "2024-03-01", "2025-09-30"), (120, "2025-09-30", "2025-10-31")]
    assert amounts(store) == [*expected, (100, "2025-10-31", None)]
    assert send(OCTOBER, project(100)).accepted == 0
    send("项目2025年11月.csv", project(90), today=dt.date(2025, 12, 5))
    assert amounts(store)[-2:] == [(100, "2025-10-31", "2025-11-30"), (90, "2025-11-30", None)]


def test_the_same_file_sent_again_is_no_newer_book(store, send):
    send("项目.csv", project(100), today=dt.date(2025, 9, 1))
    send("项目.csv", project(100), today=dt.date(2025, 11, 4))
    send(OCTOBER, project(120))
    assert amounts(store)[-1] == (120, "2025-10-31", None)


def test_a_book_without_a_month_is_of_the_day_of_its_import(store, send):
    send("项目.csv", project(120))
    send(SEPTEMBER, project(100), today=dt.date(2025, 11, 20))
    assert amounts(store)[1:] == [(100, "2025-09-30", "2025-11-05"), (120, "2025-11-05", None)]


def test_a_fact_that_an_older_book_lacks_returns_with_the_newer_one(store, send):
    send(OCTOBER, project(120, "2025-08-20"))
    send(SEPTEMBER, project(120))
    completed = store.rows(
        "SELECT completed_on::VARCHAR, known_at::VARCHAR FROM projects_versions ORDER BY known_at"
    )
    assert completed == [
        (None, "2024-03-01"),
        ("2025-08-20", "2025-08-20"),
        (None, "2025-09-30"),
        ("2025-08-20", "2025-10-31"),
    ]


def test_an_event_planned_and_then_moved_does_not_return(store, send):
    send("项目2025年8月.csv", project(1, started="2025-12-01"))
    send(OCTOBER, project(2, started="2025-10-10"))
    assert amounts(store) == [(2, "2025-10-31", "2025-12-01"), (2, "2025-12-01", None)]


def test_two_planned_days_that_were_moved_do_not_return(store, send):
    send("项目2025年8月.csv", project(1, started="2025-12-01"))
    send(SEPTEMBER, project(2, started="2026-01-01"))
    send(OCTOBER, project(3, started="2025-10-10"))
    assert {(yuan, day) for yuan, day, _ in amounts(store)} == {
        (3, "2025-10-31"),
        (3, "2025-12-01"),
        (3, "2026-01-01"),
    }


def test_a_correction_in_one_file_does_not_return_either(store, send):
    send("项目2025年8月.csv", project(1, started="2025-12-01"), project(2, started="2025-08-10"))
    assert amounts(store) == [(2, "2025-08-31", "2025-12-01"), (2, "2025-12-01", None)]


def test_an_older_book_after_a_sealed_list_changes_nothing(store, send):
    send(OCTOBER, project(120))
    newest = store.rows("SELECT max(arrival) FROM projects")[0][0]
    record_seal(store, Seal("list", dt.date(2025, 11, 15), newest))
    send(SEPTEMBER, project(100))
    assert amounts(store) == [(120, "2024-03-01", "2025-11-15"), (120, "2025-11-15", None)]
    send("项目2025年12月.csv", project(130), today=dt.date(2026, 1, 5))
    assert amounts(store)[-1] == (130, "2025-12-31", None)


def test_a_newer_book_after_a_copy_behind_a_sealed_list_counts(store, send):
    send(OCTOBER, project(120))
    newest = store.rows("SELECT max(arrival) FROM projects")[0][0]
    record_seal(store, Seal("list", dt.date(2025, 12, 6), newest))
    send(SEPTEMBER, project(100))
    send("项目2025年11月.csv", project(130), today=dt.date(2025, 12, 2))
    assert amounts(store)[-1] == (130, "2025-12-06", None)


def case(status, known_at=""):
    return ("C1", "P1", "2025-03-01", status, known_at)


def statuses(store):
    return store.rows(
        "SELECT status, known_at::VARCHAR FROM cases_versions"
        " WHERE known_at < coalesce(superseded_at, DATE '9999-01-01') ORDER BY known_at, arrival"
    )


def test_an_undated_book_older_than_a_dated_row_does_not_replace_it(store, send):
    send("案件.csv", case("立案", "2025-03-01"), case("结案", "2025-10-15"), header=CASE)
    send("案件2025年9月.csv", case("查实"), header=CASE)
    assert statuses(store) == [
        ("filed", "2025-03-01"),
        ("confirmed", "2025-09-30"),
        ("closed", "2025-10-15"),
    ]


def test_a_dated_row_replaces_what_was_moved_behind_a_sealed_list(store, send):
    send("项目.csv", project(1))
    send("案件.csv", ("C0", *case("立案")[1:]), header=CASE)
    newest = store.rows("SELECT max(arrival) FROM cases")[0][0]
    record_seal(store, Seal("list", dt.date(2025, 11, 1), newest))
    send("案件2.csv", case("立案"), header=CASE)
    moved = [("filed", "2025-11-01")]
    assert [row for row in statuses(store) if row[1] == "2025-11-01"] == moved
    send("案件3.csv", case("结案", "2025-10-20"), header=CASE)
    assert [row[:2] for row in statuses(store)][1:] == [("closed", "2025-10-20")]


def test_a_book_sent_again_after_dated_rows_adds_nothing(store, send):
    send("案件.csv", case("立案"), header=CASE)
    send("案件2.csv", case("结案", "2025-03-01"), header=CASE)
    assert send("案件.csv", case("立案"), header=CASE).accepted == 0
    assert statuses(store) == [("closed", "2025-03-01")]
