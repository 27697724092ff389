"""``import --try``, ``layouts confirm`` and ``template``, as a clerk uses them."""

import json

import openpyxl
import pytest

from risk.contract import TABLES, FieldType
from risk.intake.name_ids import name_id
from risk.intake.templates import write_template
from serving.cli.main import main

from ...conftest import thorough

LEDGER = [
    ["青川县2025年10月在建工程项目台账"],
    ["单位：万元"],
    ["序号", "工程名称", "所属乡镇", "施工单位", "合同价", "开工时间", "联系电话"],
    [1, "云渡小区二期", "乔庄镇", "川北某某建筑公司", 3560, "2025.3.5", "13900000000"],
    [2, "竹园污水管网", "竹园镇", "川北某某公司", 1280, "2024.11.1", "13900000001"],
]


@pytest.fixture
def run(tmp_path, capsys):
    """Run a command in a workspace; return exit code and both outputs."""

    def call(*arguments):
        code = main(["-w", str(tmp_path / "office"), *map(str, arguments)])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


@pytest.fixture
def ledger(tmp_path):
    book = openpyxl.Workbook()
    for row in LEDGER:
        book.active.append(row)
    path = tmp_path / "2025年10月在建台账.xlsx"
    book.save(path)
    return path


def test_a_try_reads_nothing_in_shows_no_personal_data_and_writes_a_layout(run, ledger, tmp_path):
    code, shown, _ = run("import", "--try", ledger)
    assert code == 0
    for text in ("工程项目", "项目名称", "施工总承包代码（按名称）", "万元", "青川县 510822"):
        assert text in shown
    assert "1390000" not in shown
    [layout] = (tmp_path / "office/layouts").glob("*.toml")
    assert "1390000" not in layout.read_text(encoding="utf-8")
    feeds = json.loads(run("records", "--json")[1])["tables"]
    assert {feed["rows"] for feed in feeds} == {0}


def test_a_try_of_a_ledger_by_month_says_what_its_columns_are_for(run, tmp_path):
    book = openpyxl.Workbook()
    for row in (
        ["2025年农民工工资台账", None, None, None, None, None],
        ["项目名称", "施工班组", "1月应发", "1月实发", "2月应发", "2月实发"],
        ["云渡小区二期", "木工班", 78_000, 78_000, 80_000, 0],
    ):
        book.active.append(row)
    book.save(path := tmp_path / "2025年工资台账.xlsx")
    code, shown, _ = run("import", "--try", path)
    used = {
        cells[1].strip(): cells[2].strip()
        for line in shown.splitlines()
        if len(cells := line.split("|")) > 2
    }
    assert (code, used["施工班组"], used["实发"]) == (0, "用于生成编码", "用于“工资发放”")
    assert "按“次月最后一天”填写" in shown


def test_try_confirm_import_in_three_commands(run, ledger, tmp_path):
    run("import", "--try", ledger)
    [path] = (tmp_path / "office/layouts").glob("*.toml")
    assert run("import", ledger)[0] == 1
    assert run("layouts", "confirm", path.stem, "--by", "王某")[0] == 0
    code, shown, _ = run("import", ledger, "--json")
    assert code == 0
    [file] = json.loads(shown)["files"]
    assert (file["accepted"], file["quarantined"]) == (2, 0)
    assert file["reading"]["layouts"] == [path.stem]
    [layout] = json.loads(run("layouts", "--json")[1])
    assert (layout["confirmed"], layout["confirmed_by"]) == (True, "王某")


def test_a_second_try_keeps_a_confirmed_layout(run, ledger, tmp_path):
    run("import", "--try", ledger)
    [path] = (tmp_path / "office/layouts").glob("*.toml")
    run("layouts", "confirm", path.stem)
    before = path.read_text(encoding="utf-8")
    run("import", "--try", ledger)
    assert path.read_text(encoding="utf-8") == before
    assert len(list(path.parent.iterdir())) == 1


def test_a_try_as_json_has_similarity_and_samples(run, ledger):
    [file] = json.loads(run("import", "--try", "--json", ledger)[1])
    [sheet] = file["sheets"]
    assert (sheet["table"], sheet["key"], sheet["unit"]) == ("projects", "项目名称", ["万元"])
    columns = {column["heading"]: column for column in sheet["columns"]}
    assert columns["合同价"]["field"] == "contract_amount"
    assert columns["合同价"]["similarity"] == 0.97
    assert columns["联系电话"]["samples"] == ["***"]


def test_an_incomplete_layout_is_not_confirmed(run, ledger, tmp_path):
    run("import", "--try", ledger)
    [path] = (tmp_path / "office/layouts").glob("*.toml")
    content = path.read_text(encoding="utf-8").replace('field = "started_on"', 'field = ""')
    path.write_text(content, encoding="utf-8")
    code, _, message = run("layouts", "confirm", path.stem)
    assert code == 1
    assert "开工日期/started_on" in message


def test_an_unknown_table_of_a_form_is_refused(run, tmp_path):
    code, _, message = run("template", tmp_path / "forms", "--table", "wages")
    assert code == 1
    assert "payrolls/工资表" in message


VALUES = {
    FieldType.ID: "0042",
    FieldType.TEXT: "云渡小区",
    FieldType.DATE: "2026-03-05",
    FieldType.MONTH: "2026-03",
    FieldType.MONEY: 12.5,
    FieldType.COUNT: 3,
    FieldType.SHARE: 0.25,
    FieldType.NUMBER: 1.5,
    FieldType.BOOL: "是",
}


@thorough
def test_a_filled_form_of_every_table_imports_whole_and_examples_do_not(run, tmp_path):
    forms = tmp_path / "forms"
    assert run("template", forms)[0] == 0
    assert len(list(forms.iterdir())) == len(TABLES)
    for table in TABLES.values():
        path = forms / f"{table.zh}.xlsx"
        book = openpyxl.load_workbook(path)
        cells = [
            "510822"
            if field.name == "region_code"
            else next(iter(field.values.values()), None) or VALUES[field.type]
            for field in table.fields
        ]
        for column, cell in enumerate(cells, start=1):
            book.worksheets[0].cell(2, column, cell)
        book.save(path)
    code, shown, message = run("import", forms, "--json")
    tables = json.loads(shown)["tables"]
    assert {name: total["accepted"] for name, total in tables.items()} == dict.fromkeys(TABLES, 1)
    assert code in (0, 3), message


def test_a_form_has_text_cells_for_codes_and_lists_of_terms(tmp_path):
    write_template(tmp_path / "甲.xlsx", TABLES["projects"])
    sheet = openpyxl.load_workbook(tmp_path / "甲.xlsx").worksheets[0]
    assert [cell.value for cell in sheet[1]][:2] == ["项目编码", "项目名称"]
    assert sheet.column_dimensions["A"].number_format == "@"
    rules = sheet.data_validations.dataValidation
    assert any("房建,市政" in rule.formula1 for rule in rules)
    assert sheet["A1"].comment.text.startswith("必填")


def test_terms_that_nobody_decided_are_listed_after_the_import(run, tmp_path):
    book = openpyxl.Workbook()
    for row in (
        ["工程编号", "工程名称", "行政区划代码", "开工时间", "行业"],
        ["XM1", "云渡小区二期", "510822", "2025-03-05", "盖楼"],
        ["XM2", "竹园污水管网", "510822", "2024-11-01", "市政"],
    ):
        book.active.append(row)
    ledger = tmp_path / "在建台账.xlsx"
    book.save(ledger)
    run("import", "--try", ledger)
    [path] = (tmp_path / "office/layouts").glob("*.toml")
    assert '# "盖楼" = ""' in path.read_text(encoding="utf-8").splitlines()
    assert run("layouts", "confirm", path.stem)[0] == 0
    assert run("import", ledger)[0] == 3
    [cell] = json.loads(run("records", "look", "--json")[1])["cells"]
    assert (cell["field"], cell["raw"], cell["rows"]) == ("sector", "盖楼", 1)


def test_a_term_decided_to_be_unknown_is_not_listed(run, tmp_path):
    test_terms_that_nobody_decided_are_listed_after_the_import(run, tmp_path)
    [path] = (tmp_path / "office/layouts").glob("*.toml")
    content = path.read_text(encoding="utf-8").replace('# "盖楼" = ""', '"盖楼" = ""')
    path.write_text(content, encoding="utf-8")
    run("layouts", "confirm", path.stem)
    assert run("import", tmp_path / "在建台账.xlsx", "--json")[0] == 0


def test_a_project_of_two_ids_is_confirmed(run, tmp_path):
    made = name_id("云渡小区二期", "510822")
    for name, code in (("工程项目.csv", made), ("工程项目2.csv", "510822250305")):
        rows = f"项目编码,项目名称,行政区划代码,开工日期\n{code},云渡小区二期,510822,2025-03-05\n"
        (tmp_path / name).write_text(rows, encoding="utf-8")
        exit_code, shown, _ = run("import", tmp_path / name)
    assert (exit_code, "records merge" in shown) == (3, True)
    [pair] = json.loads(run("records", "merge", "--json")[1])["projects"]
    assert (pair["made"], pair["code"]) == (made, "510822250305")
    exit_code, _, refused = run("records", "merge", "N-0")
    assert (exit_code, made in refused) == (1, True)
    assert "1 个工程项目已确认" in run("records", "merge", "--all")[1]
    assert json.loads(run("records", "merge", "--json")[1]) == {"projects": []}
