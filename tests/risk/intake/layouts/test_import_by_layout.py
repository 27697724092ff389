"""Ledgers as offices keep them, read by certain headings or by a confirmed layout."""

import dataclasses
import datetime as dt

import pytest

from risk.contract import TABLES
from risk.intake.importer import import_into
from risk.intake.layouts.layout import read_layout
from risk.intake.layouts.layout_file import write_layout
from risk.intake.layouts.names import single_county
from risk.intake.layouts.plan import OfficeLayouts
from risk.intake.name_ids import name_id
from risk.intake.trial import needs_layout, try_files
from risk.store.row_hashes import columns

HEAD = ["项目编码", "项目名称", "行政区划代码", "开工日期"]
NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
LEDGER = [
    ["青川县2025年10月在建工程项目台账"],
    ["填报单位：青川县劳动保障监察大队", None, None, None, None, None, "单位：人、万元"],
    ["序号", "工程名称", "所属乡镇", "建设单位", "施工单位", "合同价", "开工时间", "备注"],
    [1, "云渡小区二期", "乔庄镇", "青川县城投公司", "川北某某建筑公司", 3560, "2025.3.5", None],
    [2, "竹园污水管网", "竹园镇", "青川县水利局", "川北某某建筑公司", 1280, "2024.11.1", "停工"],
    ["制表人：张某", None, None, "审核人：李某"],
]


@pytest.fixture
def records(store):
    """Rows of a table as dictionaries."""

    def read(table):
        names = [name for name, _ in columns(TABLES[table])]
        rows = store.rows(f"SELECT {', '.join(names)} FROM {table} ORDER BY arrival")
        return [dict(zip(names, row, strict=True)) for row in rows]

    return read


def confirmed(folder, *paths, **changes):
    """Office with the layouts proposed for ``paths``, confirmed."""
    layouts = {
        proposal.layout.name: proposal.layout
        for trial in try_files(paths, OfficeLayouts())
        for proposal in trial.proposals
        if needs_layout(proposal)
    }
    read = [read_layout(write_layout(folder, one)) for one in layouts.values()]
    return OfficeLayouts(tuple(one.confirm("王某", NOW) for one in read), **changes)


def test_a_ledger_without_codes_needs_a_layout_and_says_what_it_looks_like(
    store, write_xlsx, today
):
    path = write_xlsx("在建项目.xlsx", LEDGER)
    report = import_into(store, [path], today=today, office=OfficeLayouts())
    [failure] = report.failed
    assert failure.code == "layout_needed"
    assert "工程名称=项目名称" in failure.message("zh")
    assert failure.fields["lacking"] == "项目编码"
    assert report.files == ()


def test_a_confirmed_layout_reads_the_ledger_whole(store, write_xlsx, today, tmp_path, records):
    path = write_xlsx("在建项目.xlsx", LEDGER)
    office = confirmed(tmp_path, path)
    report = import_into(store, [path], today=today, office=office)
    assert report.failed == ()
    [file] = report.files
    assert file.accepted == 2
    assert file.reading.layouts == ("在建项目",)
    assert file.reading.named_firms == 3
    first, second = sorted(records("projects"), key=lambda row: -row["contract_amount"])
    assert first["project_id"] == name_id("云渡小区二期", "510822")
    assert first["contract_amount"] == 3560 * 10_000 * 100
    assert first["region_code"] == second["region_code"] == "510822"
    assert (
        first["contractor_id"] == second["contractor_id"] == name_id("川北某某建筑公司", "510822")
    )
    firms = {row["org_name"] for row in records("organizations")}
    assert firms == {"青川县城投公司", "青川县水利局", "川北某某建筑公司"}


def test_next_months_file_is_read_by_the_same_layout_and_repeats_nothing_new(
    store, write_xlsx, today, tmp_path
):
    path = write_xlsx("2025年9月在建项目.xlsx", LEDGER)
    office = confirmed(tmp_path, path)
    later = write_xlsx("2025年10月在建项目.xlsx", LEDGER)
    report = import_into(store, [path, later], today=today, office=office)
    assert [file.reading.layouts for file in report.files] == [("年月在建项目",)] * 2 or all(
        file.reading.layouts for file in report.files
    )
    assert [(file.accepted, file.repeated) for file in report.files] == [(2, 0), (0, 2)]
    assert report.files[1].reading.named_firms == 0


def test_the_credit_code_of_a_named_firm_is_used_once_it_comes(
    store, write_xlsx, write_csv, today, tmp_path
):
    office = confirmed(tmp_path, path := write_xlsx("2025年9月在建项目.xlsx", LEDGER))
    import_into(store, [path], today=today, office=office)
    code = "91510800MA62TEST1X"
    firms = write_csv("单位.csv", [["统一社会信用代码", "单位名称"], [code, "川北某某建筑公司"]])
    [note] = import_into(store, [firms], today=today, office=office).notes
    assert (note.code, note.fields["rows"]) == ("names_merged", 2)
    current = "SELECT DISTINCT contractor_id FROM projects_versions WHERE superseded_at IS NULL"
    assert store.rows(current) == [(code,)]
    later = write_xlsx("2025年10月在建项目.xlsx", LEDGER)
    report = import_into(store, [later], today=today, office=office)
    assert (report.files[0].accepted, report.files[0].repeated, report.notes) == (0, 2, ())
    assert report.files[0].reading.named_firms == 0


def test_a_project_given_by_name_is_the_one_with_the_code_once_it_comes(
    store, write_xlsx, write_csv, today, tmp_path
):
    office = confirmed(tmp_path, path := write_xlsx("2025年9月在建项目.xlsx", LEDGER))
    import_into(store, [path], today=today, office=office)
    row = ["X1", "云渡小区 二期", "510822", "2025-03-05"]
    [note] = import_into(
        store, [write_csv("工程项目.csv", [HEAD, row])], today=today, office=office
    ).notes
    assert (note.code, note.fields["projects"]) == ("projects_twice", 1)
    later = write_xlsx("2025年10月在建项目.xlsx", LEDGER)
    report = import_into(store, [later], today=today, office=office)
    assert (report.files[0].accepted, report.files[0].repeated) == (1, 1)
    newest = "SELECT arg_max(project_id, arrival) FROM projects WHERE project_name LIKE '云渡%'"
    assert store.rows(newest) == [("X1",)]
    cases = [
        ["案件编号", "工程名称", "立案日期", "状态"],
        ["C1", "云渡小区二期", "2025-09-01", "立案"],
    ]
    import_into(store, [write_csv("案件.csv", cases)], today=today, office=office)
    assert store.rows("SELECT project_id FROM cases") == [("X1",)]


def test_a_row_with_more_cells_than_the_head_is_rejected_and_gives_no_key(
    store, write_csv, today, tmp_path
):
    book = [
        ["项目名称", "班组", "工资月份", "应发工资", "应发日期"],
        ["云渡小区二期", "木工班", "2025-01", 100_000, "2025-02-28"],
        ["云渡小区二期", "瓦工班", "2025-01", 1, 500, "2025-02-28"],  # 1,500
    ]
    path = write_csv("2025年工资表.csv", book)
    report = import_into(store, [path], today=today, office=confirmed(tmp_path, path))
    assert [(one.accepted, one.quarantined) for one in report.files] == [(1, 1)]
    assert store.rows("SELECT amount_due // 100 FROM payrolls") == [(100_000,)]
    [(problems,)] = store.rows("SELECT problems FROM quarantine")
    assert "too_many_cells" in problems


def test_an_unconfirmed_layout_is_not_used(store, write_xlsx, today, tmp_path):
    path = write_xlsx("在建项目.xlsx", LEDGER)
    office = confirmed(tmp_path, path)
    [layout] = office.layouts
    changed = OfficeLayouts((read_layout(tmp_path / f"{layout.name}.toml"),))
    report = import_into(store, [path], today=today, office=changed)
    assert [one.code for one in report.failed] == ["layout_unconfirmed"]


@pytest.mark.parametrize("name", ["工程项目.xlsx", "台账.xlsx"])
def test_headings_of_the_contract_need_no_layout_to_be_confirmed(
    store, write_xlsx, today, tmp_path, name
):
    ledger = write_xlsx("在建项目.xlsx", LEDGER)
    rows = [[*HEAD, "工程款拨付"], ["X1", "云渡小区", "510822", "2025-03-05", "30"]]
    plain = write_xlsx(name, rows)
    proposed = [
        one.layout
        for trial in try_files([ledger, plain], OfficeLayouts())
        for one in trial.proposals
    ]
    assert len(proposed) == 2
    office = OfficeLayouts(tuple(proposed))
    report = import_into(store, [ledger, plain], today=today, office=office)
    assert [one.code for one in report.failed] == ["layout_unconfirmed"]
    assert [(one.file, one.accepted) for one in report.files] == [(name, 1)]


def test_a_changed_head_is_asked_about_again(store, write_xlsx, today, tmp_path):
    office = confirmed(tmp_path, write_xlsx("在建项目.xlsx", LEDGER))
    rows = [list(row) for row in LEDGER]
    rows[2][5] = "中标合同价"
    report = import_into(store, [write_xlsx("在建项目.xlsx", rows)], today=today, office=office)
    [failure] = report.failed
    assert failure.code == "layout_changed"
    assert (failure.fields["added"], failure.fields["gone"]) == ("中标合同价", "合同价")


def test_usual_headings_are_understood_without_a_layout(store, write_csv, today, records):
    rows = [
        ["工单编号", "来电时间", "来电人", "诉求内容", "办结状态"],
        ["DH1", "2025-10-01", "王某", "拖欠木工班组12人工资", "已办结"],
    ]
    report = import_into(
        store, [write_csv("12345导出.csv", rows)], today=today, office=OfficeLayouts()
    )
    assert report.failed == ()
    [file] = report.files
    assert (file.table, file.accepted, file.reading.table_by_headings) == ("complaints", 1, True)
    assert file.reading.synonyms == {"工单编号": "投诉编号", "来电时间": "受理日期"}
    [row] = records("complaints")
    assert row["received_on"] == dt.date(2025, 10, 1)


def test_days_without_a_year_are_dates_under_usual_headings(store, write_xlsx, today):
    head = ["项目编号", "工程名称", "行政区划代码", "开工时间"]
    rows = [["2025年在建项目台账"], head, ["X1", "甲", "510822", "3月5日"]]
    path = write_xlsx("工程项目.xlsx", [*rows, ["X2", "乙", "510822", "4月1日"]])
    [file] = import_into(store, [path], today=today, office=OfficeLayouts()).files
    assert (file.accepted, file.marks) == (2, {"year_of_day": 2})


def test_a_planned_date_is_never_the_actual_one(store, write_csv, today):
    rows = [["项目编码", "项目名称", "行政区划代码", "开工日期（计划）"]]
    rows.append(["X1", "甲", "510822", "2025-03-05"])
    report = import_into(
        store, [write_csv("工程项目.csv", rows)], today=today, office=OfficeLayouts()
    )
    [failure] = report.failed
    assert (failure.code, failure.fields["columns"]) == ("only_planned", "开工日期")


def test_a_row_that_was_cut_off_is_not_taken_when_terms_are_translated(
    store, write_csv, today, records
):
    head = ["发放编号", "工资表编号", "发放日期", "实发金额", "发放方式"]
    rows = [
        head,
        ["F1", "G1", "2025-05-20", "1200.50", "转账"],
        ["F2", "G1", "2025-05-20", "131921.1"],
        ["F3", "G1", "2025-05-20", "5", "转账", "多"],
    ]
    report = import_into(
        store, [write_csv("工资发放.csv", rows)], today=today, office=OfficeLayouts()
    )
    assert (report.files[0].accepted, report.files[0].quarantined) == (1, 2)
    assert [row["payment_id"] for row in records("payments")] == ["F1"]


def test_a_formula_without_a_result_is_no_reason_to_make_a_code(store, write_xlsx, today, records):
    rows = [["项目编码", "工程名称", "行政区划代码", "开工日期"]]
    rows += [["=A9&1", "甲", "510822", "2025-03-05"], ["", "乙", "510822", "2025-03-05"]]
    path = write_xlsx("工程项目.xlsx", rows)
    report = import_into(store, [path], today=today, office=OfficeLayouts())
    assert (report.files[0].accepted, report.files[0].quarantined) == (1, 1)
    assert [row["project_name"] for row in records("projects")] == ["乙"]


def test_an_ambiguous_end_date_is_asked_and_not_used(store, write_csv, today, records):
    rows = [["项目编号", "工程名称", "行政区划代码", "开工日期", "竣工日期"]]
    rows.append(["X1", "甲", "510822", "2025-03-05", "2025-12-01"])
    report = import_into(
        store, [write_csv("工程项目.csv", rows)], today=today, office=OfficeLayouts()
    )
    assert report.files[0].reading.asked == {"竣工日期": ("planned_end_on", "completed_on")}
    [row] = records("projects")
    assert (row["planned_end_on"], row["completed_on"]) == (None, None)


def test_firms_given_by_name_have_the_code_of_the_register_or_an_id_of_their_own(
    store, write_csv, today, records
):
    register = [
        ["统一社会信用代码", "单位名称"],
        ["91110000101623741K", "川北甲建筑有限公司"],
        ["", "川北乙劳务"],
        ["待办理", "川北丙劳务"],
    ]
    projects = [
        ["项目编码", "项目名称", "行政区划代码", "开工日期", "施工单位", "施工总承包代码"],
        ["X1", "甲", "510822", "2025-03-05", "川北甲建筑有限责任公司", ""],
        ["X2", "乙", "510822", "2025-03-05", "", "川北乙劳务"],
        ["X3", "丙", "510822", "2025-03-05", "川北丁公司", "91110000101623741K"],
        ["X4", "丁", "510822", "2025-03-05", "川北戊公司", ""],
    ]
    paths = [write_csv("工程项目.csv", projects), write_csv("单位.csv", register)]
    report = import_into(store, paths, today=today, office=OfficeLayouts())
    assert [file.file for file in report.files] == ["工程项目.csv", "单位.csv"]
    assert report.files[0].ignored_columns == ()
    [sheet] = report.files[0].sheets
    assert sheet.columns["施工单位"] == "施工总承包代码"
    assert sheet.ignored == ()
    firms = {row["org_name"]: row["org_id"] for row in records("organizations")}
    made = {name: name_id(name, "") for name in ("川北乙劳务", "川北丙劳务", "川北戊公司")}
    assert firms == {"川北甲建筑有限公司": "91110000101623741K", **made}
    contractors = {row["project_id"]: row["contractor_id"] for row in records("projects")}
    assert contractors == {
        "X1": "91110000101623741K",
        "X2": made["川北乙劳务"],
        "X3": "91110000101623741K",
        "X4": made["川北戊公司"],
    }


def test_a_workspace_of_one_county_fills_a_missing_region_and_reports_it(
    store, write_csv, today, records
):
    head = ["项目编码", "项目名称", "开工日期"]
    first = write_csv(
        "1/工程项目.csv", [[*head, "行政区划代码"], ["X1", "甲", "2025-03-05", "510822"]]
    )
    import_into(store, [first], today=today, office=OfficeLayouts())
    county = single_county(store)
    second = write_csv("2/工程项目.csv", [head, ["X2", "乙", "2025-03-05"]])
    report = import_into(store, [second], today=today, office=OfficeLayouts(county=county))
    assert report.files[0].reading.filled_regions == 1
    assert {row["region_code"] for row in records("projects")} == {"510822"}


def test_names_of_counties_and_long_codes_become_codes(store, write_csv, today, records):
    written = ("青川县", "四川省广元市青川县", "510822100000")
    rows = [[f"X{n}", "甲", place, "2025-03-05"] for n, place in enumerate(written)]
    path = write_csv("工程项目.csv", [HEAD, *rows])
    import_into(store, [path], today=today, office=OfficeLayouts())
    assert [row["region_code"] for row in records("projects")] == ["510822", "510822", "510822100"]


def test_the_contracts_own_headings_stay_on_the_fast_path(store, write_csv, today, payments):
    report = import_into(
        store, [write_csv("payments.csv", payments)], today=today, office=OfficeLayouts()
    )
    assert report.files[0].reading.synonyms == {}
    assert report.files[0].accepted == 1


def register(*places):
    """A ledger of projects X1, X2, ... in ``places``, all begun on one day."""
    rows = [[f"X{n}", f"项目{n}", place, "2025-03-05"] for n, place in enumerate(places, 1)]
    return [["青川县在建项目"], HEAD, *rows]


def test_places_without_a_code_have_the_countys_and_are_asked_about(
    store, write_xlsx, today, records
):
    path = write_xlsx(
        "工程项目.xlsx", register("乔庄镇", "青川县", "利州区", "郧西县", "乔庄镇", "")
    )
    report = import_into(store, [path], today=today, office=OfficeLayouts())
    [file] = report.files
    codes = [row["region_code"] for row in records("projects")]
    assert codes == ["510822", "510822", "510802", "420322", "510822", "510822"]
    [note] = file.notes
    assert (note.code, note.needs_answer) == ("places_unknown", True)
    assert note.fields == {"places": "乔庄镇", "rows": 2}
    assert file.reading.filled_regions == 1


def test_a_register_without_codes_is_read_by_the_layout_of_its_trial(
    store, write_xlsx, today, tmp_path
):
    rows = [
        ["序号", *HEAD[1:]],
        [1, "甲", "乔庄镇", "2025-03-05"],
        [2, "乙", "510822", "2025-03-05"],
    ]
    path = write_xlsx("工程项目.xlsx", [["青川县"], *rows])
    office = confirmed(tmp_path, path)
    [file] = import_into(store, [path], today=today, office=office).files
    assert (file.accepted, file.reading.made_keys, file.notes) == (2, 2, ())


def test_a_place_is_stated_in_the_layout_of_a_ledger_with_the_contracts_headings(
    store, write_xlsx, today, tmp_path
):
    path = write_xlsx("工程项目.xlsx", register("乔庄镇", "510822"))
    [layout] = confirmed(tmp_path, path).layouts
    stated = dataclasses.replace(layout, regions={"乔庄镇": "510822100"}).confirm("王某", NOW)
    import_into(store, [path], today=today, office=OfficeLayouts((stated,)))
    codes = store.rows("SELECT region_code FROM projects ORDER BY project_id")
    assert codes == [("510822100",), ("510822",)]


def test_a_county_that_may_be_several_is_not_counted_as_the_offices(store, write_xlsx, today):
    path = write_xlsx("工程项目.xlsx", register("乔庄镇", "鼓楼区", "某某县"))
    report = import_into(store, [path], today=today, office=OfficeLayouts())
    assert (report.files[0].accepted, report.files[0].quarantined) == (1, 2)


def test_a_township_stated_in_one_layout_is_known_in_all_ledgers(
    store, write_xlsx, today, tmp_path, records
):
    office = confirmed(tmp_path, write_xlsx("在建项目.xlsx", LEDGER))
    [layout] = office.layouts
    stated = dataclasses.replace(layout, regions={"乔庄镇": "510822100", "竹园镇": "510822"})
    office = OfficeLayouts((stated.confirm("王某", NOW),))
    path = write_xlsx("工程项目.xlsx", register("乔庄镇", "竹园镇"))
    [trial] = try_files([path], office)
    [proposal] = trial.proposals
    assert proposal.layout.regions == {"乔庄镇": "510822100", "竹园镇": "510822"}
    assert proposal.unknown_places == ("竹园镇",)
    [file] = import_into(store, [path], today=today, office=office).files
    assert [row["region_code"] for row in records("projects")] == ["510822100", "510822"]
    assert [note.fields["places"] for note in file.notes] == ["竹园镇"]


def test_a_new_township_of_a_later_month_is_taken_and_asked_about(
    store, write_xlsx, today, tmp_path
):
    office = confirmed(tmp_path, path := write_xlsx("在建项目.xlsx", LEDGER))
    [file] = import_into(store, [path], today=today, office=office).files
    assert file.notes == ()
    new = [*LEDGER[:-1], [3, "沙州水厂", "沙州镇", "", "川北某某建筑公司", 90, "2025.6.1", None]]
    path = write_xlsx("在建项目2.xlsx", new)
    [file] = import_into(store, [path], today=today, office=office).files
    assert (file.accepted, file.repeated) == (1, 2)
    assert [note.fields for note in file.notes] == [{"places": "沙州镇", "rows": 1}]


def test_rows_wait_by_the_name_they_give_with_the_nearest_project(store, write_csv, today):
    projects = [HEAD, ["X1", "竹园污水管网", "510822", "2025-03-05"]]
    rows = [
        ["检查编号", "工程名称", "检查日期", "是否发现欠薪"],
        ["J1", "竹园污水管", "2025-09-02", "否"],
    ]
    paths = [write_csv("工程项目.csv", projects), write_csv("检查.csv", rows)]
    report = import_into(store, paths, today=today, office=OfficeLayouts(county="510822"))
    [note] = report.notes
    assert (note.code, note.fields["examples"]) == ("waiting", "竹园污水管 ≈ X1 竹园污水管网")
    named = [HEAD, ["X2", "竹园污水管", "510822", "2025-03-05"]]
    report = import_into(
        store, [write_csv("项目.csv", named)], today=today, office=OfficeLayouts(county="510822")
    )
    assert [note.code for note in report.notes] == ["waiting_merged"]
    assert store.rows("SELECT arg_max(project_id, arrival) FROM inspections") == [("X2",)]


def test_rows_whose_key_is_made_from_names_are_the_same_once_the_code_is_known(
    store, write_csv, today, tmp_path
):
    head = ["工程名称", "检查日期", "是否发现欠薪"]
    first = write_csv("检查9月.csv", [head, ["云渡小区", "2025-09-01", "是"]])
    office = confirmed(tmp_path, first)
    import_into(store, [first], today=today, office=office)
    projects = write_csv("工程项目.csv", [HEAD, ["X1", "云渡小区", "510822", "2025-03-05"]])
    import_into(store, [projects], today=today, office=office)
    rows = [head, ["云渡小区", "2025-10-01", "否"], ["云渡小区", "2025-09-01", "是"]]
    later = write_csv("检查10月.csv", rows)
    [file] = import_into(store, [later], today=today, office=office).files
    assert (file.accepted, file.repeated) == (1, 1)
    newest = "SELECT DISTINCT project_id, inspected_on FROM inspections_versions"
    assert store.rows(f"{newest} WHERE superseded_at IS NULL ORDER BY 2") == [
        ("X1", dt.date(2025, 9, 1)),
        ("X1", dt.date(2025, 10, 1)),
    ]


def test_an_address_in_another_county_has_its_code(store, write_xlsx, today, tmp_path, records):
    path = write_xlsx("工程项目.xlsx", register("青川县乔庄镇", "利州区东坝街道", "乔庄镇"))
    [trial] = try_files([path], OfficeLayouts())
    assert trial.proposals[0].layout.regions == {
        **{"青川县乔庄镇": "510822", "利州区东坝街道": "510802", "乔庄镇": "510822"}
    }
    [file] = import_into(store, [path], today=today, office=OfficeLayouts()).files
    codes = [row["region_code"] for row in records("projects")]
    assert codes == ["510822", "510802", "510822"]
    assert [note.fields["rows"] for note in file.notes] == [3]  # townships are asked about


def test_a_ledger_of_cases_without_a_status_has_that_of_its_days(
    store, write_xlsx, today, tmp_path
):
    head = ["案号", "用人单位", "立案日期", "移送公安日期", "结案日期"]
    days = {
        "A1": ("2025-03-01", None, "2025.5.1"),
        "A2": ("2025-03-01", "2025-04-01", None),
        "A3": ("2025-03-01", "2025-04-01", "2025-06-01"),
        "A4": ("2025-03-01", None, "未结案"),
        "A5": ("2025-03-01", None, "2025年夏天"),
    }
    path = write_xlsx("案件.xlsx", [head, *([one, "甲公司", *row] for one, row in days.items())])
    office = confirmed(tmp_path, path)
    assert office.layouts[0].fill == {"status": "{by_dates}"}
    [file] = import_into(store, [path], today=today, office=office).files
    assert (file.accepted, file.quarantined) == (4, 1)  # of A5 nothing says whether it is closed
    newest = "SELECT case_id, status, closed_on FROM cases_versions WHERE superseded_at IS NULL"
    assert store.rows(f"{newest} ORDER BY 1") == [
        ("A1", "closed", dt.date(2025, 5, 1)),
        ("A2", "transferred", None),
        ("A3", "closed", dt.date(2025, 6, 1)),
        ("A4", "filed", None),
    ]
