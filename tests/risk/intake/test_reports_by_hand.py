"""Reports, accounts and problems: their figures, what needs an answer, and what is shown."""

import datetime as dt

import pytest

from risk.contract import KNOWN_AT, TABLES
from risk.intake import rejected_rows
from risk.intake.account_notes import Note
from risk.intake.file_errors import FileEmpty, MostRowsRejected, with_label
from risk.intake.import_accounts import store_account, stored_accounts
from risk.intake.layouts.reading_report import ReadingReport
from risk.intake.orphan_rows import orphan_rows
from risk.intake.rejected_rows import RejectedRows
from risk.intake.report import FileReport, ImportReport, SheetReport, join_reports
from risk.intake.row_errors import Problem, excerpt, problem, raw_text
from risk.intake.row_parser import BadRow

PAYMENTS = TABLES["payments"]
ASKS, INFORMS = Note("too_large", needs_answer=True), Note("year_from_title")


def file_report(table="payments", **more):
    return FileReport("a.csv", table, 9, 4, 3, 0, **more)


def test_what_a_report_does_not_state_is_nothing():
    sheet = SheetReport("9月").as_json()
    assert (sheet["header_row"], sheet["blocks"], sheet["unread"]) == (0, 1, "")
    names = ("set_aside", "dated_by_rule", "undated_facts", "missing", "moved_behind_lists")
    plain = file_report().as_json()
    assert [plain[name] for name in names] == [0, 0, 0, 0, 0]
    assert Note("year_from_title", {"period": "", "sheet": ""}).as_json()["needs_answer"] is False


@pytest.mark.parametrize(
    ("report", "needed"),
    [
        (file_report(), False),
        (file_report(notes=(INFORMS,)), False),
        (file_report(notes=(INFORMS, ASKS)), True),
        (file_report(unreadable={"amount": 1}), True),
        (file_report(reading=ReadingReport(asked=("实发",))), True),
        (FileReport("a.csv", "payments", 9, 4, 3, 1), True),
    ],
)
def test_a_person_is_asked_where_a_value_was_lost(report, needed):
    assert report.needs_answer is needed
    waiting = {"payments": 0, "payrolls": 0}
    both = ImportReport((file_report(), report), (), (), waiting, (INFORMS,))
    assert both.needs_answer is needed
    assert ImportReport((), (), (), waiting, (INFORMS, ASKS)).needs_answer


def test_totals_are_those_of_a_table_and_of_both_imports():
    waiting = {"payments": 2, "payrolls": 0}
    files = (file_report(), file_report("payrolls"), FileReport("b.csv", "payments", 8, 1, 1, 1, 5))
    first = ImportReport(files, (), (), waiting)
    assert first.tables["payments"].as_json() == {
        **{"read": 17, "accepted": 5, "repeated": 4, "quarantined": 1},
        **{"waiting": 2, "set_aside": 5},
    }
    second = ImportReport((file_report("projects"),), (), (), {"payments": 3, "projects": 4})
    joined = join_reports(first, second)
    assert joined.waiting == {"payments": 5, "payrolls": 0, "projects": 4}
    assert list(joined.tables) == ["payments", "payrolls", "projects"]


def test_the_last_accounts_are_shown_as_they_were_stored(store):
    assert stored_accounts(store) == []
    report = ImportReport((file_report(),), (FileEmpty(file="空.csv"),), (), {"payments": 0})
    store_account(store, report, who="李")
    [account] = stored_accounts(store)
    assert (account.who, account.files) == ("李", ("a.csv", "空.csv"))
    assert store.rows("SELECT files FROM imports") == [('["a.csv", "空.csv"]',)]
    store.rows(
        "INSERT INTO imports SELECT number, TIMESTAMP '2020-01-01', who, files, account"
        " FROM imports, (SELECT unnest(range(200)) AS number)"
    )
    found = stored_accounts(store)
    assert (len(found), found[0].who, found[1].at) == (200, "李", dt.datetime(2020, 1, 1))


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("长" * 60, "长" * 60),
        ("长" * 61, "长" * 60 + "…"),
        ("长 \n" + "长" * 58, "长 " + "长" * 58),
        ("长 \n" + "长" * 59, "长 " + "长" * 58 + "…"),
        ("  甲  ", "甲"),
        (None, ""),
    ],
)
def test_of_a_cell_sixty_characters_are_shown_on_one_line(cell, shown):
    assert excerpt(cell) == shown


@pytest.mark.parametrize(
    ("table", "name", "text", "stored"),
    [
        ("organizations", "org_id", "11010519491231002X", "110***********002X"),
        ("organizations", "org_id", "91110000101623741K", "91110000101623741K"),
        ("organizations", "org_name", "甲13912345678", "甲139****5678"),
        ("projects", "project_id", "11010519491231002X", "11010519491231002X"),
    ],
)
def test_of_codes_only_an_identity_number_is_masked(table, name, text, stored):
    assert raw_text(text, TABLES[table].field(name)) == stored


def test_a_problem_names_its_column_in_the_language():
    days = problem(KNOWN_AT, "not_a_date", "昨天", allowed="x")
    assert days.as_json() == {
        **{"column": "known_at", "code": "not_a_date", "found": "昨天", "allowed": "x"}
    }
    assert "入库日期" in days.message(PAYMENTS)
    assert "known_at" in days.message(PAYMENTS, "en")
    amount = problem(PAYMENTS.field("amount"), "negative", "-5")
    assert (amount.allowed, "实发金额" in amount.message(PAYMENTS)) == ("", True)
    channel = problem(PAYMENTS.field("channel"), "not_in_values", "转账", allowed="x")
    assert channel.allowed == "银行代发、现金、包工头代领"
    assert "本行" in Problem("", "too_few_cells", "1", "7").message(PAYMENTS)


def test_of_the_problems_of_a_refused_file_the_most_frequent_is_shown(monkeypatch):
    assert rejected_rows.MAX_REJECTED == 20_000
    monkeypatch.setattr(rejected_rows, "MAX_REJECTED", 2)
    first, second = Problem("amount", "negative", "-1"), Problem("channel", "missing")
    rows = [
        BadRow(number, {}, (), problems)
        for number, problems in enumerate([(first,), (second, first), (second,), (second,)], 2)
    ]
    counted = RejectedRows(PAYMENTS, "a.csv")
    counted.add(rows[:2], good=1)
    counted.add([], good=1)
    with pytest.raises(MostRowsRejected) as raised:
        counted.add(rows[2:], good=3)
    fields = raised.value.fields
    assert (fields["rejected"], fields["read"], fields["alike"]) == (4, 7, 3)
    assert fields["problem"]["zh"] == second.message(PAYMENTS)


def test_rows_of_any_arrival_may_wait_for_their_project(store, world):
    world.payroll("G1", "2025-02-15", project_id="P9")
    world.add("organizations", org_id="O1", org_name="甲", known_at="2025-01-01")
    waiting = orphan_rows(store)
    assert (waiting["payrolls"], waiting["organizations"], waiting["cases"]) == (1, 0, 0)


def test_a_label_takes_the_place_of_the_name_of_its_own_file():
    failure = FileEmpty(file="a.csv")
    assert with_label(failure, "a.csv", "x/a.csv").fields["file"] == "x/a.csv"
    assert with_label(failure, "b.csv", "x/b.csv") is failure
    assert with_label(failure, "a.csv", "a.csv") is failure
