"""Firms with an id made from their name get the credit code that comes later."""

import datetime as dt

import pytest

from risk.contract import STORED_TABLES
from risk.intake.importer import import_into
from risk.intake.name_ids import name_id
from risk.intake.staging import newest_arrival
from risk.store.seals import Seal, record_seal

MADE = name_id("川北建筑公司", "510822")
CODE, OTHER = "91510800MA62TEST1X", "91510800MA62TEST2X"
FIRST, DAY = dt.date(2025, 6, 1), dt.date(2025, 9, 1)
ORGANIZATIONS = ["统一社会信用代码", "单位名称", "成立日期"]
CASES = ["案件编号", "被查单位代码", "立案日期", "状态"]
OPERATIONS = ["统一社会信用代码", "月份", "指标", "数值"]


@pytest.fixture
def bring(store, write_csv):
    """Import the rows of a table, and of more by name, on a day; returns the notes by code."""

    def run(name, rows, today, **more):
        files = {name: rows, **{f"{other}.csv": table for other, table in more.items()}}
        report = import_into(store, [write_csv(*one) for one in files.items()], today=today)
        assert report.failed == ()
        return {note.code: note for note in report.notes}

    return run


@pytest.fixture
def ledger(bring):
    """A firm known by name: its register row, a case and two operations."""
    firm, case = [MADE, "川北建筑公司", "2020-01-01"], ["C1", MADE, "2025-03-10", "立案"]
    use = [[MADE, month, "用电量", "5"] for month in ("2025-03", "2025-04")]
    rows = {"案件": [CASES, case], "经营指标": [OPERATIONS, *use]}
    bring("单位.csv", [ORGANIZATIONS, firm], FIRST, **rows)


def seen(store, table, as_of):
    known = "known_at < $1 AND (superseded_at IS NULL OR superseded_at >= $1)"
    return store.rows(f"SELECT org_id FROM {table}_versions WHERE {known} ORDER BY ALL", [as_of])


def test_records_get_the_code_from_the_day_of_the_import_on(store, bring, ledger):
    bring("经营指标2.csv", [OPERATIONS, [CODE, "2025-04", "用电量", "7"]], FIRST)
    after = DAY + dt.timedelta(days=1)
    mark = newest_arrival(store, STORED_TABLES.values())
    before = [store.digest(day) for day in (DAY, after)]
    notes = bring("单位2.csv", [ORGANIZATIONS, [CODE, "川北 建筑公司", "2025-09-01"]], DAY)
    # One case, and one operation: that of April has the code's own row.
    fields = notes["names_merged"].fields
    assert (fields["firms"], fields["rows"]) == (1, 2)
    assert not notes["names_merged"].needs_answer
    assert [seen(store, "cases", day) for day in (DAY, after)] == [[(MADE,)], [(CODE,)]]
    assert [seen(store, "organizations", day) for day in (DAY, after)] == [[(MADE,)], [(CODE,)]]
    assert store.rows(
        "SELECT org_id, strftime(period, '%m'), value FROM operations_versions"
        " WHERE superseded_at IS NULL ORDER BY 2"
    ) == [(CODE, "03", 5.0), (CODE, "04", 7.0)]
    assert store.digest(DAY) == before[0]
    assert store.up_to(mark).digest(after) == before[1]  # as replay reads
    assert bring("单位3.csv", [ORGANIZATIONS, [CODE, "川北建筑公司", "2025-09-01"]], after) == {}


def test_a_name_of_two_codes_is_asked_about_once(store, bring, ledger):
    rows = [ORGANIZATIONS, [CODE, "川北建筑公司", ""], [OTHER, "川北建筑公司", ""]]
    notes = bring("单位2.csv", rows, DAY)
    assert notes["names_not_merged"].needs_answer
    assert f"{CODE}、{OTHER}" in notes["names_not_merged"].message()
    assert seen(store, "cases", DAY + dt.timedelta(days=9)) == [(MADE,)]
    assert bring("案件2.csv", [CASES, ["C2", "", "2025-03-10", "立案"]], DAY) == {}


def test_a_contract_that_names_code_and_name_is_enough(store, bring, ledger):
    bring("单位2.csv", [ORGANIZATIONS, [MADE, "川东建筑公司", "2020-01-01"]], FIRST)  # its new name
    head = ["合同编号", "项目编码", "承包单位代码", "承包方名称", "签订日期"]
    notes = bring("承包合同.csv", [head, ["H1", "X1", CODE, "川东建筑公司", "2025-01-05"]], DAY)
    assert notes["names_merged"].fields["rows"] == 3
    after = DAY + dt.timedelta(days=1)
    assert seen(store, "organizations", after) == []
    again = bring("案件2.csv", [CASES, ["C2", MADE, "2025-03-10", "立案"]], after)
    assert [(code, note.fields["rows"]) for code, note in again.items()] == [("merged_again", 1)]


def test_a_later_book_is_newer_than_the_merge(store, bring, ledger):
    bring("单位2.csv", [ORGANIZATIONS, [CODE, "川北建筑公司", ""]], DAY)
    # The book of August comes after the merge, and says more than the book of June.
    bring("案件2025年8月.csv", [CASES, ["C1", CODE, "2025-03-10", "受理"]], dt.date(2025, 9, 5))
    current = "SELECT status, org_id FROM cases_versions WHERE superseded_at IS NULL"
    assert store.rows(current) == [("accepted", CODE)]


def test_rows_with_their_own_day_replace_the_merged_ones(store, bring, ledger):
    bring("单位2.csv", [ORGANIZATIONS, [CODE, "川北建筑公司", ""]], DAY)
    dated = [[*CASES, "入库日期"], ["C1", CODE, "2025-03-10", "受理", "2025-08-31"]]
    bring("案件2.csv", dated, dt.date(2025, 9, 6))
    current = "SELECT status, org_id FROM cases_versions WHERE superseded_at IS NULL"
    assert store.rows(current) == [("accepted", CODE)]


def test_nothing_changes_up_to_the_day_that_lists_are_sealed_through(store, bring, ledger):
    sealed = dt.date(2025, 10, 1)
    record_seal(store, Seal("a", sealed, 1000))
    before = store.digest(sealed)
    bring("案件3.csv", [CASES, ["C1", MADE, "2025-03-10", "立案"]], DAY)
    bring(
        "承包合同.csv",
        [
            ["合同编号", "项目编码", "承包单位代码", "承包方名称", "签订日期", "入库日期"],
            ["H1", "X1", CODE, "川北建筑公司", "2025-09-30", "2025-10-02"],
        ],
        DAY,
    )
    assert store.digest(sealed) == before
    assert seen(store, "cases", sealed + dt.timedelta(days=1)) == [(CODE,)]


INSPECTION = ["检查编号", "项目编码", "检查日期", "是否发现欠薪", "入库日期"]
PROJECTS = ["项目编码", "项目名称", "行政区划代码", "开工日期"]


def test_rows_of_a_project_known_by_name_get_its_code_with_their_own_days(store, bring):
    made = name_id("云渡小区二期", "510822")
    visits = [INSPECTION, ["J1", made, "2025-03-10", "是", "2025-03-20"]]
    cases = [["案件编号", "项目编码", "立案日期", "状态"], ["C1", made, "2025-03-11", "立案"]]
    months = [["项目编码", "考勤月份", "考勤人数"], [made, "2025-03", "5"], [made, "2025-04", "6"]]
    bring("检查.csv", visits, FIRST, 案件=cases, 考勤=months)
    mark = newest_arrival(store, STORED_TABLES.values())
    before = store.digest(DAY)
    notes = bring("项目.csv", [PROJECTS, ["X1", "云渡小区 二期", "510822001", "2025-03-05"]], DAY)
    assert notes["waiting_merged"].fields["rows"] == 4
    assert store.rows(
        "SELECT project_id, known_at::VARCHAR, dated_by FROM inspections_versions"
        " WHERE known_at < coalesce(superseded_at, DATE '9999-01-01')"
    ) == [("X1", "2025-03-20", "given")]
    assert store.rows("SELECT project_id FROM cases_versions WHERE superseded_at IS NULL") == [
        ("X1",)
    ]
    assert store.rows(
        "SELECT project_id, workers_present FROM attendance_versions"
        " WHERE superseded_at IS NULL ORDER BY period"
    ) == [("X1", 5), ("X1", 6)]
    assert store.up_to(mark).digest(DAY) == before
    assert "waiting_merged" not in bring(
        "检查2.csv", [INSPECTION, ["J2", "X1", "2025-03-10", "否", ""]], DAY
    )


def test_waiting_rows_of_a_project_change_nothing_in_sealed_lists(store, bring):
    made, sealed = name_id("云渡小区二期", "510822"), dt.date(2025, 8, 1)
    # A project that had the name once is not the one that is waited for.
    former = [["X2", name, "510822", "2025-01-05", day] for name, day in (
        *(("云渡小区二期", "2025-01-06"), ("竹园", "2025-02-01")),
    )]  # fmt: skip
    bring("项目2.csv", [[*PROJECTS, "入库日期"], *former], FIRST)
    bring("检查.csv", [INSPECTION, ["J1", made, "2025-03-10", "是", "2025-03-20"]], FIRST)
    record_seal(store, Seal("a", sealed, 1000))
    record_seal(store, Seal("b", dt.date(2025, 7, 1), 1000))
    before = store.rows("SELECT project_id FROM inspections_versions WHERE known_at < $1", [sealed])
    bring("项目.csv", [PROJECTS, ["X1", "云渡小区二期", "510822", "2025-03-05"]], DAY)
    assert before == [(made,)]
    assert store.rows(
        "SELECT project_id, known_at::VARCHAR, superseded_at::VARCHAR FROM inspections_versions"
        " ORDER BY known_at"
    ) == [(made, "2025-03-20", "2025-08-01"), ("X1", "2025-08-01", None)]


def test_a_project_with_a_made_id_and_a_code_is_asked_about(store, bring):
    head = ["项目编码", "项目名称", "行政区划代码", "开工日期"]
    made = name_id("云渡小区二期", "510822")
    rows = [head, [made, "云渡小区二期", "510822", "2025-03-05"]]
    assert bring("项目.csv", rows, FIRST) == {}
    other = [head, ["X1", "云渡小区二期", "510823", "2025-03-05"]]
    assert bring("项目2.csv", other, FIRST) == {}
    again = [head, ["X2", "云渡小区 二期", "510822001", "2025-03-05"]]
    note = bring("项目3.csv", again, DAY)["projects_twice"]
    assert f"{made}、X2" in note.message()
    assert bring("案件.csv", [CASES, ["C2", "", "2025-03-10", "立案"]], DAY) == {}


def _current(store, table, names):
    return store.rows(
        f"SELECT {names} FROM {table}_versions WHERE superseded_at IS NULL ORDER BY 1"
    )


def test_only_what_names_a_firm_or_project_now_gets_its_code(store, bring, ledger):
    """Nor do lists of another history bind the firms, or the rows that wait for a project."""
    record_seal(store, Seal("c", dt.date(2026, 1, 1), None))
    cases = [
        # Named the firm until the day of the merge, and until another day.
        ["C2", MADE, "2025-03-10", "立案", "2025-03-11"],
        ["C2", MADE, "2025-03-10", "受理", "2025-09-01"],
        ["C3", MADE, "2025-03-10", "立案", "2025-03-11"],
        ["C3", OTHER, "2025-03-10", "立案", "2025-04-11"],
    ]
    made, once = name_id("云渡小区", "510822"), name_id("竹园", "510822")
    visits = [
        ["J1", once, "2025-03-10", "是", "2025-03-20"],
        ["J1", "X9", "2025-03-10", "是", "2025-04-20"],
        ["J2", made, "2025-03-10", "是", "2025-03-20"],
    ]
    projects = [
        ["X1", "甲", "510822", "2025-03-05", OTHER, MADE],
        ["X2", "乙", "510822", "2025-03-05", MADE, ""],
    ]
    # Another firm had the name once.
    days = (("川北建筑公司", "2025-01-06"), ("川西建筑公司", "2025-02-01"))
    former = [[OTHER, name, "", day] for name, day in days]
    more = {
        "检查": [INSPECTION, *visits],
        "项目": [[*PROJECTS, "建设单位代码", "施工总承包代码"], *projects],
        "单位2": [[*ORGANIZATIONS, "入库日期"], *former],
    }
    notes = bring("案件2.csv", [[*CASES, "入库日期"], *cases], DAY, **more)
    assert set(notes) == {"waiting"}
    # What contracts say counts only where the register has no such name.
    contract = ["合同编号", "项目编码", "承包单位代码", "承包方名称", "签订日期"]
    signed = [[f"H{code}", "X1", code, "川北建筑公司", "2025-01-05"] for code in (OTHER, "")]
    come = [[f"X{name}", name, "510822", "2025-03-05"] for name in ("云渡小区", "竹园")]
    more = {"单位3": [ORGANIZATIONS, [CODE, "川北建筑公司", ""]], "项目2": [PROJECTS, *come]}
    notes = bring("承包合同.csv", [contract, *signed], DAY, **more)
    waiting = notes["waiting_merged"].fields
    assert (waiting["projects"], waiting["rows"]) == (1, 1)
    # The cases C1 and C2, two projects and two operations.
    assert notes["names_merged"].fields["rows"] == 6
    assert _current(store, "inspections", "inspection_id, project_id, known_at::VARCHAR") == [
        *(("J1", "X9", "2025-04-20"), ("J2", "X云渡小区", "2025-03-20"))
    ]
    assert _current(store, "cases", "case_id, org_id, status, known_at::VARCHAR") == [
        ("C1", CODE, "filed", "2025-09-01"),
        ("C2", CODE, "accepted", "2025-09-01"),
        ("C3", OTHER, "filed", "2025-04-11"),
    ]
    assert store.rows("SELECT case_id, count(*) FROM cases GROUP BY case_id ORDER BY 1") == [
        *(("C1", 2), ("C2", 3), ("C3", 2))
    ]
    assert _current(store, "projects", "project_id, owner_id, contractor_id")[:2] == [
        *(("X1", OTHER, CODE), ("X2", CODE, None))
    ]


def test_three_firms_and_projects_are_shown(store, bring):
    once, twice = ([f"{one}{kind}公司" for one in "甲乙丙丁"] for kind in ("建筑", "劳务"))
    ids = {name: name_id(name, "510822") for name in once + twice}
    visits = [[f"J{name}", ids[name], "2025-03-10", "是", ""] for name in once]
    firms = [[made, name, "", ""] for name, made in ids.items()]
    firms.append([ids[once[0]], once[0], "2020-01-01", "2025-12-01"])  # is withdrawn with the rest
    head = [*ORGANIZATIONS, "入库日期"]
    bring("单位.csv", [head, *firms], FIRST, 检查=[INSPECTION, *visits])
    codes = [[f"{code}{name[0]}", name, ""] for name in twice for code in "AB"]
    codes += [[f"C{name[0]}", name, ""] for name in once]
    projects = [PROJECTS, *([f"X{name[0]}", name, "510822", "2025-03-05"] for name in once)]
    notes = bring("单位2.csv", [ORGANIZATIONS, *codes], DAY, 项目=projects)
    merged, asked, waited = (
        notes[code].fields for code in ("names_merged", "names_not_merged", "waiting_merged")
    )
    assert (merged["firms"], asked["firms"], waited["projects"], waited["rows"]) == (4, 4, 4, 4)
    shown = [f"{one} = C{one[0]}" for one in sorted(once, key=ids.get)[:3]]
    assert merged["examples"] == "、".join(shown)
    shown = [f"{one}（A{one[0]}、B{one[0]}）" for one in sorted(twice, key=ids.get)[:3]]
    assert asked["examples"] == "；".join(shown)
    assert len(waited["examples"].split("、")) == 3
    both = "SELECT arrival FROM inspections UNION ALL SELECT arrival FROM organizations"
    [counted] = store.rows(f"SELECT count(*), count(DISTINCT arrival) FROM ({both})")
    # Four visits, nine versions of firms, twelve codes; then four and five copies.
    assert counted == (4 + 9 + 12 + 4 + 5, 34)
