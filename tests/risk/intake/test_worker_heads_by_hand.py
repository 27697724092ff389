"""Heads, labels, marks and cells of worker-level sheets at their edges, worked out by hand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from risk.intake.units import MONEY_UNITS
from risk.intake.worker_sheets import amounts
from risk.intake.worker_sheets.heads import read_head
from risk.intake.worker_sheets.labels import Label, Labels, read_labels
from risk.intake.worker_sheets.marks import DayMarks, read_legend
from risk.intake.worker_sheets.roles import Role, day_of_month, plain_heading

WAGES = ["姓名", "应发工资", "实发工资"]
TEN = range(1, 11)
SEPTEMBER = dt.date(2025, 9, 1)


def _head(top, below=(), titles=()):
    return read_head((1, top), below, titles)


def _roles(*cells):
    return [one.role for one in _head(cells[0], *cells[1:]).columns]


@pytest.mark.parametrize(
    ("top", "titles", "found"),
    [
        (WAGES, [], True),
        ([5, *WAGES], [], True),
        (["姓名", "应发工资"], [], False),
        (["姓名", "实发工资"], [], False),
        (["姓名", "应发工资", "身份证号"], [], True),
        (["姓名", "应发工资", "电话"], [], True),
        (["姓名", "应发工资", "工种"], [], True),
        (["姓名", "应发工资", "出勤天数"], [], True),
        (["姓名", "应发工资", "班组"], [], True),
        (["姓名", "工人姓名", "应发工资", "实发工资"], [], False),
        (["名称", *WAGES[1:]], [], False),
        (["姓名", *TEN], [], True),
        (["姓名", *range(1, 10)], [], False),
        (["姓名", "进场日期"], ["花名册"], False),
        (["姓名", "进场日期", "班组"], [], True),
        (["姓名", "退场日期", "工种"], [], True),
        (["姓名", "是否签订劳动合同", "电话"], [], True),
        (["姓名", "身份证号"], [], False),
        (["姓名", "身份证号"], ["花名册"], True),
        (["姓名", "工种"], ["欠薪人员"], True),
        (["姓名", "班组"], [7], False),
    ],
)
def test_rows_that_are_heads(top, titles, found):
    head = _head(top, titles=titles)
    assert (head is not None) is found
    if head:
        assert (head.row, head.rows, head.is_claims) == (1, 1, titles == ["欠薪人员"])


@pytest.mark.parametrize(("headings", "title", "found"), [
    (["收款人户名", "收款账号", "金额", "交易状态"], "代发工资批量明细", True),
    (["收款人", "收款账号", "金额", "交易状态"], "发工资", True),
    (["户名", "账号", "实发金额"], "2025年9月工资发放明细", True),
    (["收款人户名", "收款账号", "金额", "交易状态"], "转账明细", False),
    (["收款人户名", "收款账号", "金额"], "工资保证金缴存明细", False),
    (["收款人户名", "收款账号", "应发金额"], "工资明细", False),
    (["户名", "收款人", "账号", "实发金额"], "工资表", False),
])  # fmt: skip
def test_who_is_paid_by_a_bank_is_a_worker_where_wages_are_named(headings, title, found):
    head = _head(headings, titles=[title])
    assert (head is not None) is found
    if head:
        assert head.index(Role.NAME) == 0
        assert head.index(Role.PAID) == len(headings) - (headings[-1] == "交易状态") - 1


@pytest.mark.parametrize(
    ("top", "below", "rows"),
    [
        (["姓名", "出勤"], [None, *TEN], 2),
        (["姓名", "备注", *TEN], [None, *range(1, 10)], 1),
        (["姓名", *TEN], [None, *"一二三四五六日天一", "周二"], 2),
        (["姓名", *TEN], [None, *"一二三四五六日天一"], 1),
        (["姓名", *TEN], [None, *"一二三四五六日天一", "x"], 1),
        (["姓名", "身份证号", "工资", None], [None, None, "应发工资", "备注"], 2),
        (["姓名", "身份证号", "应发工资"], [None, None, "应发工资", 5], 1),
        (["姓名", "身份证号", "应发工资"], [None, None, "备注"], 1),
        (["姓名", "身份证号", "应发工资"], ["甲", None, "应发工资"], 1),
        (["身份证号", "应发工资", "姓名"], ["备注", 5], 1),
    ],
)
def test_a_head_of_two_rows(top, below, rows):
    assert _head(top, below).rows == rows


def test_a_heading_of_two_rows_is_read_with_the_one_above():
    top = ["姓名", None, None, "本月", None, "合计"]
    assert _roles(top, [None, "拼音", "工种", "工资", "实发工资"]) == [
        *(Role.NAME, Role.PERSONAL, Role.CRAFT, Role.DUE, Role.PAID, Role.OTHER),
    ]
    head = _head(["姓名", "卡号", "甲"], [None, None, "应发工资", "实发工资"])
    assert [(one.index, one.heading) for one in head.columns] == [
        *((0, "姓名"), (1, "卡号"), (2, "应发工资"), (3, "实发工资")),
    ]
    assert _roles(["姓名", "身份证号", "甲"], [None, None, "乙", "应发工资"])[2] is Role.OTHER


def test_headings_are_written_with_forty_characters():
    [*_, last] = _head([*WAGES, "备注" * 20 + "x"]).columns
    assert last.heading == "备注" * 20


@pytest.mark.parametrize(
    ("headings", "roles"),
    [
        (["应发工资", "应付工资", "实发工资"], [Role.DUE, Role.OTHER, Role.PAID]),
        (["应发工资", "应发合计", "实发工资"], [Role.OTHER, Role.DUE, Role.PAID]),
        (["金额", "应发工资", "实发工资"], [Role.OTHER, Role.DUE, Role.PAID]),
        (["劳动合同编号", "是否签订劳动合同", "班组"], [Role.OTHER, Role.CONTRACT, Role.TEAM]),
        (["身份证号", "证件号码", "工种"], [Role.IDENTITY, Role.IDENTITY, Role.CRAFT]),
    ],
)
def test_of_columns_with_one_role_the_total_counts_else_the_first(headings, roles):
    titles = ["花名册"]
    assert [one.role for one in _head(["姓名", *headings], titles=titles).columns][1:] == roles


def test_the_total_of_an_attendance_sheet_is_in_the_column_that_says_so():
    assert _roles(["姓名", *TEN, "备注"])[-1] is Role.REMARK
    assert _roles(["姓名", *TEN, "备注", "合计"])[-2:] == [Role.REMARK, Role.DAYS]
    assert _roles(["姓名", *TEN, "出勤天数", "合计"])[-2:] == [Role.DAYS, Role.OTHER]
    assert _roles([*WAGES, *TEN, "合计"])[-1] is Role.OTHER
    assert _roles([*WAGES, "合计"])[-1] is Role.OTHER


@pytest.mark.parametrize(
    ("days", "counted"),
    [
        ([*range(21, 29), 1, 2], 10),
        ([*range(20, 28), 1, 2], 0),
        ([*range(21, 29), 5, 6], 0),
        ([*range(1, 10), 11], 0),
        ([*range(1, 12), *range(20, 31)], 11),
        ([*range(1, 11), *range(20, 31)], 11),
    ],
)
def test_days_of_an_attendance_sheet_are_consecutive(days, counted):
    head = _head([*WAGES, *days])
    assert len(head.days) == counted


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        (1, 1),
        (31, 31),
        (0, None),
        (32, None),
        (7.5, None),
        (7.0, 7),
        (True, None),
        (None, None),
        ("0", None),
        ("9月7日", 7),
        (dt.date(2025, 9, 8), 8),
        ("7" + " " * 18 + "日", 7),
        ("7" + " " * 18 + "日x", 7),
    ],
)
def test_day_of_a_heading(cell, day):
    assert day_of_month(cell) == day


def test_a_heading_is_read_up_to_a_hundred_characters():
    assert plain_heading(None) == ""
    assert plain_heading("名" * 101) == "名" * 100


@pytest.mark.parametrize(
    ("cell", "fen"),
    [
        *(("-1", -100), (-1, -100), ("(1,200.50)", -120_050), (-0.5, -50), ("-x", None)),
        *((0, 0), ("12.345", 1_235), ("x", None), (None, None), (True, None), ("--", None)),
    ],
)
def test_amounts_of_a_worker(cell, fen):
    assert amounts.due_fen(cell, None) == fen
    assert amounts.paid_fen(cell, None) == fen


def test_an_amount_is_in_the_unit_of_its_sheet_and_a_day_is_a_date():
    assert amounts.due_fen("2", MONEY_UNITS["千元"]) == 200_000
    assert amounts.due_fen("-2", MONEY_UNITS["千元"]) == -200_000
    assert (amounts.due_fen("5（未发）", None), amounts.paid_fen("5（未发）", None)) == (500, None)
    assert [amounts.day(cell) for cell in ("2025-09-05", "x", None)] == [
        *(dt.date(2025, 9, 5), None, None),
    ]


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        *(
            ("9月5日", dt.date(2025, 9, 5)),
            ("3月5日", dt.date(2026, 3, 5)),
            ("元月", dt.date(2026, 1, 31)),
        ),
        *(("4月1日", None), ("2025-09-05", dt.date(2025, 9, 5)), ("1.25", None), (None, None)),
    ],
)
def test_a_day_of_payment_without_a_year_is_of_the_half_year_from_the_month(cell, found):
    assert amounts.day_for_month(cell, SEPTEMBER) == found


def test_a_day_with_a_time_is_a_day():
    cell = dt.datetime(2025, 10, 14)
    assert type(amounts.day_for_month(cell, SEPTEMBER)) is dt.date
    assert type(amounts.day_until(cell, SEPTEMBER)) is dt.date


@pytest.mark.parametrize(
    ("cell", "stated"),
    [
        *(("在场", None), ("/", None), (None, None), ("未退场", None), ("不详", None)),
        *(("已退场", dt.date.min), ("离职", dt.date.min), ("3月5日", "3月5日"), (2025.1, "2025.1")),
        *((2025.4, dt.date(2025, 4, 30)), ("2025-03-05", dt.date(2025, 3, 5))),
    ],
)
def test_days_on_the_site_as_stated(cell, stated):
    assert amounts.stay_day(cell) == stated


@pytest.mark.parametrize(
    ("stated", "found"),
    [
        *(("9月30日", dt.date(2025, 9, 30)), ("10月1日", dt.date(2024, 10, 1)), ("春节前", None)),
        *((dt.date.min, dt.date.min), (None, None)),
    ],
)
def test_a_day_on_the_site_without_a_year_is_of_the_year_up_to_the_month(stated, found):
    assert amounts.day_until(stated, SEPTEMBER) == found


@pytest.mark.parametrize(
    ("text", "failed"),
    [
        *(
            ("失败", True),
            ("户名账号不符，退票", True),
            ("未发", True),
            ("待处理", True),
            ("未到账", True),
        ),
        *(("成功", False), ("退票，已重发", False), ("12月奖金未发", False), ("", False)),
    ],
)
def test_payments_that_did_not_arrive(text, failed):
    assert amounts.failed(text) is failed


@pytest.mark.parametrize(
    ("headings", "titles", "role"),
    [
        (["卡号", "金额"], ["农业银行代发回单"], Role.PAID),
        (["卡号", "金额", "交易状态"], ["9月"], Role.PAID),
        (["卡号", "金额"], ["银行代发工资表"], Role.DUE),
        (["卡号", "金额"], ["9月"], Role.DUE),
        (["卡号", "应发工资"], ["代发明细"], Role.DUE),
        (["卡号", "交易金额"], ["9月"], Role.PAID),
        (["卡号", "补发工资"], ["9月"], Role.PAID),
    ],
)
def test_the_amount_of_a_bank_list_is_what_was_paid(headings, titles, role):
    columns = _head(["姓名", *headings], titles=titles).columns
    assert columns[2].role is role
    assert _roles(["姓名", "金额", "实发工资", "补发工资"])[1:] == [Role.DUE, Role.PAID, Role.OTHER]


@pytest.mark.parametrize(
    ("cell", "days"),
    [
        (22.5, Decimal("22.5")),
        ("25天", Decimal(25)),
        (0, Decimal(0)),
        (None, None),
        (True, None),
        (SEPTEMBER, None),
        (dt.time(1), None),
        ("1" * 21, Decimal("1" * 20)),
    ],
)
def test_days_of_a_worker(cell, days):
    assert amounts.days(cell) == days


@pytest.mark.parametrize(
    ("cell", "signed"),
    [
        (True, True),
        (False, False),
        (SEPTEMBER, True),
        ("是", True),
        ("否", False),
        ("HT-01", True),
        ("HT01", None),
        ("不清楚的", None),
        ("不知道签没签", None),
        (None, None),
        ("HT" + "x" * 57 + "7x", True),
        ("HT" + "x" * 58 + "7", None),
    ],
)
def test_whether_a_contract_was_signed(cell, signed):
    assert amounts.signed(cell) is signed


@pytest.mark.parametrize(
    ("cell", "days"),
    [
        (None, 0),
        ("  ", 0),
        (True, 1),
        (False, 0),
        (SEPTEMBER, None),
        (dt.time(8), None),
        (24, 24),
        (25, None),
        ("8+2", 8),
        ("√" + "+" * 19 + "?", 1),
        ("1" + " " * 18 + "天x", 1),
    ],
)
def test_marks_without_a_legend(cell, days):
    assert DayMarks().value(cell) == days
    assert DayMarks().value("○") == 0


def test_a_legend_is_read_from_the_left():
    """The word stands before its mark, or the mark before its word; the first pair decides."""
    assert read_legend(["出勤√ 休息○"]) == {"√": 1, "○": 0}
    assert read_legend(["√出勤 ○休息"]) == {"√": 1, "○": 0}
    assert read_legend(["△ 半天"]) == {"△": Decimal("0.5")}
    assert read_legend(["√出勤", "√休息"]) == {"√": 1}
    assert read_legend(["△出勤半天"]) == {"△": Decimal("0.5")}
    assert read_legend(["无"]) == {}
    assert DayMarks({"√": Decimal(0)}).value("√") == 0


def test_parts_of_a_text_with_labels():
    labels = read_labels(
        [
            ["工资表", None, 5, SEPTEMBER, " "],
            ["项目名称：甲  乙;班组：瓦工班", "班组：电工班"],
            ["月份", 9, "发放日期：", "2025-10-01"],
            ["(附：见背面"],
        ]
    )
    assert labels.values == {
        Label.PROJECT: "甲",
        Label.TEAM: "瓦工班",
        Label.MONTH: 9,
        Label.PAID_ON: "2025-10-01",
    }
    assert labels.texts == ("工资表", "2025-09-01", "乙", "(附:见背面")
    assert read_labels([["月份", None, "", 9]]).values == {Label.MONTH: 9}
    assert read_labels([["月份", 9, 10]]).values == {Label.MONTH: 9}
    labels = read_labels([["项目名称：  班组：甲"], ["项目名称：乙"]])
    assert labels.values == {Label.TEAM: "甲", Label.PROJECT: "乙"}
    three = read_labels([["项目名称：甲;乙;丙 班组：丁;月份：9月"]])
    assert (three.values, three.texts) == (
        *({Label.PROJECT: "甲", Label.TEAM: "丁", Label.MONTH: "9月"}, ("乙;丙",)),
    )
    both = Labels({Label.TEAM: "a"}, ("x",)).over(Labels({Label.TEAM: "b"}, ("y",)))
    assert (both.text(Label.TEAM), both.text(Label.CODE), both.texts) == ("a", "", ("x", "y"))
