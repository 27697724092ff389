"""A county's ledgers of a year in five shapes: tried, confirmed once, imported unedited."""

import csv
import json
from collections import Counter

import openpyxl
import pytest

from serving.cli.main import main

from ..conftest import MUST_RUN_ALL, thorough

PROJECTS = ("云渡小区二期", "竹园污水管网", "青溪中学教学楼")
FIRMS = ("川北甲建筑公司", "川北乙市政公司", "川北甲建筑公司")
MONTHS = range(1, 13 if MUST_RUN_ALL else 4)


def _workbook(path, rows, merged=()):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for cells in merged:
        book.active.merge_cells(cells)
    book.save(path)


def _projects(folder):
    rows = [
        ["青川县2025年在建工程项目台账"],
        ["填报单位：青川县劳动监察大队", None, None, "单位：万元"],
    ]
    rows.append(
        ["序号", "工程名称", "建设单位", "施工单位", "合同价", "开工时间", "工程类别", "备注"]
    )
    for number, (name, firm) in enumerate(zip(PROJECTS, FIRMS, strict=True), start=1):
        rows.append([number, name, "青川县城投", firm, 800 * number, "2024.11.1", "房屋建筑", None])
    rows.append(["制表人：张某", None, None, None, None, None, None, None])
    _workbook(folder / "在建工程台账.xlsx", rows)


def _attendance(folder, month):
    rows = [[f"青川县2025年{month}月实名制考勤"], ["工程名称", "人数", None, "总工日"]]
    rows.append([None, "实名登记", "考勤", None])
    rows += [[name, 30, 28, 600 + month] for name in PROJECTS]
    _workbook(folder / f"2025年{month}月考勤.xlsx", rows, ["A2:A3", "B2:C2", "D2:D3"])


def _transfers(folder, month):
    rows = [["工程名称", "应拨人工费", "约定拨付日期", "实拨人工费", "到账日期"]]
    day = f"2025-{month:02d}-15"
    rows += [[name, "200000", day, "180000", day] for name in PROJECTS]
    path = folder / f"人工费拨付2025{month:02d}.csv"
    with path.open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows(rows)


def _complaints(folder, month):
    rows = [["工单编号", "来电时间", "来电人", "联系电话", "涉及项目", "诉求内容"]]
    rows.append([f"DH2025{month:02d}01", f"2025-{month:02d}-03", "王某", "13900000000", PROJECTS[0],
                 "拖欠木工班组工资"])  # fmt: skip
    _workbook(folder / f"12345工单{month}月.xlsx", rows)


def _deposits(folder):
    rows = [["工程名称", "缴存方式", "缴存情况", "应缴金额（元）", "实缴金额（元）", "缴存日期"]]
    rows += [[name, "保函", "已缴", 60000, 60000, "2024-12-01"] for name in PROJECTS]
    _workbook(folder / "保证金台账.xlsx", rows)


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ledgers")
    _projects(folder)
    _deposits(folder)
    for month in MONTHS:
        _attendance(folder, month)
        _transfers(folder, month)
        _complaints(folder, month)
    return folder


@thorough
def test_five_layouts_confirmed_once_read_the_whole_year(ledgers, tmp_path, capsys):
    def run(*arguments):
        code = main(["-w", str(tmp_path / "office"), *map(str, arguments)])
        return code, capsys.readouterr()

    run("import", "--try", ledgers)
    layouts = sorted(path.stem for path in (tmp_path / "office/layouts").glob("*.toml"))
    assert len(layouts) == 5
    for name in layouts:
        assert run("layouts", "confirm", name)[0] == 0
    code, shown = run("import", ledgers, "--json")
    document = json.loads(shown.out)
    assert (code, document["failed"]) == (0, [])
    accepted = {table: total["accepted"] for table, total in document["tables"].items()}
    assert accepted == {
        "projects": 3,
        "deposits": 3,
        "attendance": 3 * len(MONTHS),
        "transfers": 3 * len(MONTHS),
        "complaints": len(MONTHS),
    }
    assert all(total["waiting"] == 0 for total in document["tables"].values())
    used = Counter(name for file in document["files"] for name in file["reading"]["layouts"])
    assert sorted(used.values()) == [1, 1, *[len(MONTHS)] * 3]
    code, again = run("import", ledgers, "--json")
    assert {t["accepted"] for t in json.loads(again.out)["tables"].values()} == {0}
