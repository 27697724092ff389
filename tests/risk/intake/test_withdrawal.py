"""Withdrawal of records: they end on its day, and nothing before it changes."""

import datetime as dt

import openpyxl
import pytest

from risk.intake.importer import import_file
from risk.intake.withdrawal import FileWithdrawal, withdraw_paths

TODAY = dt.date(2025, 11, 3)
BOOK = "案件编号,立案日期,状态\nC1,2025-03-10,立案\nC2,2025-03-11,立案\n"


@pytest.fixture
def cases(store, tmp_path):
    path = tmp_path / "案件.csv"
    path.write_text(BOOK, encoding="utf-8")
    import_file(store, path, today=dt.date(2025, 6, 1))
    return path


def spans(store):
    return store.rows(
        "SELECT case_id, known_at::VARCHAR, superseded_at::VARCHAR FROM cases_versions ORDER BY 1"
    )


def test_the_keys_of_a_book_are_withdrawn(store, tmp_path, cases):
    path = tmp_path / "撤回案件.xlsx"
    book = openpyxl.Workbook()
    for row in (["案件编号", "备注"], ["C1", "误录"], ["C9", None], ["1E+17", None]):
        book.active.append(row)
    book.save(path)
    report = withdraw_paths(store, [path], today=TODAY)
    assert report.files == (FileWithdrawal("撤回案件.xlsx", "cases", 1, 0, 1, 1),)
    assert spans(store) == [("C1", "2025-03-10", "2025-11-03"), ("C2", "2025-03-11", None)]
    again = withdraw_paths(store, [path], today=dt.date(2025, 12, 1)).files[0]
    assert (again.withdrawn, again.repeated) == (0, 1)


def test_a_record_that_comes_back_counts_again(store, tmp_path, cases):
    withdraw_paths(store, [cases], today=TODAY, known_on=dt.date(2025, 9, 30))
    assert spans(store) == [("C1", "2025-03-10", "2025-09-30"), ("C2", "2025-03-11", "2025-09-30")]
    back = tmp_path / "cases2.csv"
    back.write_text(BOOK, encoding="utf-8")
    assert import_file(store, back, today=dt.date(2025, 12, 1)).accepted == 2
    assert spans(store)[1] == ("C1", "2025-12-01", None)


@pytest.mark.parametrize(
    ("name", "status", "expected"),
    [
        ("案件2025年4月.csv", "受理", [("2025-03-10", "2025-04-30"), ("2025-04-30", "2025-05-31")]),
        ("案件2025年6月.csv", "立案", [("2025-03-10", "2025-05-31"), ("2025-06-30", None)]),
        ("案件.csv", "立案", [("2025-03-10", "2025-05-31"), ("2025-11-03", None)]),
    ],
)
def test_a_withdrawal_of_a_day_before_the_book_counts_for_the_book(
    store, tmp_path, cases, name, status, expected
):
    """The book of June 1 is withdrawn for May: only a later book has its records again."""
    withdraw_paths(store, [cases], today=TODAY, known_on=dt.date(2025, 5, 31))
    counted = store.rows(
        "SELECT table_name, book_day::VARCHAR, count(*) FROM confirmed_versions"
        " SEMI JOIN (FROM cases WHERE withdrawn) USING (arrival) GROUP BY ALL"
    )
    assert counted == [("cases", "2025-06-01", 2)]
    assert store.rows("SELECT count(*) FROM confirmed_versions") == [(2,)]
    book = tmp_path / "b" / name
    book.parent.mkdir()
    book.write_text(f"案件编号,立案日期,状态\nC1,2025-03-10,{status}\n", encoding="utf-8")
    import_file(store, book, today=TODAY, lenient=True)
    found = [row[1:] for row in spans(store) if row[0] == "C1" and row[1] != row[2]]
    assert sorted(found) == expected


@pytest.mark.parametrize(
    ("name", "stated", "day"),
    [
        ("撤回案件2025年8月.csv", None, "2025-08-31"),
        ("撤回案件2025年8月.csv", dt.date(2025, 9, 30), "2025-09-30"),
        ("撤回案件.csv", dt.date(2025, 9, 30), "2025-09-30"),
        ("撤回案件.csv", None, "2025-11-03"),
    ],
)
def test_a_day_that_a_person_states_goes_before_that_of_the_name(
    store, tmp_path, cases, name, stated, day
):
    path = tmp_path / name
    path.write_text("案件编号\nC1\n", encoding="utf-8")
    withdraw_paths(store, [path], today=TODAY, known_on=stated)
    assert spans(store)[0] == ("C1", "2025-03-10", day)


def test_a_withdrawal_is_not_known_before_the_newest_version(store, tmp_path):
    path = tmp_path / "案件.csv"
    path.write_text(
        "案件编号,立案日期,状态,入库日期\nC1,2025-03-10,立案,2025-10-01\n", encoding="utf-8"
    )
    import_file(store, path, today=TODAY)
    early = tmp_path / "撤回案件2025年8月.csv"
    early.write_text("案件编号\nC1\n", encoding="utf-8")
    withdraw_paths(store, [early], today=TODAY)
    assert store.rows("SELECT known_at::VARCHAR, dated_by FROM cases WHERE withdrawn") == [
        ("2025-10-01", "stated")
    ]
    assert spans(store) == [("C1", "2025-10-01", "2025-10-01")]


def test_a_record_with_a_later_version_is_withdrawn_on_the_day(store, tmp_path):
    path = tmp_path / "案件.csv"
    rows = "C1,2025-03-10,立案,2025-03-10\nC1,2025-03-10,结案,2025-12-24\n"
    path.write_text(f"案件编号,立案日期,状态,入库日期\n{rows}", encoding="utf-8")
    import_file(store, path, today=TODAY)
    keys = tmp_path / "撤回案件.csv"
    keys.write_text("案件编号\nC1\n", encoding="utf-8")
    assert withdraw_paths(store, [keys], today=TODAY).files[0].withdrawn == 1
    shown = [row for row in spans(store) if row[1] != row[2]]
    assert shown == [("C1", "2025-03-10", "2025-11-03")]
    again = withdraw_paths(store, [keys], today=TODAY).files[0]
    assert (again.withdrawn, again.repeated) == (0, 1)


def test_a_withdrawn_finding_is_no_event(store, world):
    from training.dataset.labels import event_log

    seen = {"inspection_id": "I", "project_id": "P1", "inspected_on": "2025-03-01"}
    world.project()
    world.add("inspections", **seen, arrears_found=True, known_at="2025-03-02")
    assert list(event_log(store, dt.date(2025, 6, 1)).days) == ["P1"]
    world.add("inspections", **seen, arrears_found=True, known_at="2025-05-02", withdrawn=True)
    assert list(event_log(store, dt.date(2025, 5, 2)).days) == ["P1"]
    assert list(event_log(store, dt.date(2025, 6, 1)).days) == []
