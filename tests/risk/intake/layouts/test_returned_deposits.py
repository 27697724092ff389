"""Deposits with a day of return and no status."""

from __future__ import annotations

import datetime as dt

import pytest

from risk.contract import TABLES
from risk.intake.importer import import_into
from risk.intake.layouts.layout import read_layout
from risk.intake.layouts.layout_file import write_layout
from risk.intake.layouts.plan import OfficeLayouts
from risk.intake.layouts.returned_deposits import BY_RETURN, return_column, status_by_return
from risk.intake.trial import try_files

DEPOSITS = TABLES["deposits"]
NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("cell", "status"),
    [
        (dt.date(2025, 9, 1), "已退还"),
        ("2025.9.1", "已退还"),
        ("9月1日", "已退还"),
        ("已返还", "已退还"),
        *((cell, "已存储") for cell in (None, "", "/", "—", "未返还", "未到期")),
        *((cell, None) for cell in ("公示中", "部分返还", 45)),
    ],
)
def test_a_deposit_with_a_day_of_return_is_returned(cell, status):
    assert status_by_return(cell) == status


def test_the_day_of_return_counts_where_there_is_no_status():
    assert return_column(DEPOSITS, set(), ["编号", "退还时间"]) == 1
    assert return_column(DEPOSITS, set(), ["编号", "返还/日期"]) == 1
    assert return_column(DEPOSITS, {"status"}, ["返还日期"]) is None
    assert return_column(DEPOSITS, set(), ["返还金额"]) is None
    assert return_column(TABLES["cases"], set(), ["返还日期"]) is None


def test_returned_deposits_are_not_stored_ones(store, write_xlsx, today, tmp_path):
    path = write_xlsx(
        "工资保证金台账.xlsx",
        [
            ["保函编号", "项目编码", "缴存方式", "缴存日期", "返还日期"],
            ["B1", "X1", "银行保函", "2025-03-01", None],
            ["B2", "X2", "现金", "2024-05-10", "2025-09-01"],
            ["B3", "X3", "现金", "2024-06-10", "公示中"],
        ],
    )
    [trial] = try_files([path], OfficeLayouts())
    [proposal] = trial.proposals
    assert dict(proposal.layout.fill) == {"status": BY_RETURN}
    layout = read_layout(write_layout(tmp_path / "layouts", proposal.layout))
    office = OfficeLayouts((layout.confirm("王某", NOW),))
    [file] = import_into(store, [path], today=today, office=office).files
    assert (file.accepted, file.quarantined) == (2, 1)
    assert "返还日期" not in [name for sheet in file.sheets for name in sheet.ignored]
    rows = store.rows(
        "SELECT deposit_id, arg_max(status, known_at) FROM deposits GROUP BY 1 ORDER BY 1"
    )
    assert rows == [("B1", "stored"), ("B2", "returned")]
