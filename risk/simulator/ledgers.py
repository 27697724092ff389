"""Ledgers as offices keep them: workbooks of the simulated projects and complaints.

They have titles, units in a sub-heading, two-row heads, merged cells, amounts in ten thousand yuan,
months for days, totals and lines for signatures, and firms by name. All content is invented.
"""

from __future__ import annotations

import csv
import datetime as dt
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from risk.contract import STORED_TABLES
from risk.simulator.names import PLACES
from risk.simulator.simulate import NOTICE

PROJECTS, COMPLAINTS = "在建工程项目台账", "投诉举报登记台账"
_SIGNATURES = "制表人：×××    审核人：×××"

Row = Mapping[str, str]
_WIDE, _USUAL = 30, 13
_WAN = 10_000


@dataclass(frozen=True)
class _Column:
    """Column of a ledger: heading, with a group heading above it, and the cell of a record."""

    heading: str
    cell: Callable[[Row], Any]
    group: str = ""
    width: int = _USUAL


def write_ledgers(records: Path, out: Path) -> list[Path]:
    """Replace the CSV files of projects and complaints in ``records`` by ledgers in ``out``.

    Ledgers show the newest version of each record and no date of knowledge. The notice that all
    records are invented is copied to ``out``.

    Returns:
        The workbooks, projects first.
    """
    firms = {row["org_id"]: row["org_name"] for row in _newest(records, "organizations")}
    projects = sorted(
        _newest(records, "projects"), key=lambda row: (row["region_code"], row["started_on"])
    )
    complaints = sorted(_newest(records, "complaints"), key=lambda row: row["received_on"])
    out.mkdir(parents=True, exist_ok=True)
    paths = [out / f"{PROJECTS}.xlsx", out / f"{COMPLAINTS}.xlsx"]
    _write_projects(paths[0], projects, firms)
    _write_complaints(paths[1], complaints)
    for table in ("projects", "complaints"):
        (records / f"{table}.csv").unlink()
    shutil.copyfile(records / NOTICE, out / NOTICE)
    return paths


def _newest(records: Path, table: str) -> list[Row]:
    """Newest version of each record; files are ordered by date of knowledge."""
    keys = STORED_TABLES[table].key
    with (records / f"{table}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list({tuple(row[key] for key in keys): row for row in csv.DictReader(file)}.values())


def _write_projects(path: Path, rows: Sequence[Row], firms: Mapping[str, str]) -> None:
    columns = _project_columns(firms)
    total = sum(_wan(row["contract_amount"]) or 0 for row in rows)
    footer: dict[str, str | float] = {"乡镇名称": "合计", "合同价": round(total, 4)}
    with _new_book(path) as book:
        sheet = _Sheet(book, "在建项目", columns)
        sheet.head("模拟县在建工程项目台账", "填报单位：模拟县住房和城乡建设局    单位：万元")
        for region, members in groupby(rows, key=lambda row: row["region_code"]):
            first = sheet.line
            sheet.rows(list(members))
            sheet.merge(first, {"乡镇名称": _town(region), "区划代码": region})
        sheet.foot(footer)


def _write_complaints(path: Path, rows: Sequence[Row]) -> None:
    """One sheet per year."""
    with _new_book(path) as book:
        for year, members in groupby(rows, key=lambda row: row["received_on"][:4]):
            sheet = _Sheet(book, f"{year}年", _complaint_columns())
            sheet.head(
                f"{year}年度投诉举报登记台账", "填报单位：模拟县劳动保障监察大队    单位：人、元"
            )
            sheet.rows(list(members))
            sheet.foot({})


def _project_columns(firms: Mapping[str, str]) -> list[_Column]:
    return [
        _Column("序号", lambda row: ""),
        _Column("乡镇名称", lambda row: _town(row["region_code"])),
        _Column("区划代码", lambda row: row["region_code"]),
        _Column("工程编码", lambda row: row["project_id"], width=_WIDE),
        _Column("工程名称", lambda row: row["project_name"], width=_WIDE),
        _Column("工程类别", lambda row: _SECTORS.get(row["sector"], "")),
        _Column("资金来源", lambda row: _FUNDING.get(row["funding"], "")),
        _Column("建设单位", lambda row: firms.get(row["owner_id"], ""), "参建单位", _WIDE),
        _Column("施工单位", lambda row: firms.get(row["contractor_id"], ""), "参建单位", _WIDE),
        _Column("合同价", lambda row: _wan(row["contract_amount"])),
        _Column("人工费占比", lambda row: _percent(row["labour_cost_share"])),
        _Column("开工时间", lambda row: _day(row["started_on"])),
        _Column("计划完工时间", lambda row: _month(row["planned_end_on"])),
        _Column("实际完工时间", lambda row: _dotted(row["completed_on"])),
        _Column("垫资施工", lambda row: _mark(row["advance_funded"])),
        _Column("结算方式", lambda row: _term("settlement", row["settlement"])),
        _Column("维权告示牌", lambda row: _mark(row["notice_board"])),
        _Column("纬度", lambda row: _number(row["latitude"])),
        _Column("经度", lambda row: _number(row["longitude"])),
        _Column("备注", lambda row: "已完工" if row["completed_on"] else ""),
    ]


def _complaint_columns() -> list[_Column]:
    return [
        _Column("序号", lambda row: ""),
        _Column("工单号", lambda row: row["complaint_id"], width=_WIDE),
        _Column("受理时间", lambda row: _dotted(row["received_on"])),
        _Column("来源", lambda row: _term("channel", row["channel"])),
        _Column("工程编码", lambda row: row["project_id"], width=_WIDE),
        _Column("反映工程", lambda row: row["project_text"], width=_WIDE),
        _Column("被投诉单位", lambda row: row["employer_text"], width=_WIDE),
        _Column("人数", lambda row: f"{row['workers']}人" if row["workers"] else "不详"),
        _Column("涉及金额", lambda row: _number(row["amount_claimed"])),
        _Column("诉求内容", lambda row: row["text"], width=_WIDE),
        _Column("经办人签字", lambda row: ""),
    ]


_SECTORS = {
    "building": "房屋建筑",
    "municipal": "市政工程",
    "transport": "交通工程",
    "water": "水利工程",
    "energy": "电力",
    "other": "其他",
}
_FUNDING = {"government": "财政资金", "state_owned": "国企投资", "private": "企业自筹"}


def _term(name: str, code: str) -> str:
    table = "complaints" if name == "channel" else "projects"
    return STORED_TABLES[table].field(name).values.get(code, "")


def _town(code: str) -> str:
    """Invented name of a township; of a county itself, its seat."""
    if len(code) <= len("990121"):
        return "县城"
    return f"{PLACES[int(code[-2:]) % len(PLACES)]}镇"


def _wan(text: str) -> float | None:
    return round(float(text) / _WAN, 4) if text else None


def _number(text: str) -> float | None:
    return float(text) if text else None


def _percent(text: str) -> str:
    return f"{float(text) * 100:.4g}%" if text else ""


def _mark(text: str) -> str:
    return {"true": "√", "false": "×"}.get(text, "")


def _day(text: str) -> str:
    day = dt.date.fromisoformat(text)
    return f"{day.year}年{day.month}月{day.day}日"


def _month(text: str) -> str:
    return f"{text[:4]}年{int(text[5:7])}月" if text else ""


def _dotted(text: str) -> str:
    if not text:
        return ""
    day = dt.date.fromisoformat(text)
    return f"{day.year}.{day.month}.{day.day}"


def _new_book(path: Path) -> xlsxwriter.Workbook:
    book = xlsxwriter.Workbook(str(path))
    # The same file on every day.
    book.set_properties({"created": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)})
    return book


class _Sheet:
    """Sheet of a ledger, written from the top; ``line`` is the next row, from 0."""

    def __init__(self, book: xlsxwriter.Workbook, name: str, columns: Sequence[_Column]) -> None:
        self._sheet: Worksheet = book.add_worksheet(name)
        self._columns = columns
        middle = {"align": "center", "valign": "vcenter", "text_wrap": True}
        self._title = book.add_format({**middle, "bold": True, "font_size": 16})
        self._head = book.add_format({**middle, "bold": True, "border": 1})
        self._body = book.add_format({"valign": "vcenter", "text_wrap": True, "border": 1})
        self.line = self._number = 0

    def head(self, title: str, below: str) -> None:
        """Write the title, the line below it, and the head: two rows if there are groups."""
        last = len(self._columns) - 1
        self._sheet.merge_range(0, 0, 0, last, title, self._title)
        self._sheet.write(1, 0, below)
        rows = 2 if any(column.group for column in self._columns) else 1
        for index, column in enumerate(self._columns):
            self._sheet.set_column(index, index, column.width)
            if rows == 1 or column.group:
                self._sheet.write(1 + rows, index, column.heading, self._head)
            else:
                self._sheet.merge_range(2, index, 3, index, column.heading, self._head)
        self._groups()
        self.line = 2 + rows

    def rows(self, rows: Sequence[Row]) -> None:
        """Write records, numbered from 1."""
        for row in rows:
            self._number += 1
            cells = [self._number, *(column.cell(row) for column in self._columns[1:])]
            for index, cell in enumerate(cells):
                self._sheet.write(self.line, index, cell, self._body)
            self.line += 1

    def merge(self, first: int, cells: Mapping[str, str]) -> None:
        """Merge the cells from row ``first`` on in the columns with the given headings."""
        if self.line - first < 2:
            return
        for index, column in enumerate(self._columns):
            if column.heading in cells:
                cell = cells[column.heading]
                self._sheet.merge_range(first, index, self.line - 1, index, cell, self._body)

    def foot(self, cells: Mapping[str, str | float]) -> None:
        """Write a row of totals, if there are any, and the line of signatures."""
        for index, column in enumerate(self._columns):
            if column.heading in cells:
                self._sheet.write(self.line, index, cells[column.heading], self._body)
        self._sheet.write(self.line + (1 if cells else 0), 0, _SIGNATURES)

    def _groups(self) -> None:
        """Write group headings over their columns."""
        for name, members in groupby(enumerate(self._columns), key=lambda one: one[1].group):
            places = [index for index, _ in members]
            if name:
                self._sheet.merge_range(2, places[0], 2, places[-1], name, self._head)
