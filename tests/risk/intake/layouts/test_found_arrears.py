"""Arrears found by what is owed, for sweeps whose form has no question about it."""

from __future__ import annotations

import datetime as dt

import pytest

from risk.contract import TABLES
from risk.intake.importer import import_into
from risk.intake.layouts.found_arrears import (
    BY_AMOUNTS,
    arrears_by_amounts,
    states_what_is_owed,
)
from risk.intake.layouts.layout import read_layout
from risk.intake.layouts.layout_file import write_layout
from risk.intake.layouts.plan import OfficeLayouts
from risk.intake.trial import try_files

INSPECTIONS = TABLES["inspections"]
NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("amount", "workers", "answer"),
    [
        (45.6, 23, "是"),
        (0, 0, "否"),
        (0, None, "否"),
        (None, 3, "是"),
        ("约6万元", 0, "是"),
        (None, None, None),
        ("-", "无", None),
        ("部分", 0, None),
    ],
)
def test_arrears_are_found_where_something_is_owed(amount, workers, answer):
    cells = {"amount_owed": amount, "workers_owed": workers}
    assert arrears_by_amounts(INSPECTIONS, cells.get) == answer


def test_only_an_inspection_without_an_answer_is_decided_so():
    assert states_what_is_owed(INSPECTIONS, {"amount_owed"})
    assert states_what_is_owed(INSPECTIONS, {"workers_owed"})
    assert not states_what_is_owed(INSPECTIONS, {"findings"})
    assert not states_what_is_owed(INSPECTIONS, {"amount_owed", "arrears_found"})
    assert not states_what_is_owed(TABLES["cases"], {"amount_owed"})


def test_a_sweep_without_the_question_is_read_once_confirmed(store, write_xlsx, today, tmp_path):
    path = write_xlsx(
        "欠薪排查台账.xlsx",
        [
            ["检查编号", "项目编码", "检查日期", "拖欠人数", "拖欠金额（万元）"],
            ["J1", "X1", "2025-10-15", 23, 45.6],
            ["J2", "X2", "2025-10-16", 0, 0],
            ["J3", "X3", "2025-10-17", None, None],
        ],
    )
    [trial] = try_files([path], OfficeLayouts())
    [proposal] = trial.proposals
    assert dict(proposal.layout.fill) == {"arrears_found": BY_AMOUNTS}
    assert proposal.missing == ()
    layout = read_layout(write_layout(tmp_path / "layouts", proposal.layout))
    office = OfficeLayouts((layout.confirm("王某", NOW),))
    [file] = import_into(store, [path], today=today, office=office).files
    assert (file.accepted, file.quarantined) == (2, 1)
    rows = store.rows("SELECT inspection_id, arrears_found FROM inspections ORDER BY 1")
    assert rows == [("J1", True), ("J2", False)]
