"""Small files of records, in every format."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from risk.contract import Table
from risk.intake.cells import as_text
from risk.store.row_hashes import columns
from risk.store.store import RecordStore

TODAY = dt.date(2026, 3, 1)
PAYMENTS = ["发放编号", "工资表编号", "发放日期", "实发金额", "实发人数", "发放方式", "入库日期"]
PAYMENT = ["F1", "G1", "2024-05-20", "1200.50", "3", "银行代发", "2024-05-21"]


@pytest.fixture
def today() -> dt.date:
    return TODAY


@pytest.fixture
def payments() -> list[list[str]]:
    """The header of a payments file and one good row."""
    return [list(PAYMENTS), list(PAYMENT)]


@pytest.fixture
def write_csv(tmp_path: Path) -> Callable[..., Path]:
    def write(
        name: str,
        rows: Sequence[Sequence[Any]],
        *,
        encoding: str = "utf-8-sig",
        delimiter: str = ",",
    ) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding=encoding, newline="") as file:
            csv.writer(file, delimiter=delimiter).writerows(
                [as_text(cell) for cell in row] for row in rows
            )
        return path

    return write


@pytest.fixture
def write_xlsx(tmp_path: Path) -> Callable[..., Path]:
    def write(name: str, rows: Sequence[Sequence[Any]], **more: Sequence[Sequence[Any]]) -> Path:
        """``rows`` go into the first sheet, ``more`` into sheets of their names before it."""
        book = openpyxl.Workbook()
        book.remove(book.active)
        for title, content in [*more.items(), ("Sheet1", rows)]:
            sheet = book.create_sheet(title)
            for row in content:
                sheet.append(list(row))
        path = tmp_path / name
        book.save(path)
        return path

    return write


@pytest.fixture
def stored() -> Callable[[RecordStore, Table], list[tuple[Any, ...]]]:
    """All versions of a table in the order of their arrival."""

    def read(store: RecordStore, table: Table) -> list[tuple[Any, ...]]:
        names = ", ".join(name for name, _ in columns(table))
        return store.rows(f"SELECT {names} FROM {table.name} ORDER BY arrival")

    return read
