"""Layout files: written and read again, refused with the place of the fault."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.contract import TABLES
from risk.intake.layouts.column_matches import share_fitting
from risk.intake.layouts.errors import LayoutInvalid, LayoutMissing
from risk.intake.layouts.layout import ColumnRule, KeyRule, Layout, find_layout, read_layout
from risk.intake.layouts.layout_file import confirm_file, layout_text, write_layout
from risk.intake.layouts.vocabulary import Target

LAYOUT = Layout(
    name="项目台账",
    table=TABLES["projects"],
    headings=("工程名称", "", "开工时间"),
    columns=(
        ColumnRule("工程名称", "project_name", note="97%  云渡小区"),
        ColumnRule("开工时间", "started_on"),
    ),
    files="*台账*",
    region="510822",
    key=KeyRule(made_from=("project_name",)),
)
NOW = dt.datetime(2026, 3, 1, 1, 2, 3, tzinfo=dt.UTC)


def written(tmp_path, content):
    path = tmp_path / "甲.toml"
    path.write_text(content, encoding="utf-8")
    return path


texts = st.text(max_size=12)


@given(heading=st.text(min_size=1, max_size=12), cells=st.dictionaries(texts, texts, max_size=3))
def test_any_heading_and_any_values_survive_the_file(tmp_path_factory, heading, cells):
    rule = ColumnRule(heading, "project_name", values=cells)
    layout = Layout("甲", TABLES["projects"], (heading,), (rule,))
    path = write_layout(tmp_path_factory.getbasetemp() / "layouts", layout)
    assert read_layout(path).digest == layout.digest
    assert read_layout(path).columns == layout.columns


def test_a_layout_is_confirmed_as_it_is_and_no_longer_after_a_change(tmp_path):
    path = write_layout(tmp_path, LAYOUT)
    assert not read_layout(path).confirmed
    confirm_file(path, read_layout(path).confirm("王某", NOW))
    again = read_layout(path)
    assert again.confirmed
    assert (again.confirmed_by, again.confirmed_at) == ("王某", "2026-03-01T01:02:03+00:00")
    assert "# 97%  云渡小区" in path.read_text(encoding="utf-8")
    path.write_text(
        path.read_text(encoding="utf-8").replace('region = "510822"', 'region = "510823"'),
        encoding="utf-8",
    )
    assert not read_layout(path).confirmed


def test_the_file_is_the_same_on_every_run():
    assert layout_text(LAYOUT) == layout_text(LAYOUT)
    assert "head" in layout_text(LAYOUT, "en")


@pytest.mark.parametrize(
    ("old", "new", "at", "found"),
    [
        ('table = "projects"', 'table = "project"', "table", "project"),
        ('field = "started_on"', 'field = "start"', "columns 2（开工时间） field", "start"),
        ('field = "started_on"', 'field = "project_name"', "columns 2", "project_name"),
        ('known_on = "import"', 'known_on = "today"', "known_on", "today"),
        ('region = "510822"', 'region = "青川"', "region", "青川"),
        ("rows = 1", "rows = 4", "head.rows", "4"),
        ('heading = "开工时间"', 'heading = "开工"', "heading", "开工"),
        ("version = 1", "version = 2", "version", "2"),
        ('unit = ""', 'unit = "美元"', "unit", "美元"),
        ("[fill]", "[fill]\nsector = 1", "fill.sector", "1"),
        ("[regions]", "[region_names]", "region_names", "region_names"),
        ("version = 1", "version = ", "-", "line"),
        ('from = ["project_name"]', 'from = "project_name"', "key.from", "project_name"),
        ('from = ["project_name"]', "from = [1]", "key.from", "1"),
        ('column = ""', 'column = "序 号"', "key.column", "序 号"),
    ],
)
def test_a_fault_is_named_with_its_place(tmp_path, old, new, at, found):
    content = layout_text(LAYOUT)
    assert old in content
    with pytest.raises(LayoutInvalid) as failure:
        read_layout(written(tmp_path, content.replace(old, new, 1)))
    assert failure.value.fields["file"] == "甲.toml"
    assert at in failure.value.fields["at"]
    assert found in failure.value.fields["found"]


def test_an_unknown_name_lists_the_layouts_there_are(tmp_path):
    write_layout(tmp_path, LAYOUT)
    assert find_layout(tmp_path, "项目台账").stem == "项目台账"
    for name in ("检查", "../项目台账"):
        with pytest.raises(LayoutMissing) as failure:
            find_layout(tmp_path, name)
        assert failure.value.fields["allowed"] == "项目台账"


@pytest.mark.parametrize(
    ("field", "cells", "share"),
    [
        ("workers", ["不详", "7人", "61人"], 1.0),  # 不详 is an unknown number
        ("workers", ["不详"], None),
        ("workers", ["不详", "来访", "7人"], 0.5),
        ("received_on", ["待查", "2025.3.5"], 1.0),
        ("text", ["不详", "7人"], 1.0),
    ],
)
def test_words_for_unknown_say_nothing_about_a_column(field, cells, share):
    target = Target(TABLES["complaints"].field(field), by_name=False)
    assert share_fitting(target, cells) == share
