"""Books of offices with several counties: the county that a title, a sheet or a section names."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from risk.contract import TABLES
from risk.intake.importer import import_into
from risk.intake.layouts.layout import ColumnRule, KeyRule, Layout, read_layout
from risk.intake.layouts.layout_file import write_layout
from risk.intake.layouts.names import Namer
from risk.intake.layouts.plan import OfficeLayouts
from risk.intake.layouts.regions import (
    common_region,
    folders_of,
    place_code,
    section_county,
    stated_county,
)
from risk.intake.layouts.translation import TranslatedSheet
from risk.intake.name_ids import name_id
from risk.intake.trial import try_files

from ..small_sheets import SmallSheet

HEAD = ["工程名称", "建设单位", "开工时间"]
LAYOUT = Layout(
    name="台账",
    table=TABLES["projects"],
    headings=tuple(HEAD),
    columns=(
        ColumnRule("工程名称", "project_name"),
        ColumnRule("建设单位", "owner_id", by_name=True),
        ColumnRule("开工时间", "started_on"),
    ),
    region="510822",
    key=KeyRule(made_from=("project_name",)),
)
DAY = "2025-03-05"


def _regions(rows, *, name="表", layout=LAYOUT, file="台账.xlsx", folders=()):
    sheet = TranslatedSheet(SmallSheet(rows, name), layout, file, Namer(), folders=folders)
    return [cells[-1] for _, cells in sheet.rows() if DAY in cells]


@pytest.mark.parametrize(
    ("more", "region"),
    [
        ({}, "510822"),
        ({"name": "剑阁县"}, "510823"),
        ({"file": "剑阁县台账.xlsx"}, "510823"),
        ({"folders": ("2025年10月", "剑阁县")}, "510823"),
        ({"name": "苍溪县", "file": "剑阁县.xlsx"}, "510824"),
        ({"name": "青川县与剑阁县"}, "510822"),
        ({"layout": replace(LAYOUT, region="510822100"), "name": "青川县"}, "510822100"),
        ({"layout": replace(LAYOUT, region="5108"), "name": "青川县"}, "510822"),
        ({"layout": replace(LAYOUT, region="5108")}, "5108"),
        ({"name": "市本级"}, "5108"),
        ({"name": "市直", "file": "剑阁县.xlsx"}, "510823"),
    ],
)
def test_a_county_that_a_sheet_names_counts_before_that_of_the_layout(more, region):
    assert _regions([HEAD, ["甲", "乙", DAY]], **more) == [region]


def test_a_project_has_the_id_of_its_county_and_a_firm_that_of_the_layout():
    sheet = TranslatedSheet(
        SmallSheet([HEAD, ["甲地", "乙方公司", DAY]], "剑阁县"), LAYOUT, "x", Namer()
    )
    _, (_, cells) = sheet.rows()
    assert name_id("甲地", "510823") in cells
    assert name_id("乙方公司", "510822") in cells


def test_sections_of_a_sheet_are_of_the_counties_they_name():
    rows = [
        ["广元市在建项目"],
        HEAD,
        ["甲", "业主", DAY],
        ["一、剑阁县（1个）", None, None],
        ["乙", "业主", DAY],
        ["苍溪县", None, None],
        HEAD,
        ["丙", "业主", DAY],
        ["市本级", None, None],
        ["丁", "业主", DAY],
    ]
    assert _regions(rows) == ["510822", "510823", "510824", "5108"]
    assert _regions([HEAD, ["市本级"], ["丁", "业主", DAY]]) == ["510822"]
    other = ["开工时间", "工程名称", "建设单位"]
    rows = [HEAD, ["剑阁县"], ["乙", "业主", DAY], other, [DAY, "丙", "业主"]]
    assert _regions(rows) == ["510823", "510823"]


@pytest.mark.parametrize(
    ("text", "county"),
    [
        ("剑阁县", "510823"),
        ("（三）剑阁县：", "510823"),
        ("2.剑阁县（含下寺镇）", "510823"),
        ("四川省广元市剑阁县", "510823"),
        ("市直", ""),
        ("县本级", ""),
        ("广元经开区", ""),
        ("鼓楼区", ""),  # several are called so
        ("广元市", ""),
        *((text, None) for text in ("剑阁", "剑阁县水利局", "云渡小区", "合计", "")),
    ],
)
def test_a_heading_of_a_section_names_a_county(text, county):
    assert section_county(text) == county


def test_of_counties_with_one_name_that_in_the_same_city_is_meant():
    assert section_county("鼓楼区", "350100") == "350102"


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("福州市在建项目台账", "350102"),
        ("在建项目台账", "鼓楼区"),
        ("福州市与徐州市台账", "鼓楼区"),
    ],
)
def test_of_counties_with_one_name_that_in_the_city_of_the_title_is_meant(title, code):
    layout = replace(
        LAYOUT,
        region="",
        headings=(*HEAD, "县区"),
        columns=(*LAYOUT.columns, ColumnRule("县区", "region_code")),
    )
    rows = [[title], [*HEAD, "县区"], ["甲", "乙", DAY, "鼓楼区"]]
    sheet = TranslatedSheet(SmallSheet(rows), layout, "x", Namer())
    *_, (_, cells) = sheet.rows()
    assert cells[3] == code


def test_a_county_may_be_written_with_its_city_and_province_apart():
    assert place_code("四川省-广元市-青川县", "") == "510822"
    assert place_code("四川省/广元市/剑阁县", "") == "510823"
    assert place_code("青川县、剑阁县", "") is None


@pytest.mark.parametrize(
    ("one", "other", "region"),
    [
        ("510822", "510822", "510822"),
        ("510822", "510823", "5108"),
        ("510822100", "510822200", "510822"),
        ("510822100", "510822", "510822"),
        ("510822", "420322", ""),
        ("510822", "511302", "51"),
        ("", "510822", "510822"),
    ],
)
def test_the_smallest_place_that_two_places_are_in(one, other, region):
    assert common_region(one, other) == common_region(other, one) == region


def test_sheets_of_several_counties_share_a_layout_of_their_city(write_xlsx):
    rows = [HEAD, ["甲", "乙", DAY]]
    path = write_xlsx("在建项目.xlsx", rows, 青川县=rows, 剑阁县=rows, 市本级=rows)
    [trial] = try_files([path], OfficeLayouts())
    [proposal] = trial.proposals
    assert (proposal.layout.region, proposal.missing) == ("5108", ())


def test_the_first_text_that_names_a_county_counts():
    assert stated_county(("台账", "剑阁县", "青川县")) == "510823"
    assert stated_county(()) == ""
    assert folders_of(Path("a/b/c/d.xlsx")) == ("c", "b")
    assert folders_of(Path("d.xlsx")) == ("",)


def test_books_of_several_counties_with_one_head_are_read_by_one_layout(
    store, write_xlsx, today, tmp_path
):
    names = ("青川县/台账.xlsx", "剑阁县/台账.xlsx")
    for name in names:
        (tmp_path / name).parent.mkdir()
    paths = [write_xlsx(name, [["在建项目台账"], HEAD, [name[:2], "业主", DAY]]) for name in names]
    layouts = {
        one.layout.name: one.layout
        for trial in try_files(paths, OfficeLayouts())
        for one in trial.proposals
    }
    assert [one.region for one in layouts.values()] == ["5108"]
    [layout] = (read_layout(write_layout(tmp_path / "layouts", one)) for one in layouts.values())
    confirmed = layout.confirm("王某", dt.datetime(2026, 3, 1, tzinfo=dt.UTC))
    report = import_into(store, paths, today=today, office=OfficeLayouts((confirmed,)))
    assert report.failed == ()
    rows = store.rows("SELECT project_name, region_code FROM projects ORDER BY region_code")
    assert rows == [("青川", "510822"), ("剑阁", "510823")]
