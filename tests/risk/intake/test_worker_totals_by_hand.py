"""Totals of worker-level sheets: each sum, day and note of a few rows, worked out by hand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from risk.contract import STORED_TABLES
from risk.intake.readers import CellRange
from risk.intake.team_sheets import TeamContract
from risk.intake.worker_sheets.blocks import (
    Attendance,
    Block,
    Group,
    Paid,
    RosterEntry,
    Written,
    person_name,
    total_label,
)
from risk.intake.worker_sheets.errors import WorkerClaims, WorkerSheetUnplaced
from risk.intake.worker_sheets.heads import read_head
from risk.intake.worker_sheets.labels import Label, Labels
from risk.intake.worker_sheets.marks import DayMarks
from risk.intake.worker_sheets.places import (
    KnownProjects,
    SourceNames,
    _without,
    find_month,
    find_project,
    find_team,
    month_of,
)
from risk.intake.worker_sheets.roles import Role
from risk.intake.worker_sheets.rows import (
    TeamMonth,
    attendance_contract,
    completed_attendance,
    contract_of,
    stored_due,
)
from risk.intake.worker_sheets.sheet_reader import find_head, read_blocks
from risk.intake.worker_sheets.team_totals import read_worker_sheets, worker_level
from risk.intake.worker_sheets.totals import (
    amount_due,
    amounts_paid,
    count_days,
    count_registered,
    counts_hours,
    is_ticked,
)

from .small_sheets import SmallSheet

SEPTEMBER, OCTOBER = dt.date(2025, 9, 1), dt.date(2025, 10, 1)
WAGES = ["姓名", "应发工资", "实发工资", "出勤天数", "发放日期", "发放方式", "班组"]
DAYS = ["姓名", *range(1, 31), "合计"]
TITLE = ["河西小学1号楼木工班2025年9月工资表"]


@pytest.fixture
def projects(store):
    """Two schools whose names differ in a number, and a project that was there before."""
    store.rows(
        "INSERT INTO projects (project_id, project_name, region_code, known_at, arrival) VALUES"
        " ('GC-01', '河西小学1号楼', '420321', DATE '2025-03-06', 1),"
        " ('GC-11', '河西小学11号楼', '420321', DATE '2025-03-06', 2),"
        " ('GC-9', '城东', '420321', DATE '2025-03-06', 3),"
        " ('9B', '城北', '420321', DATE '2025-03-06', 4),"
        " ('GC-8', '城西', '420321', DATE '2025-03-06', 5),"
        " ('GC-7', '城南', '420321001', DATE '2025-03-06', 7),"
        " ('N-0123456789ABCDE', '城南', '420321', DATE '2025-03-06', 8)"
    )
    store.rows(
        "INSERT INTO projects (project_id, withdrawn, known_at, arrival)"
        " VALUES ('GC-8', true, DATE '2025-04-01', 6)"
    )
    return KnownProjects(store)


def _block(*rows, head=WAGES, unit=None):
    block = Block(read_head((1, head), (), ()), Labels(), unit)
    for row in rows:
        block.add(row, row[0])
    return block


def test_the_sums_of_a_block():
    block = _block(
        ["甲", "100.5", 80, 20, "2025-10-14", "现金", "瓦工班"],
        ["乙", 0, 0, 1, None, None, "瓦工班"],
        ["丙", 200, 100, None, "2025-10-14", "银行代发", "瓦工班"],
        ["甲", 1, 5, None, None, None, "瓦工班"],
        ["丁", None, None, None, None, None, "电工班"],
    )
    assert block.groups == {
        Written(team="瓦工班"): Group(
            persons={"甲", "乙", "丙"},
            due=30_150,
            due_to={"甲", "丙"},
            paid={
                dt.date(2025, 10, 14): Paid(18_000, {"甲", "丙"}, {"现金", "银行代发"}),
                None: Paid(500, {"甲"}),
            },
        ),
        Written(team="电工班"): Group(persons={"丁"}, no_due=1, no_paid=1),
    }
    block.total("合计", ["合计", "302.5", "184.99", 21])
    assert block.confirmed == {Role.DUE, Role.PAID, Role.DAYS}
    assert block.disagreeing == []


def test_a_total_may_differ_by_one_yuan_and_is_of_the_block_or_of_the_page():
    block = _block(["甲", 100, 50, 2])
    block.total("小计", ["小计", "101", 50, "2.05"])
    block.add(["乙", 10, 5, 3], "乙")
    block.total("本页", ["本页", 11, 5, 3])
    assert block.disagreeing == []
    assert block.confirmed == {Role.DUE, Role.PAID, Role.DAYS}
    block.total("合计", ["合计", "111.01", "53.99", "5.06"])
    assert block.disagreeing == [
        ("合计", "111.01", "110.00"),
        ("合计", "53.99", "55.00"),
        ("合计", "5.06", "5"),
    ]
    empty = _block(["甲", 100, 50, None])
    empty.total("合计", ["合计", None, None, 7])
    assert (empty.confirmed, empty.disagreeing) == (set(), [])


@pytest.mark.parametrize(
    ("identity", "persons"), [("1234567", {"甲"}), ("1234 5678", {"12345678"}), (None, {"甲"})]
)
def test_a_person_is_known_by_an_identity_of_eight_characters_else_by_name(identity, persons):
    head = ["姓名", "身份证号", "应发工资", "项目名称", "月份"]
    block = _block(["甲", identity, 1, " 河西  小学 ", 9.5], head=head)
    assert block.groups.keys() == {Written("河西 小学", "", None)}
    assert next(iter(block.groups.values())).persons == persons


def test_hidden_digits_of_an_identity_do_not_make_one_person_of_two():
    head = ["姓名", "身份证号", "应发工资"]
    same = "510822********1234"
    hidden = [("甲", same), ("乙", same), ("丙", "*" * 18), ("丁", "未提供身份证复印件")]
    block = _block(*([*one, 1] for one in (*hidden, ("戊", "#FORMULA!"))), head=head)
    assert block.groups[Written()].due_to == {f"{same}甲", f"{same}乙", "丙", "丁", "戊"}


def test_wages_in_a_further_row_of_a_merged_name_count():
    block = _block(["甲", 50, 40])
    block.add_more([None, 5, 4], merged=True)
    block.add_more([None, None, None], merged=True)
    block.add_more([None, 55, 44])  # may be a total
    group = block.groups[Written()]
    assert (group.due, group.no_due, group.paid[None].fen) == (5_500, 0, 4_400)
    block.total("合计", ["合计", 55, 44])
    assert block.disagreeing == []


def test_a_payment_that_failed_is_in_the_sums_but_not_paid():
    head = ["姓名", "应发工资", "实发工资", "发放状态", "失败原因", "备注"]
    block = _block(
        ["甲", 50, 50, "成功", "无", "退票，已补发"],
        ["乙", 60, 60, "失败"],
        ["丙", 70, 70, None, "户名账号有误"],
        ["丁", 80, 80, None, None, "退汇"],
        head=head,
    )
    group = block.groups[Written()]
    assert group.paid == {None: Paid(5_000, {"甲"})}
    assert group.failed == Paid(21_000, {"乙", "丙", "丁"})
    block.total("合计", ["合计", 260, 260])
    assert block.confirmed == {Role.DUE, Role.PAID}


def test_corrections_are_subtracted_as_long_as_something_remains():
    block = _block(["甲", 100, 80], ["乙", 50, 50], ["甲", -30, "(20)"])
    group = block.groups[Written()]
    assert (group.due, group.paid[None].fen, group.corrections) == (12_000, 11_000, 1)
    assert (amount_due(block, group), amounts_paid(block, group)) == (12_000, group.paid)
    block = _block(["甲", -1, -1, None, "2025-10-14"], ["甲", 1, 5])
    group = block.groups[Written()]
    assert (amount_due(block, group), amounts_paid(block, group)) == (0, None)
    block = _block(["甲", -1, 0])
    assert amount_due(block, block.groups[Written()]) is None


def test_of_two_identities_the_first_counts():
    block = _block(
        ["甲", "12345678", "87654321", 1], head=["姓名", "身份证号", "证件号码", "应发工资"]
    )
    assert block.groups[Written()].persons == {"12345678"}


def test_further_rows_of_a_worker():
    head = ["姓名", "时段", *range(1, 11)]
    block = Block(read_head((1, head), (), ()), Labels(), None)
    block.add_more([None, "下午", "√"])  # nobody yet
    block.add(["甲", "上午", "√"], "甲")
    block.add_more([None, "下午", "√", "√"])
    block.add_more([None, "加班", 3])
    block.add_more([None, None, None])
    marks = block.groups[Written()].attendance["甲"]
    assert (len(marks.marks), marks.halves, marks.unclear) == (
        *(0, ["√", *[None] * 9, "√", "√", *[None] * 8], False),
    )
    block.add_more([None, None, "√"])
    assert marks.unclear
    block.add(["乙", None, "√"], "乙")
    assert block.groups[Written()].attendance["乙"].marks == ["√", *[None] * 9]
    wages = _block(["甲", 1, 1])
    wages.add_more([None, "下午"])
    assert wages.groups[Written()].attendance == {}


def test_stated_days_are_added_to_the_sums_of_an_attendance_sheet_only():
    block = _block(["甲", *["√"] * 30, 21], ["甲", *[None] * 30, 2], head=DAYS)
    assert block.groups[Written()].attendance["甲"].stated == 23
    block.total("小计", ["小计", *[None] * 30, 23])
    block.add(["乙", *[None] * 30, 1], "乙")
    block.total("小计", ["小计", *[None] * 30, 1])
    assert (block.confirmed, block.disagreeing) == ({Role.DAYS}, [])
    both = _block(["甲", 1, 1, *["√"] * 10, 4],
                  head=["姓名", "应发工资", "实发工资", *range(1, 11), "出勤天数"])  # fmt: skip
    both.total("合计", ["合计", 1, 1, *[None] * 10, 4])
    assert both.disagreeing == []


def test_rows_of_totals_and_names_of_persons():
    assert total_label([None, "合计", "x"], 1) == "合计"
    assert total_label([None, None, "合计"], 1) is None
    assert total_label(["本页小计金额一二三四五"], 0) == "本页小计金额一二"
    assert total_label([5, ""], 1) is None
    assert [person_name(cells, 1) for cells in (
        *([1, "柳 青山"], [1], [1, 5], [1, "制表:甲"], [1, "甲:乙"], [1, "12"], [1, "。"]),
        *([1, "甲" * 30], [1, "甲" * 31], [1, "审核人"], [1, ""]),
    )] == ["柳青山", "", "", "", "", "", "", "甲" * 30, "", "", ""]  # fmt: skip


@pytest.mark.parametrize(
    "label",
    [
        "钢筋工一班组小计",
        "地下室模板作业班小计",
        "总计人民币（大写）：贰万陆仟元整",
        "共5人",
        "本页共12名工人",
        "总额",
    ],
)
def test_labels_of_totals(label):
    assert total_label([None, label], 1)


@pytest.mark.parametrize(
    "label",
    ["人民币大写", "贰万陆仟元整", "工人人数", "本月无", "无", "本月新增1人，退场1人", "退场3人"],
)
def test_notes_are_no_persons(label):
    assert total_label([None, label], 1) is None
    assert person_name([None, label], 1) == ""
    assert person_name([None, "张三、李四", 5], 1) == "张三、李四"  # their wages count


def _group(**workers):
    return Group(attendance=workers)


def test_days_of_a_group():
    half = Decimal("0.5")
    usual = DayMarks()
    group = _group(
        a=Attendance(["√"] * 2, ["√"]),
        b=Attendance([None], [], Decimal(4)),
        c=Attendance(["×"], []),
        d=Attendance(["√"], [], Decimal(8)),
        e=Attendance(["√"], [], Decimal(1)),
        f=Attendance(["√"], [], Decimal(2)),
    )
    # 2.5 + 4 stated + 0 + 1 (8 hours stated) + 1 + 1 (2 stated): 9.5 days of five workers
    found = count_days(group, usual, hours=False)
    assert (found.present, found.days, found.unclear, found.disagreeing) == (5, 10, 0, 1)
    group.attendance["g"] = Attendance(["？"], [])
    found = count_days(group, usual, hours=False)
    assert (found.present, found.days, found.unclear, found.disagreeing) == (None, None, 1, 1)
    group.attendance["g"] = Attendance(["？"], [], half)
    assert count_days(group, usual, hours=False).days == 10
    group.attendance["g"] = Attendance(["√"], [], unclear=True)
    assert count_days(group, usual, hours=False).unclear == 1
    idle = count_days(_group(a=Attendance(["×"], [])), usual, hours=False)
    assert (idle.present, idle.days, idle.unclear) == (None, None, 0)


def test_hours_of_a_group():
    usual = DayMarks()

    def days(marks, stated=None, halves=()):
        group = _group(a=Attendance(marks, list(halves), stated))
        return count_days(group, usual, hours=True).days

    assert days([8, 8, "√"]) == 3
    assert days(["√"], None, [8]) == 2
    assert days(["？"], Decimal(31)) == 31
    assert days(["？"], Decimal(32)) == 4
    group = _group(a=Attendance(["？"], [], Decimal(40)))
    assert count_days(group, usual, hours=False).days == 40


def test_whether_numbers_are_hours_and_circles_absence():
    def block(*marks):
        return _block(["甲", *marks], head=DAYS)

    usual = DayMarks()
    assert [counts_hours(block(cell), usual) for cell in (3, 4, "4h", "√", "？4", 30)] == [
        *(False, True, True, False, False, False),
    ]
    assert [is_ticked(block(cell)) for cell in ("√", "○", "？", "休", 0.5)] == [
        *(True, False, False, False, True),
    ]
    halves = Block(read_head((1, ["姓名", "时段", *range(1, 11)]), (), ()), Labels(), None)
    halves.add(["甲", "上午", "√"], "甲")
    assert is_ticked(halves)


def test_workers_on_a_roster_in_a_month():
    first, last = SEPTEMBER, dt.date(2025, 9, 30)
    roster = {
        "a": RosterEntry(last, None, True),
        "b": RosterEntry(None, first, False),
        "c": RosterEntry(OCTOBER, None, None),
        "d": RosterEntry(None, dt.date(2025, 8, 31), None),
        "e": RosterEntry(None, None, True),
    }
    found = count_registered(Group(roster=roster), first, asked=True)
    assert (found.workers, found.with_contract) == (3, 2)
    assert count_registered(Group(roster=roster), first, asked=False).with_contract is None
    roster["f"] = RosterEntry(first, None, None)
    found = count_registered(Group(roster=roster), first, asked=True)
    assert (found.workers, found.with_contract) == (4, None)
    assert count_registered(Group(), first, asked=True).with_contract == 0


def test_workers_whose_days_on_the_site_are_unclear_leave_their_number_unknown():
    roster = {
        "a": RosterEntry("3月5日", None, True),
        "b": RosterEntry(dt.date(2025, 3, 5), dt.date.min, True),
        "c": RosterEntry("春节前", dt.date(2025, 8, 31), True),
    }
    found = count_registered(Group(roster=roster), SEPTEMBER, asked=True)
    assert (found.workers, found.with_contract, found.unclear) == (1, 1, 0)
    roster["d"] = RosterEntry("春节前", None, True)
    found = count_registered(Group(roster=roster), SEPTEMBER, asked=True)
    assert (found.workers, found.with_contract, found.unclear) == (None, None, 1)


def test_sums_with_a_missing_amount_are_unknown_unless_confirmed():
    block, paid = _block(["甲", 1, 1]), {None: Paid(5)}
    group = Group(due=7, no_due=1, paid=paid, no_paid=1)
    assert (amount_due(block, group), amounts_paid(block, group)) == (None, None)
    block.confirmed |= {Role.DUE, Role.PAID}
    assert (amount_due(block, group), amounts_paid(block, group)) == (7, paid)
    block.confirmed.clear()
    group = Group(due=7, paid=paid)
    assert (amount_due(block, group), amounts_paid(block, group)) == (7, paid)
    only_paid = _block(["甲", 1, 1], head=["姓名", "实发工资", "班组"])
    assert (amount_due(only_paid, group), amounts_paid(only_paid, group)) == (None, paid)
    assert amounts_paid(_block(head=["姓名", "应发工资", "班组"]), group) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("GC-01", "GC-01"),
        ("河西小学1号楼", "GC-01"),
        ("河西小学11号楼", "GC-11"),
        ("河西小学111号楼", None),
        ("城东", "GC-9"),
        ("在城东的工资", "GC-9"),
        ("GC-95", None),
        ("城西", None),
        ("城南", "GC-7"),
        ("二9B", "9B"),
        ("29B", None),
        ("5GC-9", "GC-9"),
        ("河西小学1号楼与城东", None),
        ("城东的河西小学1号楼", "GC-01"),
        ("河西小学1号楼与GC-11", None),
        ("GC-01与GC-11", None),
        ("", None),
        ("——", None),
    ],
)
def test_projects_by_code_and_name(projects, text, code):
    assert projects.called(text) == code


def test_a_project_is_looked_for_in_the_nearest_place_first(projects):
    names = SourceNames("GC-01", "GC-11", ("城东",))
    assert [*names] == ["GC-01", "GC-11", "城东"]
    assert projects.names("GC-01") == ("河西小学1号楼", "gc01")

    def found(cell="", labels=None, texts=(), names=names):
        return find_project(projects, cell, Labels(labels or {}, texts), names)

    assert found("城东", {Label.CODE: "GC-01"}) == "GC-9"
    assert found("", {Label.CODE: "城东", Label.PROJECT: "GC-01"}) == "GC-9"
    assert found("", {Label.PROJECT: "城东"}) == "GC-9"
    assert found("未知", {Label.CODE: "GC-01"}) is None
    assert found("", {Label.COMPANY: "城东公司"}, ("GC-11",)) == "GC-11"
    assert found("", {Label.COMPANY: "城东公司"}) == "GC-9"
    assert found() == "GC-01"
    assert found(names=SourceNames("", "x", ("城东",))) == "GC-9"
    assert found(names=SourceNames("", "x")) is None


def test_a_name_is_taken_out_of_a_title_with_spaces_in_it():
    assert _without("云       渡x", "云渡") == "云       渡x"
    assert _without("x云      渡y", "云渡") == "x y"
    assert _without("云渡", "云渡") == " "
    assert find_team("", Labels({Label.TEAM: " 木  工班 "}), SourceNames("", ""), ()) == "木 工班"
    assert find_team("a", Labels({Label.TEAM: "b"}), SourceNames("", ""), ()) == "a"
    names = SourceNames("钢筋班", "瓦工班")
    assert find_team("", Labels({}, ("城东电工班",)), names, ["城东"]) == "电工班"
    assert find_team("", Labels(), names, ()) == "钢筋班"
    assert find_team("", Labels(), SourceNames("", ""), ()) == ""


@pytest.mark.parametrize(
    ("cell", "year", "month"),
    [
        (9, 2025, SEPTEMBER),
        (12, 2025, dt.date(2025, 12, 1)),
        (9.0, 2025, SEPTEMBER),
        (202509, None, SEPTEMBER),
        (20250905, None, None),
        (True, 2025, None),
        ("2025年9月1日至5日", None, SEPTEMBER),
        ("2025年9月1日、2025年9月5日", None, SEPTEMBER),
        ("2025年9月1日", None, None),
        (None, 2025, None),
        ("九月", None, None),
        (dt.date(2025, 9, 5), None, SEPTEMBER),
        (dt.datetime(2025, 9, 5), None, SEPTEMBER),
    ],
)
def test_month_of_a_cell(cell, year, month):
    assert month_of(cell, year) == month


def test_a_month_is_looked_for_in_the_nearest_place_first():
    names = SourceNames("8月", "2025年7月", ("2024年6月",))

    def found(cell=None, labels=None, texts=(), names=names, **more):
        return find_month(cell, Labels(labels or {}, texts), names, **more)

    assert found(9, {Label.MONTH: "10月"}, ("11月",)) == SEPTEMBER
    assert found(None, {Label.MONTH: "10月"}, ("11月",)) == OCTOBER
    assert found(None, None, ("9月",)) == SEPTEMBER
    assert found() == dt.date(2025, 8, 1)
    assert found(dt.date(2023, 9, 1)) == dt.date(2023, 9, 1)
    nothing = SourceNames("", "")
    day = {Label.MADE_ON: dt.date(2025, 9, 30)}
    assert found(None, day, names=nothing) is None
    assert found(None, day, names=nothing, snapshot=True) == SEPTEMBER
    day = {Label.MADE_ON: dt.datetime(2025, 9, 30, 8)}
    month = found(None, day, names=nothing, snapshot=True)
    assert (month, type(month)) == (SEPTEMBER, dt.date)
    two = ("2025年9月1日、2025年10月1日",)
    assert found(None, {Label.MADE_ON: two[0]}, two, names=nothing, snapshot=True) is None


def _contract(store, code, project, name, arrival=1):
    store.rows(
        "INSERT INTO contracts (contract_id, project_id, contractor_name, known_at, arrival)"
        " VALUES (?, ?, ?, DATE '2025-03-10', ?)",
        [code, project, name, arrival],
    )


def test_the_contract_of_a_team_is_the_only_one_with_its_name(store):
    key = TeamMonth("P1", "木工班", SEPTEMBER)
    assert contract_of(store, key, "") is None
    _contract(store, "HT-0", "P2", "木工班")
    _contract(store, "HT-1", "P1", "乙公司")
    _contract(store, "HT-2", "P1", None)
    assert contract_of(store, key, "") is None
    assert contract_of(store, key, "乙公司") == "HT-1"
    assert contract_of(store, TeamMonth("P1", "", SEPTEMBER), "乙公司") == "HT-1"
    assert contract_of(store, TeamMonth("P1", "", SEPTEMBER), "") is None
    _contract(store, "HT-3", "P1", "木 工班")
    assert contract_of(store, key, "乙公司") == "HT-3"
    _contract(store, "HT-4", "P1", "木工班")
    assert contract_of(store, key, "") is None


def test_the_contract_of_a_sheet_named_after_a_team(store):
    def found(table):
        code = STORED_TABLES[table].field("project_id")
        return TeamContract(store, table, "木工班", 1, code)(["甲", "P1"])

    of_team = TeamMonth("P1", "木工班", SEPTEMBER).team_id
    assert (found("attendance"), found("payrolls")) == (of_team, None)
    _contract(store, "HT-1", "P1", "木工班")
    assert (found("attendance"), found("payrolls")) == ("HT-1", "HT-1")


def test_a_team_keeps_its_id_in_attendance(store):
    key = TeamMonth("P1", "木工班", SEPTEMBER)
    assert attendance_contract(store, key._replace(team=""), "HT-1") == "HT-1"
    assert attendance_contract(store, key, None) == key.team_id
    assert attendance_contract(store, key, "HT-1") == "HT-1"
    insert = (
        "INSERT INTO attendance (project_id, contract_id, period, known_at, arrival)"
        " VALUES (?, ?, DATE '2025-08-01', DATE '2025-09-01', 1)"
    )
    store.rows(insert, ["P2", key.team_id])
    store.rows(insert, ["P1", "HT-2"])
    assert attendance_contract(store, key, "HT-1") == "HT-1"
    store.rows(insert, ["P1", key.team_id])
    assert attendance_contract(store, key, "HT-1") == key.team_id


def test_facts_that_a_sheet_lacks_are_those_of_the_newest_version(store):
    columns = "known_at, arrival, workers_present, project_id, contract_id, period, withdrawn"

    def put(known, arrival, present, project="P1", *rest):
        cells = [known, arrival, present, project, *(rest or (None, "2025-09-01", None))]
        store.rows(f"INSERT INTO attendance ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", cells)

    record = {"project_id": "P1", "contract_id": None, "period": SEPTEMBER, "worker_days": 7}
    assert completed_attendance(store, record) == record
    put("2025-10-05", 9, 1, "P2")
    put("2025-10-05", 9, 1, "P1", "C", "2025-09-01", None)
    put("2025-10-05", 9, 1, "P1", None, "2025-10-01", None)
    put("2025-10-05", 9, 1, "P1", None, "2025-09-01", True)
    assert completed_attendance(store, record) == record
    put("2025-10-01", 4, 2)
    put("2025-10-02", 2, 3)
    put("2025-10-02", 3, 4)
    assert completed_attendance(store, record) == {
        **record,
        **{"workers_present": 4, "workers_registered": None, "workers_with_contract": None},
    }


def test_the_stored_amount_is_that_of_the_newest_version(store):
    def put(known, arrival, due, withdrawn=None, code="G1"):
        store.rows(
            "INSERT INTO payrolls (payroll_id, amount_due, known_at, arrival, withdrawn)"
            " VALUES (?, ?, ?, ?, ?)",
            [code, due, known, arrival, withdrawn],
        )

    assert stored_due(store, "G1") is None
    put("2025-10-09", 9, 9, code="G2")
    put("2025-10-09", 9, 9, withdrawn=True)
    put("2025-10-01", 4, 1)
    put("2025-10-02", 2, 2)
    put("2025-10-02", 3, 3)
    assert stored_due(store, "G1") == 3


def test_blocks_of_a_sheet_from_top_to_bottom():
    sheet = SmallSheet(
        [
            ["项目名称：甲", "班组：木工班"],
            ["金额单位：千元"],
            WAGES,
            ["柳青山", 1, "#FORMULA!"],
            [None, " "],
            ["合计", 1, 1],
            WAGES,
            ["石大川", 2, 2],
            ["电工班", None, " "],
            ["江小河", 3, 3],
            ["班组：瓦工班"],
            [*WAGES[:3], "身份证号"],
            ["水生", 4, 4, 5],
            ["发放日期：2025-10-14", None, "○出勤"],
        ]
    )
    found = read_blocks(sheet)
    teams = [one.labels.text(Label.TEAM) for one in found.blocks]
    assert teams == ["木工班", "电工班", "瓦工班", "瓦工班"]
    assert [one.labels.text(Label.PROJECT) for one in found.blocks] == ["甲"] * 4
    assert [[group.due for group in one.groups.values()] for one in found.blocks] == [
        *([300_000], [300_000], [], [400_000]),
    ]
    assert [one.head.row for one in found.blocks] == [3, 3, 3, 12]
    assert (found.name, found.unsaved, found.legend) == ("表", 1, {"○": 1})
    assert found.below.text(Label.PAID_ON) == "2025-10-14"


def test_merged_cells_of_a_team_are_filled_and_those_of_a_name_go_on():
    head = ["姓名", "班组", *range(1, 11)]
    sheet = SmallSheet(
        [
            head,
            ["甲", "瓦工班", "√"],
            [None, None, None, "√"],
            ["乙", None, "√"],
            ["丙", None, "√"],
            ["丁"],
        ],
        merges=[CellRange(2, 1, 4, 1), CellRange(2, 0, 3, 0), CellRange(5, 1, 5, 3)],
    )
    [block] = read_blocks(sheet).blocks
    assert {one.team: [*group.attendance] for one, group in block.groups.items()} == {
        "瓦工班": ["甲", "乙"],
        "": ["丙", "丁"],
    }
    assert block.groups[Written(team="瓦工班")].attendance["甲"].unclear


def test_a_merged_cell_ends_with_its_last_row():
    head = ["姓名", "班组", *range(1, 11)]
    rows = [head, ["甲", "瓦工班", "√"], ["乙", None, "√"], ["丙", None, "√"]]
    [block] = read_blocks(SmallSheet(rows, merges=[CellRange(2, 1, 3, 1)])).blocks
    assert {one.team: {*group.persons} for one, group in block.groups.items()} == {
        "瓦工班": {"甲", "乙"},
        "": {"丙"},
    }
    rows = [["姓名", *range(1, 11), "班组"], ["甲", *["√"] * 10, "瓦工班"], ["乙"]]
    rows.append(["丙", *["√"] * 10, "电工班"])
    [block] = read_blocks(SmallSheet(rows, merges=[CellRange(2, 11, 4, 11)])).blocks
    assert {one.team: {*group.persons} for one, group in block.groups.items()} == {
        "瓦工班": {"甲", "乙"},
        "电工班": {"丙"},
    }


def test_a_row_without_a_name_belongs_to_the_worker_above_if_most_of_its_cells_are_days():
    head = ["序号", "姓名", "时段", *range(1, 11)]
    rows = [head, [1, "甲", "上午", "√"], [None, None, "下午", "√", "√", " "]]
    rows += [[None, None, "下午", "半", " "]]
    [block] = read_blocks(SmallSheet(rows)).blocks
    halves = block.groups[Written()].attendance["甲"].halves
    assert [cell for cell in halves if cell] == ["√", "√", "√", " "]


def test_a_legend_is_among_the_first_two_hundred_texts():
    assert read_blocks(SmallSheet([["x"] * 199, ["○出勤"]])).legend == {"○": 1}
    assert read_blocks(SmallSheet([["x"] * 200, ["○出勤"]])).legend == {}


def test_the_second_row_of_a_head_is_no_text_below_it():
    rows = [["姓名", "身份证号", "本月"], [None, None, "应发工资", "○出勤"], ["甲", "x", 5]]
    found = read_blocks(SmallSheet(rows))
    assert (found.legend, found.blocks[0].groups[Written()].due) == ({}, 500)
    assert find_head(SmallSheet(rows)).rows == 2


def test_a_head_of_two_rows_is_passed_over_and_two_units_are_none():
    sheet = SmallSheet(
        [
            ["单位：万元、千元"],
            [],
            ["姓名", "身份证号", "工资", None],
            [None, None, "应发工资", "实发工资"],
            ["甲", "x", 2, 1],
        ]
    )
    [block] = read_blocks(sheet).blocks
    assert (block.unit, block.groups[Written()].due) == (None, 200)
    assert find_head(sheet).row == 3
    deep = [["x"]] * 59
    assert find_head(SmallSheet([*deep, WAGES])).row == 60
    assert find_head(SmallSheet([*deep, ["x"], WAGES])) is None
    roster = SmallSheet([["花名册"], ["姓名", "工种"], ["甲", "瓦工"]])
    assert find_head(roster).row == 2
    assert worker_level([sheet, SmallSheet(sheet.content, hidden=True), SmallSheet([["x"]])]) == [
        sheet
    ]


def _read(store, *sheets, path="九月.xlsx"):
    return read_worker_sheets(store, Path(path), sheets)


def _notes(found):
    return {one.code: (one.needs_answer, {**one.fields}) for one in found.notes}


def _records(found, table):
    return [
        {name: value for name, value in one.items() if not name.endswith("_id")}
        for part in found.totals if part.table == table for one in part.records
    ]  # fmt: skip


def test_wages_of_a_team_on_paper(store, projects):
    rows = [
        TITLE,
        ["约定发放日期：次月31日"],
        WAGES[:6],
        ["甲", 100, 60, 1, "2025-10-14", None],
        ["乙", "0.05", 0, 1, None, "现金"],
        ["丙", 1, 7, 1, None, None],
        ["发放方式：银行代发"],
    ]
    found = _read(store, SmallSheet(rows))
    assert _records(found, "payrolls") == [
        {"period": SEPTEMBER, "workers": 3, "amount_due": "101.05", "due_on": dt.date(2025, 10, 31)}
    ]
    assert _records(found, "payments") == [
        {"paid_on": dt.date(2025, 10, 14), "amount": "60.00", "workers_paid": 1,
         "channel": "银行代发"},
    ]  # fmt: skip
    [report] = found.sheets
    assert (report.header_row, report.blocks, report.ignored) == (3, 1, ("出勤天数",))
    assert report.columns == {
        **{"应发工资": "应发金额", "实发工资": "实发金额", "发放日期": "发放日期"},
        **{"发放方式": "发放方式"},
    }
    assert _notes(found) == {
        "worker_no_paid_on": (True, {"sheet": "表", "amount": "7.00"}),
        "worker_totals": (False, {"sheet": "表", "people": 3, "totals": 1, "columns": "姓名"}),
    }


@pytest.mark.parametrize(
    ("said", "due_on"),
    [
        ("约定发放日期：每月0日", dt.date(2025, 10, 1)),
        ("约定发放日期：每月2号", dt.date(2025, 10, 2)),
        ("约定发放日期：2025-12-05", dt.date(2025, 12, 5)),
        ("约定发放日期：另行通知", dt.date(2025, 10, 31)),
    ],
)
def test_wages_fall_due_as_the_sheet_says_else_at_the_end_of_the_next_month(
    store, projects, said, due_on
):
    found = _read(store, SmallSheet([TITLE, [said], WAGES, ["甲", 1, None]]))
    assert [one["due_on"] for one in _records(found, "payrolls")] == [due_on]
    by_rule = {"worker_due_by_rule": (False, {"totals": 1})} if "另行" in said else {}
    assert _notes(found) == {
        "worker_no_paid": (True, {"sheet": "表", "workers": 1}),
        "worker_totals": (False, {"sheet": "表", "people": 1, "totals": 1, "columns": "姓名"}),
        **by_rule,
    }


def test_sheets_of_one_team_are_added_up_and_an_unknown_part_leaves_the_sum_unknown(
    store, projects
):
    def sheet(name, due):
        return SmallSheet([TITLE, WAGES, [name, due, 0]], name=name)

    found = _read(store, sheet("甲", 1), sheet("乙", 2), sheet("甲", 4))
    assert [(one["workers"], one["amount_due"]) for one in _records(found, "payrolls")] == [
        *((2, "7.00"),),
    ]
    assert _notes(found)["worker_twice"] == (True, {"sheet": "甲", "workers": 1})
    assert _notes(found)["worker_due_by_rule"] == (False, {"totals": 1})
    part = SmallSheet([TITLE, DAYS, ["丁", "√"]])
    half = _read(store, sheet("甲", None), part)
    assert _notes(half)["worker_no_due"] == (True, {"sheet": "甲", "workers": 1})
    assert [one.header_row for one in _read(store, SmallSheet([]), part).sheets] == [0, 2]
    for parts in ((1, None, 2), (None, 1, 2)):
        read = (sheet(name, due) for name, due in zip("甲乙丙", parts, strict=True))
        with pytest.raises(WorkerSheetUnplaced) as raised:
            _read(store, *read)
        assert raised.value.fields["lacking"] == "应发工资、出勤、进场日期"


def test_batches_of_a_month_are_payrolls_of_their_own(store, projects):
    def sheet(batch, name, due):
        return SmallSheet([[f"{TITLE[0]}{batch}"], WAGES, [name, due, 0]], name=name)

    found = _read(store, sheet("（第一批）", "甲", 1), sheet("第2批", "乙", 2), sheet("", "丙", 4))
    assert [one["amount_due"] for one in _records(found, "payrolls")] == ["1.00", "2.00", "4.00"]
    again = _read(store, sheet("（第二批）", "乙", 2))
    assert again.totals[0].records[0] == found.totals[0].records[1]
    days = _read(store, *(SmallSheet([[f"{TITLE[0]}第{n}批"], DAYS, [n, "√"]]) for n in "一二"))
    assert [one["worker_days"] for one in _records(days, "attendance")] == [2]


def test_failed_payments_corrections_and_days_without_a_year(store, projects):
    head = ["姓名", "身份证号", "应发工资", "实发工资", "发放日期", "发放状态"]
    rows = [["甲", None, 100, 100, "10月14日", "成功"], ["乙", None, 50, 50, "10月14日", "退票"],
            ["甲", None, -20, -20, "10月14日", None]]  # fmt: skip
    found = _read(store, SmallSheet([TITLE, head, *rows, ["合计", None, 130, 130]]))
    assert [one["amount_due"] for one in _records(found, "payrolls")] == ["130.00"]
    assert _records(found, "payments") == [
        {"paid_on": dt.date(2025, 10, 14), "amount": "80.00", "workers_paid": 1, "channel": None}
    ]
    notes = _notes(found)
    assert notes["worker_failed"] == (False, {"sheet": "表", "workers": 1, "amount": "50.00"})
    assert notes["worker_corrections"] == (False, {"sheet": "表", "rows": 1})
    assert notes.keys() - {"worker_totals", "worker_due_by_rule"} == {
        *("worker_failed", "worker_corrections"),
    }
    labelled = SmallSheet([TITLE, ["发放日期：10月16日"], WAGES, ["甲", 1, 1]])
    assert _records(_read(store, labelled), "payments")[0]["paid_on"] == dt.date(2025, 10, 16)


def test_a_roster_with_days_that_cannot_be_read_needs_an_answer(store, projects):
    head = ["姓名", "工种", "进场日期", "退场日期"]
    rows = [
        ["河西小学1号楼2025年9月花名册"],
        head,
        ["甲", "瓦工", "3月5日", "在场"],
        ["乙", "瓦工", "春节前", None],
    ]
    found = _read(store, SmallSheet(rows), SmallSheet([TITLE, DAYS, ["丁", "√"]]))
    assert _notes(found)["worker_stay_unclear"] == (True, {"sheet": "表", "workers": 1})
    assert [one.get("workers_registered") for one in _records(found, "attendance")] == [None]


def test_a_sheet_without_a_column_of_wages_due_has_payments_of_a_stored_payroll(store, projects):
    head = ["姓名", "实发工资", "发放日期", "班组"]
    rows = [["甲", 5, "2025-10-14", None], ["乙", 5, "2025-10-14", None]]
    paid = SmallSheet([TITLE, head, *rows, ["丙", 1, "2025-10-02", None]])
    with pytest.raises(WorkerSheetUnplaced):
        _read(store, paid)
    key = TeamMonth("GC-01", "木工班", SEPTEMBER)
    store.rows(
        "INSERT INTO payrolls (payroll_id, amount_due, known_at, arrival)"
        " VALUES (?, 100, DATE '2025-10-02', 9)",
        [key.payroll_id],
    )
    found = _read(store, paid)
    assert [one.table for one in found.totals] == ["payments"]
    assert _records(found, "payments") == [
        {"paid_on": dt.date(2025, 10, 2), "amount": "1.00", "workers_paid": 1, "channel": None},
        {"paid_on": dt.date(2025, 10, 14), "amount": "10.00", "workers_paid": 2, "channel": None},
    ]
    assert _notes(found)["worker_no_due_column"] == (True, {"sheet": "表"})
    due = SmallSheet([TITLE, [*WAGES[:2], "班组"], ["甲", 2, None], ["乙", 0, None]])
    changed = _read(store, due)
    assert _notes(changed) == {
        "worker_changed": (False, {"totals": 1}),
        "worker_due_by_rule": (False, {"totals": 1}),
        "worker_totals": (False, {"sheet": "表", "people": 2, "totals": 1, "columns": "姓名"}),
    }
    assert [one["workers"] for one in _records(changed, "payrolls")] == [1]


def test_another_amount_without_a_team_needs_an_answer(store, projects):
    key = TeamMonth("GC-01", "", SEPTEMBER)
    store.rows(
        "INSERT INTO payrolls (payroll_id, amount_due, known_at, arrival)"
        " VALUES (?, 100, DATE '2025-10-02', 9)",
        [key.payroll_id],
    )
    rows = [["河西小学1号楼2025年9月工资表"], WAGES, ["甲", 2, None]]
    assert _notes(_read(store, SmallSheet(rows)))["worker_changed"] == (True, {"totals": 1})
    rows[2][1] = 1
    assert "worker_changed" not in _notes(_read(store, SmallSheet(rows)))


def test_ways_of_payment_of_one_day(store, projects):
    def channel(*ways):
        rows = [["甲", 1, 1, 1, "2025-10-14", way] for way in ways]
        found = _read(store, SmallSheet([TITLE, WAGES, *rows]))
        return _records(found, "payments")[0]["channel"]

    assert [channel("现金"), channel("现金", None), channel("现金", "银行代发")] == [
        *("现金", "现金", None),
    ]
    dated = SmallSheet([["发放日期：2025-10-20"], TITLE, WAGES, ["甲", 1, 1, 1, "2025-10-14"],
                    ["乙", 1, 2]])  # fmt: skip
    found = _records(_read(store, dated), "payments")
    assert [(one["paid_on"].day, one["amount"]) for one in found] == [(14, "1.00"), (20, "2.00")]


def test_attendance_and_rosters_of_a_team(store, projects):
    days = SmallSheet(
        [TITLE, DAYS, ["甲", "√", *[None] * 29, 1], ["乙", "√", "√", *[None] * 28, 3]]
    )
    roster = SmallSheet(
        [
            ["河西小学1号楼木工班花名册 填报日期：2025年9月30日"],
            ["姓名", "进场日期", "退场日期", "是否签订劳动合同", "工种"],
            ["甲", None, None, "是", "瓦工"],
            ["乙", None, "2025-08-31", None, "瓦工"],
            ["丙", None, None, "否", "瓦工"],
        ],
        name="名册",
    )
    found = _read(store, days, roster)
    assert _records(found, "attendance") == [
        {"period": SEPTEMBER, "workers_present": 2, "worker_days": 3, "workers_registered": 2,
         "workers_with_contract": 1},
    ]  # fmt: skip
    assert found.sheets[0].columns == {"1…30": "出勤工日", "合计": "出勤工日"}
    assert found.sheets[1].columns == {
        **{"进场日期": "实名登记人数", "退场日期": "实名登记人数"},
        "是否签订劳动合同": "签订劳动合同人数",
    }
    assert found.sheets[1].ignored == ("工种",)
    assert _notes(found)["worker_days_differ"] == (True, {"sheet": "表", "workers": 1})
    unknown = SmallSheet([*days.content, ["丙", "？"]], name="二")
    both = _read(store, days, unknown, roster)
    assert _records(both, "attendance")[0]["worker_days"] is None
    assert _notes(both)["worker_days_unclear"] == (True, {"sheet": "二", "workers": 1})
    assert _notes(both)["worker_twice"] == (True, {"sheet": "二", "workers": 2})
    roster.content[1][3] = "备注"
    assert "worker_contracts_unclear" not in _notes(_read(store, roster))
    roster.content[1][3] = "是否签订劳动合同"
    roster.content[4][3] = "不清楚"
    unclear = _read(store, roster)
    assert _notes(unclear)["worker_contracts_unclear"] == (True, {"sheet": "名册"})
    twice = _read(store, days, SmallSheet([*days.content[:2], ["丙", "√"]], name="二"))
    assert [(one["workers_present"], one["worker_days"])
            for one in _records(twice, "attendance")] == [(3, 4)]  # fmt: skip
    with pytest.raises(WorkerSheetUnplaced):
        _read(store, unknown)


def test_hours_totals_and_unsaved_formulas_are_noted(store, projects):
    rows = [TITLE, DAYS, ["甲", 8, "#FORMULA!", *[None] * 28, 9]]
    rows += [[label, *[None] * 30, 5] for label in ("小计1", "小计2", "小计3", "合计")]
    found = _read(store, SmallSheet(rows))
    assert _notes(found)["worker_hours"] == (False, {"sheet": "表"})
    assert _notes(found)["worker_unsaved"] == (True, {"sheet": "表", "cells": 1})
    differing = [one for one in found.notes if one.code == "worker_total_differs"]
    assert [(one.needs_answer, one.fields["label"]) for one in differing] == [
        *((True, "小计1"), (True, "小计2"), (True, "小计3")),
    ]


def test_sheets_that_are_not_placed(store, projects):
    def lacking(*rows, path="x.xlsx"):
        with pytest.raises(WorkerSheetUnplaced) as raised:
            _read(store, SmallSheet(rows), path=path)
        return raised.value.fields["lacking"]

    assert lacking(["河西小学1号楼"], WAGES, ["甲", 1, 1]) == "工资月份"
    assert lacking(["河西小学1号楼"], DAYS, ["甲", "√"]) == "考勤月份"
    assert lacking(["河西小学1号楼花名册"], ["姓名", "工种"], ["甲", "x"]) == "考勤月份"
    made = ["河西小学1号楼", "制表日期：2025年10月8日"]
    assert lacking(made, WAGES, ["甲", 1, 1]) == "工资月份"
    assert lacking(made, DAYS, ["甲", "√"]) == "考勤月份"
    assert lacking(["2025年9月"], WAGES, ["甲", 1, 1]) == "项目名称"
    assert lacking(["2025年9月"], WAGES, ["甲", 1, 1], path="城东/a/b/x.xlsx") == "项目名称"
    near = _read(store, SmallSheet([["2025年9月"], WAGES, ["甲", 1, 1]]), path="/城东/b/x.xlsx")
    assert _notes(near)["worker_totals"][0] is False
    head = ["项目名称", *WAGES]
    part = SmallSheet([["2025年9月"], head, ["城东", "甲", 1, 1], ["未知", "乙", 1, 1]])
    found = _read(store, part, path="2025年8月.xlsx")
    notes = _notes(found)
    assert notes["worker_unplaced"] == (True, {"sheet": "表", "lacking": "项目名称"})
    assert notes["worker_other_month"] == (
        *(False, {"sheet": "表", "taken": "2025-09", "named": "2025-08"}),
    )
    assert notes["worker_totals"][1]["people"] == 1
    same = _read(store, SmallSheet([["城东"], WAGES, ["甲", 1, 1]], name=""), path="2025年9月.xlsx")
    assert "worker_other_month" not in _notes(same)
    assert _notes(same)["worker_totals"][1]["sheet"] == "2025年9月.xlsx"


def test_lists_of_wages_owed_are_refused_unless_other_sheets_have_totals(store, projects):
    claims = SmallSheet([["拖欠工资"], WAGES, ["甲", 1, 1]])
    with pytest.raises(WorkerClaims):
        _read(store, claims)
    found = _read(store, claims, SmallSheet([TITLE, WAGES, ["甲", 1, 1]], name="b"))
    assert _notes(found)["worker_claims"] == (True, {"sheet": "表"})
    assert [one.name for one in found.sheets] == ["表", "b"]
    assert [one.code for one in found.notes].count("worker_totals") == 1
    with pytest.raises(WorkerSheetUnplaced):
        _read(store, claims, SmallSheet([WAGES, ["甲", 1, 1]]))
