"""Exports that need no translation are known by their own headings and cells."""

from __future__ import annotations

import pytest

from risk.contract import TABLES
from risk.intake.layouts import plan as plans
from risk.intake.layouts.names import Namer
from risk.intake.layouts.plan import OfficeLayouts, plan_reading
from risk.intake.layouts.translation import TranslatedSheet
from risk.intake.layouts.translation_need import TRANSLATED_ROWS, is_plain_export
from risk.intake.layouts.vocabulary import vocabulary
from risk.intake.readers import open_sheets

from ..small_sheets import SmallSheet

PROJECTS = "项目编码,项目名称,行政区划代码,施工总承包代码,行业,开工日期"
ROW = "X1,甲工程,510822,91510000MA00000001,building,2025-03-05"
PAYROLLS = "payroll_id,project_id,period,amount_due,due_on"
WAGES = "R1,X1,2025-03,1200,2025-04-15"


def _lines(head, *rows, separator=","):
    return "\n".join([head, *rows]).replace(",", separator) + "\n"


def _plans(tmp_path, text, table):
    """Whether a sheet is a plain export, and the plan."""
    path = tmp_path / "x.csv"
    path.write_text(text, encoding="utf-8")
    with open_sheets(path) as sheets:
        plain = [is_plain_export(one, TABLES[table], vocabulary()) for one in sheets]
        plan = plan_reading(path, sheets, OfficeLayouts(), namer=Namer, table=TABLES[table])
    return any(plain), plan


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ("projects", _lines(PROJECTS, ROW)),
        ("projects", _lines(PROJECTS, ROW, separator=";")),
        ("projects", _lines(PROJECTS, "", ROW, "", ROW)),
        ("projects", _lines(PROJECTS)),
        ("payrolls", _lines(PAYROLLS, WAGES)),
        ("payrolls", _lines("工资表编号,项目编码,工资月份,应发金额（元）,应发日期", WAGES)),
    ],
)
def test_an_export_in_the_contracts_words_needs_no_proposal(tmp_path, monkeypatch, table, text):
    plain, plan = _plans(tmp_path, text, table)
    assert plain
    monkeypatch.setattr(plans, "is_plain_export", lambda *_: False)
    assert _plans(tmp_path, text, table)[1] == plan
    assert (plan.table, plan.match, plan.asked) == (TABLES[table], None, ())


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ("projects", _lines(PROJECTS.replace("项目名称", "工程名称"), ROW)),
        ("projects", _lines(PROJECTS.replace("项目名称", "备注"), ROW)),
        ("projects", _lines(PROJECTS.replace("项目名称", ""), ROW)),
        ("projects", _lines(f"{PROJECTS},项目编码", f"{ROW},X2")),
        ("projects", _lines("在建项目", PROJECTS, ROW)),
        ("projects", _lines("项目编码,行政区划代码,开工日期", "X1,510822,2025-03-05")),
        ("projects", _lines(PROJECTS, ROW.replace("510822", "青川县"))),
        ("projects", _lines(PROJECTS, ROW.replace("91510000MA00000001", "川北建设公司"))),
        ("projects", _lines(PROJECTS, ROW.replace("X1", "待办理"))),
        ("projects", _lines(PROJECTS, ROW.replace("building", "房屋建筑"))),
        ("projects", _lines(PROJECTS, ROW, ROW.replace("甲工程", "同上"))),
        ("projects", _lines(PROJECTS, ROW, ROW.rpartition(",")[0])),
        ("payrolls", _lines(PAYROLLS, WAGES.replace("X1", "甲标段工程"))),
        ("organizations", _lines("org_id,org_name", "91510000MA00000001,川北建设公司")),
    ],
)
def test_any_doubt_asks_for_a_proposal(tmp_path, table, text):
    path = tmp_path / "x.csv"
    path.write_text(text, encoding="utf-8")
    with open_sheets(path) as sheets:
        assert not any(is_plain_export(one, TABLES[table], vocabulary()) for one in sheets)


@pytest.mark.parametrize(
    ("rows", "translated"), [(TRANSLATED_ROWS - 2, True), (TRANSLATED_ROWS - 1, False)]
)
def test_names_are_searched_in_two_thousand_rows(tmp_path, rows, translated):
    """The head is the first of them."""
    named = ROW.replace("91510000MA00000001", "川北建设公司")
    text = _lines(PROJECTS, *[ROW] * rows, named)
    plain, plan = _plans(tmp_path, text, "projects")
    assert plain is not translated
    assert any(isinstance(one, TranslatedSheet) for one in plan.sheets) is translated


def test_a_workbook_is_proposed_for():
    sheet = SmallSheet([PROJECTS.split(","), ROW.split(",")])
    assert not is_plain_export(sheet, TABLES["projects"], vocabulary())
