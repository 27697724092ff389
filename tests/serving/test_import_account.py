"""The closing account of ``wagewatch import`` on the screen, and its exit codes."""

from __future__ import annotations

import json

import openpyxl
import pytest
from rich.cells import cell_len

from serving.cli.main import main
from serving.ingest.texts import WIDTH, _own_headings

HEAD = ["项目编码", "项目名称", "行政区划代码", "开工日期"]
ROW = ["GC-01", "河西小学", "420321", "2025-03-05"]


@pytest.fixture
def imported(tmp_path, capsys):
    """Imports files of rows with the command: exit code, standard output, standard error."""

    def run(files, *options, lang="zh"):
        folder = tmp_path / "in"
        folder.mkdir(exist_ok=True)
        for name, rows in files.items():
            book = openpyxl.Workbook()
            for row in rows:
                book.active.append(row)
            book.save(folder / name)
        place = str(tmp_path / "office")
        code = main(["-w", place, "--lang", lang, "import", str(folder), *options])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def test_all_taken_ends_with_0_and_names_every_column(imported):
    rows = [[*HEAD, "合同金额（万元）", "备注"], [*ROW, 812, "x"], ["合计", None, None, None, 812]]
    code, out, _ = imported({"工程项目.xlsx": rows})
    assert code == 0
    assert "工程项目.xlsx → 工程项目：读入 2 行，收下 1，重复 0，待修正 0，不是记录 1" in out
    assert "合同金额（万元） = 万元" in out
    assert "未用的列：备注" in out
    assert max(map(cell_len, out.splitlines())) <= WIDTH


def test_a_row_to_mend_ends_with_3_and_the_last_line_says_so(imported):
    code, out, _ = imported({"工程项目.xlsx": [HEAD, ROW, [*ROW[:3], "不详"]]})
    assert code == 3
    assert out.splitlines()[-1].startswith("需要处理：1 行待修正")


def test_a_mark_ends_with_3(imported):
    rows = [[*HEAD, "合同金额（万元）"], [*ROW, 35_600_000]]
    code, out, _ = imported({"工程项目.xlsx": rows})
    assert code == 3
    assert "！ “合同金额（万元）”有 1 行数值明显偏大" in out
    assert out.splitlines()[-1] == "需要处理：标“！”的 1 处请核对"


def test_nothing_taken_ends_with_1_and_one_short_line_per_file(imported):
    files = {f"台账{n}.xlsx": [["序号", "姓名"], [1, "甲"]] for n in range(6)}
    code, _, err = imported(files)
    assert code == 1
    lines = [line for line in err.splitlines() if "无法判断" in line]
    assert len(lines) == 6
    assert sum(map(len, lines)) < 600
    assert "其余已导入" not in err


def test_json_has_the_same_account(imported):
    code, out, err = imported({"工程项目.xlsx": [HEAD, ROW, [*ROW[:3], "不详"]]}, "--json")
    document = json.loads(out)
    [file] = document["files"]
    assert (code, document["needs_answer"], file["quarantined"]) == (3, True, 1)
    assert file["sheets"][0]["columns"] == {name: name for name in HEAD}
    assert "需要处理" in err


def test_english_on_request(imported):
    code, out, _ = imported({"工程项目.xlsx": [HEAD, ROW, ["合计"]]}, lang="en")
    assert (code, "1 accepted" in out, "1 set aside" in out) == (0, True, True)


def test_totals_and_signatures_are_given_no_ids(imported):
    """Firms without a code are given an id made from their name; a signature is no firm."""
    rows = [["统一社会信用代码", "单位名称"], ["无", "王某施工队"], [None, "李某班组"]]
    rows += [["合计", "共2家"], ["制表人：甲", "审核人：乙"], ["说明：", "各镇填报"]]
    code, out, _ = imported({"单位.xlsx": rows})
    assert "收下 2，重复 0，待修正 0，不是记录 3" in out
    assert code == 0


def test_refused_files_take_short_lines_and_the_tables_are_listed_once(imported):
    rows = [["序号", "工地", "金额"], [1, "甲", 2]]
    names = ("十月.xlsx", "十一月.xlsx", "工程项目检查台账.xlsx", "花名册.xlsx")
    code, _, err = imported(dict.fromkeys(names, rows))
    assert code == 1
    assert max(map(cell_len, err.splitlines())) <= WIDTH
    assert err.count("工程款争议") == 1
    assert "工程项目检查台账.xlsx 按文件名是“检查”" in err
    assert "花名册.xlsx 按文件名是“实名制考勤”" in err
    assert "-。" not in err


def test_past_imports_are_listed_the_newest_first(imported, tmp_path, capsys):
    place = str(tmp_path / "office")
    imported({"工程项目.xlsx": [HEAD, ROW, ["合计", None, None, None]]})
    imported({"工程项目2.xlsx": [HEAD, [*ROW[:3], "不详"]]})
    assert main(["-w", place, "records", "imports", "--json"]) == 0
    [newest, first] = json.loads(capsys.readouterr().out)["imports"]
    assert first["files"] == ["工程项目.xlsx"]
    assert (first["read"], first["accepted"], first["set_aside"]) == (2, 1, 1)
    assert (newest["quarantined"], newest["at"] > first["at"]) == (1, True)
    assert newest["account"]["files"][0]["file"] == "工程项目2.xlsx"
    assert main(["-w", place, "--lang", "zh", "records", "imports"]) == 0
    assert "工程项目2.xlsx、工程项目.xlsx" in capsys.readouterr().out


def test_of_many_files_only_columns_headed_otherwise_are_named(imported):
    rows = [
        [*HEAD[:2], "所在区县", "开工日期", "备注"],
        ["GC-01", "甲", "420321", "2025-03-05", "x"],
    ]
    files = {f"工程项目{n}.xlsx": rows for n in range(8)}
    code, out, _ = imported(files)
    assert code == 0
    assert out.count("用 4 列，其中 所在区县 → 行政区划代码") == 8
    assert out.count("未用的列：备注") == 8
    assert "用 4 列：项目编码" not in out
    files = {f"工程项目{n}.xlsx": [HEAD, ROW] for n in range(8)}
    assert imported(files)[1].count("：用 4 列\n") == 8


def test_files_that_need_layouts_have_a_line_each(imported):
    deposits = [["保函编号", "项目编码", "存储日期"], ["B1", "X1", "2025-03-01"]]
    files = {f"保证金{n}.xlsx": deposits for n in range(3)}
    code, _, err = imported(files)
    assert code == 1
    assert [line for line in err.splitlines() if "保证金0" in line][-1:] == [
        "保证金0.xlsx：疑为“工资保证金”，缺少 状态"
    ]
    assert err.count("import --try") == 1
    assert "以上 3 个文件请运行 import --try，确认版式后再导入。" in err


def test_a_group_above_a_heading_is_named_where_it_is_needed():
    headings = ["概况/项目名称", "概况/编码", "专户/落实", "专户/开户行", "保证金/落实", "备注"]
    assert list(_own_headings(headings).values()) == [
        *("项目名称", "编码", "专户/落实", "开户行", "保证金/落实", "备注"),
    ]
    alone = ["金额（元/万元）", "开户银行/担保机构", "单位/"]
    assert list(_own_headings(alone).values()) == alone


def test_a_trial_names_the_code_that_a_place_has(tmp_path, capsys):
    book = openpyxl.Workbook()
    for row in ([*HEAD[:2], "所在区县", HEAD[3]], ["GC-01", "甲", "利州区东坝街道", "2025-03-05"]):
        book.active.append(row)
    book.save(tmp_path / "工程项目.xlsx")
    main(["-w", str(tmp_path / "office"), "import", "--try", str(tmp_path / "工程项目.xlsx")])
    assert "查不到代码的地名按 510802 计：利州区东坝街道" in capsys.readouterr().out
