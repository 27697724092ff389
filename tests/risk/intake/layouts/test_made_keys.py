"""Payrolls whose project was known by name only when they came have one key."""

from __future__ import annotations

import datetime as dt

import pytest

from risk.contract import STORED_TABLES
from risk.intake.importer import import_into
from risk.intake.layouts.layout import ColumnRule, KeyRule, Layout
from risk.intake.layouts.names import single_county
from risk.intake.layouts.plan import OfficeLayouts
from risk.intake.project_merges import merge_project, project_pairs

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
PAYROLLS = STORED_TABLES["payrolls"]
BOOK = [
    ["项目名称", "班组", "工资月份", "应发金额", "应发日期"],
    ["云渡小区二期", "木工班", "2025-09", 78_000, "2025-10-15"],
    ["云渡小区二期", "钢筋班", "2025-09", 50_000, "2025-10-15"],
]
WAGES = Layout(
    "工资",
    PAYROLLS,
    tuple(BOOK[0]),
    (
        ColumnRule("项目名称", "project_id", by_name=True),
        ColumnRule("班组"),
        ColumnRule("工资月份", "period"),
        ColumnRule("应发金额", "amount_due"),
        ColumnRule("应发日期", "due_on"),
    ),
    key=KeyRule(("project_id", "period", "班组")),
).confirm("王某", NOW)
PROJECT = ["X1", "云渡小区二期", "510822", "2025-03-05"]
HEAD = ["项目编码", "项目名称", "行政区划代码", "开工日期"]


@pytest.fixture
def send(store, today):
    def run(path, *layouts):
        office = OfficeLayouts(layouts, county=single_county(store))
        report = import_into(store, [path], today=today, office=office)
        assert report.failed == ()
        return report

    return run


def test_wages_that_came_before_their_project_do_not_count_twice(send, store, write_xlsx):
    book = write_xlsx("工资表.xlsx", BOOK)
    [note] = send(book, WAGES).notes
    assert (note.code, note.needs_answer) == ("waiting", False)
    send(write_xlsx("工程项目.xlsx", [HEAD, PROJECT]))
    before = store.rows("SELECT DISTINCT payroll_id FROM payrolls ORDER BY 1")
    [file] = send(book, WAGES).files
    assert (file.accepted, file.repeated) == (0, 2)

    more = [*BOOK[:2], ["云渡小区二期", "钢筋班", "2025-09", 52_000, "2025-10-15"],
            ["云渡小区二期", "瓦工班", "2025-09", 9_000, "2025-10-15"]]  # fmt: skip
    send(write_xlsx("工资表.xlsx", more), WAGES)
    query = "SELECT payroll_id, arg_max(amount_due, arrival) FROM payrolls GROUP BY 1 ORDER BY 1"
    after = dict(store.rows(query))
    assert {one for (one,) in before} <= after.keys()
    assert sorted(fen // 100 for fen in after.values()) == [9_000, 52_000, 78_000]


def test_wages_of_a_project_that_a_person_merged_do_not_count_twice(send, store, write_xlsx, today):
    named = Layout(
        "项目",
        STORED_TABLES["projects"],
        ("项目名称", "行政区划代码", "开工日期"),
        (
            ColumnRule("项目名称", "project_name"),
            ColumnRule("行政区划代码", "region_code"),
            ColumnRule("开工日期", "started_on"),
        ),
        region="510822",
        key=KeyRule(("project_name",)),
    ).confirm("王某", NOW)
    wages = Layout(**{**vars(WAGES), "region": "510822"}).confirm("王某", NOW)
    send(write_xlsx("工程项目一.xlsx", [HEAD[1:], PROJECT[1:]]), named)
    book = write_xlsx("工资表.xlsx", BOOK)
    send(book, wages)
    send(write_xlsx("工程项目.xlsx", [HEAD, PROJECT]))
    [pair] = project_pairs(store)
    merge_project(store, pair.made, today=today, who="王某")
    [file] = send(book, wages).files
    assert (file.accepted, file.repeated) == (0, 2)
    assert store.rows("SELECT count(DISTINCT payroll_id) FROM payrolls") == [(2,)]
