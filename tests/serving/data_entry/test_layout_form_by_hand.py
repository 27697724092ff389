"""Fillings of a layout on the data page that other columns of a row decide."""

from __future__ import annotations

import pytest

from risk.contract import TABLES
from risk.intake.layouts.errors import LayoutInvalid
from risk.intake.layouts.found_arrears import BY_AMOUNTS
from risk.intake.layouts.layout import ColumnRule, Layout
from risk.intake.layouts.outcomes import BY_DATES
from serving.data_entry.layout_form import chosen_layout, layout_form


def _layout(table, **fields):
    """Layout of ``table`` whose columns are called like the fields, with fillings."""
    fill = fields.pop("fill", {})
    columns = tuple(ColumnRule(heading, field) for field, heading in fields.items())
    return Layout("台账", TABLES[table], tuple(fields.values()), columns, fill=fill)


CASES = _layout(
    "cases", case_id="案号", opened_on="立案", closed_on="结案", fill={"status": BY_DATES}
)
VISITS = _layout(
    "inspections",
    inspection_id="编号",
    project_id="项目",
    inspected_on="日期",
    amount_owed="欠薪",
    fill={"arrears_found": BY_AMOUNTS},
)


def _fills(layout, language="zh"):
    return {one.label: one for one in layout_form(0, layout, {}, (), (), language).fills}


def _chosen(layout, **changes):
    columns = {f"l0.c{n}": rule.field for n, rule in enumerate(layout.columns)}
    return chosen_layout(layout, "l0", {**columns, **changes})


@pytest.mark.parametrize(
    ("layout", "label", "rule", "codes"),
    [
        (CASES, "状态", BY_DATES, [*TABLES["cases"].field("status").values]),
        (VISITS, "是否发现欠薪", BY_AMOUNTS, ["是", "否"]),
    ],
)
def test_a_rule_is_among_the_choices_and_chosen(layout, label, rule, codes):
    fill = _fills(layout)[label]
    assert fill.value == rule
    assert [one.value for one in fill.codes] == [rule, *codes]
    assert all(one.label and "{" not in one.label for one in fill.codes)
    field = fill.name.removeprefix("l0.fill.")
    assert _chosen(layout, **{fill.name: rule}).fill == {field: rule}
    assert _chosen(layout, **{fill.name: codes[0]}).fill == {field: codes[0]}
    assert _chosen(layout).fill == {field: rule}


def test_a_rule_needs_the_columns_it_goes_by():
    with pytest.raises(LayoutInvalid):
        _chosen(CASES, **{"l0.c2": "", "l0.fill.status": BY_DATES})
    assert (
        _fills(_layout("cases", case_id="案号", opened_on="立案"))["状态"].codes[0].value
        != BY_DATES
    )


def test_answers_are_in_the_language_of_the_page():
    [fill] = _fills(VISITS, "en").values()
    assert [one.label for one in fill.codes[1:]] == ["Yes", "No"]
