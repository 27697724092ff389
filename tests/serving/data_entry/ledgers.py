"""Ledgers of a small county, each in a shape of its own, as an office keeps them."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

import openpyxl
from openpyxl.styles import Font

MONTHS = range(1, 13)
PROJECTS = ("云渡小区一期", "云渡小区二期", "石桥湾学校", "青江水厂", "南门市场")


def _book(rows, title=None, merges=(), struck=()):
    book = openpyxl.Workbook()
    sheet = book.active
    if title:
        sheet.title = title
    for row in rows:
        sheet.append(list(row))
    for area in merges:
        sheet.merge_cells(area)
    for number in struck:
        for cell in sheet[number]:
            cell.font = Font(strike=True)
    body = io.BytesIO()
    book.save(body)
    return body.getvalue()


def projects_book(sectors=("房屋建筑",), struck=0):
    """Names of its own, amounts in 万元 by the title, a total at the end, a usual term.

    The project numbered ``struck`` is struck out.
    """
    head = ["序号", "工程编号", "工程名称", "所属区县", "工程类型", "合同价", "开工日期"]
    rows = [
        [
            n,
            f"XM-{n:03d}",
            name,
            "青川县",
            sectors[(n - 1) % len(sectors)],
            1200 + n,
            f"2025-0{n}-01",
        ]
        for n, name in enumerate(PROJECTS, start=1)
    ]
    rows.append(["合计", None, None, None, None, sum(row[5] for row in rows), None])
    lines = [["青川县在建工程台账"], ["（单位：万元）"], head, *rows]
    return _book(lines, merges=("A1:G1",), struck=[struck + 3] if struck else ())


def wages_book():
    """What is due and what was paid to the teams of a month, in one row each."""
    head = ["工程名称", "施工班组", "应发工资", "实发工资", "应发日期", "发放时间"]
    rows = [
        [PROJECTS[0], "木工班", 7.8, 7.8, "2025-10-15", "2025-10-16"],
        [PROJECTS[0], "钢筋班", 5.8, None, "2025-10-15", "未发"],
    ]
    return _book([["2025年9月工资发放台账（单位：万元）"], head, *rows])


def payrolls_csv(workers="12人", month=9):
    """Text in GB18030, with the contract's headings."""
    head = ["工资表编号", "项目编码", "工资月份", "应发日期", "应发人数", "应发金额"]
    rows = [
        [
            *(f"GZ-{month}-{n}", f"XM-{n:03d}", f"2025-{month:02d}"),
            *(f"2025-{month:02d}-28", workers, 50_000 + n),
        ]
        for n in range(1, 6)
    ]
    text = io.StringIO()
    csv.writer(text).writerows([head, *rows])
    return text.getvalue().encode("gb18030")


def complaints_book(first_day="", month=9):
    """Complaints that name their projects; a telephone number in the text."""
    head = ["工单编号", "受理时间", "被投诉工程", "反映内容", "涉及人数", "涉及金额（元）"]
    rows = [
        [
            f"TS{month}-{n}",
            f"2025-{month:02d}-{10 + n}",
            PROJECTS[n],
            "拖欠工资，电话13800138000",
            3,
            20_000,
        ]
        for n in range(3)
    ]
    rows[0][1] = first_day or rows[0][1]
    return _book([head, *rows], title="投诉登记")


def inspections_book(month=9):
    """A head of two rows, with groups above."""
    rows = [
        ["检查", None, None, "结果", None],
        ["编号", "日期", "项目编码", "发现欠薪", "欠薪人数"],
        *(
            [f"JC{month}-{n}", f"2025-{month:02d}-0{n}", f"XM-00{n}", "否", None]
            for n in range(1, 4)
        ),
    ]
    return _book(rows, title="检查记录", merges=("A1:C1", "D1:E1"))


def deposits_book():
    """Deposits without a column that says their status, which is required."""
    head = ["保证金编号", "项目编码", "存储形式", "金额（万元）", "起始日期", "到期日期"]
    rows = [
        [f"BZJ-{n}", f"XM-00{n}", "现金", 30 + n, f"2025-0{n}-05", f"2026-0{n}-05"]
        for n in range(1, 5)
    ]
    return _book([["工资保证金台账"], head, *rows], title="2025年")


def five_ledgers() -> Mapping[str, bytes]:
    """The five by file name."""
    return {
        "青川县工程项目台账.xlsx": projects_book(),
        "2025年9月工资表.csv": payrolls_csv(),
        "投诉登记2025.xlsx": complaints_book(),
        "检查台账2025年9月.xlsx": inspections_book(),
        "工资保证金.xlsx": deposits_book(),
    }


def year_of_ledgers() -> Mapping[str, bytes]:
    """Registers, and the three other ledgers of every month of :data:`MONTHS`."""
    found = {"青川县工程项目台账.xlsx": projects_book(), "工资保证金.xlsx": deposits_book()}
    for month in MONTHS:
        found[f"2025年{month}月工资表.csv"] = payrolls_csv(month=month)
        found[f"投诉登记2025年{month}月.xlsx"] = complaints_book(month=month)
        found[f"检查台账2025年{month}月.xlsx"] = inspections_book(month)
    return found
