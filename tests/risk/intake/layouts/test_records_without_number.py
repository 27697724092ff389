"""Deposits and contracts of which some have no number by their kind."""

from __future__ import annotations

import datetime as dt

import pytest

from risk.intake.identifiers import is_no_number
from risk.intake.importer import import_into
from risk.intake.layouts.layout import read_layout
from risk.intake.layouts.layout_file import write_layout
from risk.intake.layouts.plan import OfficeLayouts
from risk.intake.trial import try_files

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
HEAD = ["保函编号", "项目编码", "缴存方式", "状态", "缴存日期"]
GUARANTEE = ["B1", "X1", "银行保函", "已存储", "2025-03-01"]
CASH = [None, "X2", "现金", "已存储", "2024-05-10"]


def _layout(path):
    [trial] = try_files([path], OfficeLayouts())
    [proposal] = trial.proposals
    return proposal.layout


def test_a_deposit_in_cash_has_an_id_of_its_fields(store, write_xlsx, today, tmp_path):
    path = write_xlsx(
        "工资保证金台账.xlsx", [HEAD, GUARANTEE, CASH, ["/", *CASH[1:4], "2024-06-10"]]
    )
    layout = _layout(path)
    assert layout.key.made_from == ("project_id", "kind", "valid_from")
    read = read_layout(write_layout(tmp_path / "layouts", layout))
    office = OfficeLayouts((read.confirm("王某", NOW),))
    for _ in range(2):  # the same rows have the same ids
        import_into(store, [path], today=today, office=office)
    rows = store.rows("SELECT deposit_id, project_id FROM deposits ORDER BY valid_from")
    ids = [one for one, _ in rows]
    assert [one for _, one in rows] == ["X2", "X2", "X1"]
    assert ids[2] == "B1"
    assert ids[0] != ids[1]
    assert all(one.startswith("N-") for one in ids[:2])


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("工资保证金台账.xlsx", [HEAD, GUARANTEE]),
        ("工资保证金台账.xlsx", [HEAD, GUARANTEE, [None, None, "现金", "已存储", None]]),
        ("案件台账.xlsx", [["案号", "立案日期", "状态"], ["A1", "2025-09-01", "立案"],
                       [None, "2025-09-02", "立案"]]),
    ],
)  # fmt: skip
def test_other_records_need_their_number(write_xlsx, name, rows):
    assert _layout(write_xlsx(name, rows)).key.made_from == ()


def test_words_for_no_number():
    words = (None, "", " ", "/", "—", "无", "暂无", "免存", "B1", 0, "无锡")
    assert [is_no_number(one) for one in words] == [True] * 8 + [False] * 3
