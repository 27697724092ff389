"""Layout files: written and read again, refused with the place of the fault."""

import datetime as dt
import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.contract import TABLES
from risk.intake.layouts.column_matches import share_fitting
from risk.intake.layouts.errors import LayoutInvalid, LayoutMissing
from risk.intake.layouts.layout import (
    ColumnRule,
    KeyRule,
    Layout,
    find_layout,
    head_signature,
    read_layout,
    read_layouts,
    source_layouts,
)
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
        ('column = ""', "column = 1", "key.column", "1"),
        (
            'headings = ["工程名称", "", "开工时间"]',
            'headings = ["", ""]',
            "head.headings",
            "('', '')",
        ),
        (
            'headings = ["工程名称", "", "开工时间"]',
            'headings = "工程名称"',
            "head.headings",
            "工程",
        ),
        ("rows = 1", "rows = 0", "head.rows", "0"),
        ("rows = 1", "rows = true", "head.rows", "True"),
        ("rows = 1", "row = 1", "head row", "row"),
        ('region = "510822"', 'region = "51082"', "region", "51082"),
        ('region = "510822"', 'region = "5108221"', "region", "5108221"),
        ("[regions]", '[regions]\n"甲" = "5"', "regions.甲", "5"),
        (
            'field = "started_on"',
            'field = "started_on"\nby_name = 1',
            "columns 2（开工时间） by_name",
            "1",
        ),
        (
            'field = "started_on"',
            'field = "started_on"\nunit = ""',
            "columns 2（开工时间） unit",
            "unit",
        ),
        ("[fill]", '[fill]\nstart = "1"', "fill.start", "start"),
        ("[confirmed]", "[confirmed]\nwho = 1", "confirmed who", "who"),
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


def test_what_a_layout_file_leaves_out(tmp_path):
    content = 'version = 1\ntable = "projects"\n[head]\nheadings = ["", "工程名称"]\n'
    plain = read_layout(written(tmp_path, content))
    assert plain == Layout("甲", TABLES["projects"], ("", "工程名称"), ())
    assert (plain.files, plain.head_rows, plain.known_on, plain.key) == (
        "*",
        1,
        "import",
        KeyRule(),
    )
    three = read_layout(written(tmp_path, content.replace("[head]", "[head]\nrows = 3")))
    assert three.head_rows == 3
    column = '[[columns]]\nheading = "工程名称"\n'
    assert read_layout(written(tmp_path, content + column)).columns == (ColumnRule("工程名称"),)
    codes = '[regions]\n"甲" = ""\n"乙" = "51"\n"丙" = "5108"\n"丁" = "510822100"\n'
    regions = read_layout(written(tmp_path, content + codes)).regions
    assert regions == {"甲": "", "乙": "51", "丙": "5108", "丁": "510822100"}
    known = '[[columns]]\nheading = "工程名称"\nfield = "known_at"\n'
    assert read_layout(written(tmp_path, content + known)).columns[0].field == "known_at"


@pytest.mark.parametrize(
    ("columns", "at"),
    [
        ('field = "sector"\n[columns.values]\n"乙" = "甲"', "columns 1（甲） values.乙"),
        ('field = "sector"\n[columns.values]\n"乙" = "房建"\n"丙" = ""', None),
        ('field = "sector"\n[columns.values]\n"乙" = "building"', None),
        ('[columns.values]\n"乙" = "甲"', None),
        (
            'field = "owner_id"\n[[columns]]\nheading = "乙"\nfield = "owner_id"',
            "columns 2（乙） field",
        ),
        (
            'field = "owner_id"\n[[columns]]\nheading = "乙"\nfield = "owner_id"\nby_name = true',
            None,
        ),
        ('[[columns]]\nheading = "乙"', None),
        ('values = "乙"', "columns 1（甲） values"),
        ('[[columns]]\nheading = "乙"\nby_name = false\nfield = ""', None),
    ],
)
def test_columns_of_a_layout_file(tmp_path, columns, at):
    head = 'version = 1\ntable = "projects"\n[head]\nheadings = ["甲", "乙"]\n'
    path = written(tmp_path, f'{head}[[columns]]\nheading = "甲"\n{columns}\n')
    if at is None:
        assert read_layout(path).columns[0].heading == "甲"
        return
    with pytest.raises(LayoutInvalid) as failure:
        read_layout(path)
    assert failure.value.fields["at"] == at


def test_columns_that_are_no_tables_are_refused(tmp_path):
    head = 'version = 1\ntable = "projects"\n'
    for columns, at in (
        ("columns = 1", "columns"),
        ("columns = [1]", "columns 1"),
        (f'head = "{"x" * 201}"', "head"),
    ):
        more = "" if at == "head" else '\n[head]\nheadings = ["甲"]'
        with pytest.raises(LayoutInvalid) as failure:
            read_layout(written(tmp_path, f"{head}{columns}{more}"))
        assert failure.value.fields["at"] == at
    assert failure.value.fields["found"] == "x" * 200


def test_the_digest_of_a_layout_is_that_of_its_json():
    text = (
        '["projects", ["工程名称", "", "开工时间"], "*台账*", 1, "", "510822", [], "import", [], '
        '[["project_name"], "", ""], '
        '[["工程名称", "project_name", false, []], ["开工时间", "started_on", false, []]]]'
    )
    assert LAYOUT.digest == hashlib.sha256(text.encode()).hexdigest()[:16]
    confirmed = LAYOUT.confirm("王某", NOW)
    assert (confirmed.confirmed, replace(confirmed, confirmed_by="").confirmed) == (True, False)


def test_a_head_is_compared_without_spaces_and_empty_cells_at_its_end():
    assert head_signature(["工程 名称", None, 5, "", None]) == ("工程名称", "", "5")
    assert head_signature([None, ""]) == ()
    assert (LAYOUT.fits_file("2025年台账.xlsx"), LAYOUT.fits_file("项目.xlsx")) == (True, False)


def test_layouts_of_a_folder_are_read_by_name(tmp_path):
    for name in ("乙", "甲", "丙"):
        write_layout(tmp_path, replace(LAYOUT, name=name))
    (tmp_path / "x.txt").write_text("", encoding="utf-8")
    names = sorted(("乙", "甲", "丙"))
    assert [one.name for one in read_layouts(tmp_path)] == names
    assert [one.name for one in source_layouts(tmp_path, "")] == names
    assert [one.name for one in source_layouts(tmp_path, "甲.toml")] == ["甲"]
    assert read_layouts(tmp_path / "none") == []


def test_the_file_of_a_layout_line_by_line(tmp_path):
    layout = replace(
        LAYOUT,
        columns=(
            ColumnRule("工程名称", "owner_id", by_name=True, note="97%"),
            ColumnRule("开工时间", "sector", values={"房": "building"}, undecided=("乙\x7f",)),
        ),
        regions={"乔庄镇": "510822100"},
        fill={"started_on": "{month_end}"},
    )
    lines = [line for line in layout_text(layout).splitlines() if line and line[0] != "#"]
    assert lines == [
        "version = 1",
        'table = "projects"  # 工程项目',
        'files = "*台账*"',
        'unit = ""',
        'region = "510822"  # 青川县',
        'known_on = "import"',
        *("[head]", "rows = 1", 'headings = ["工程名称", "", "开工时间"]'),
        *("[key]", 'from = ["project_name"]', 'column = ""', 'prefix = ""'),
        *("[fill]", '"started_on" = "{month_end}"'),
        *("[regions]", '"乔庄镇" = "510822100"'),
        *("[confirmed]", 'by = ""', 'at = ""', 'digest = ""'),
        *("[[columns]]", 'heading = "工程名称"', 'field = "owner_id"  # 建设单位代码'),
        next(line for line in lines if line.startswith("by_name = true  # ")),
        *("[[columns]]", 'heading = "开工时间"', 'field = "sector"  # 行业'),
        *("[columns.values]", '"房" = "building"'),
    ]
    assert layout_text(layout).endswith('# "乙\\u007f" = ""\n')
    assert 'region = ""\n' in layout_text(replace(layout, region=""))
    path = write_layout(tmp_path, layout)
    text = path.read_text(encoding="utf-8")
    for place in ("[confirmed]", "[key]"):
        cut = text.replace("[confirmed]", "") if place == "[key]" else text
        cut = cut.replace('by = ""', "").replace('at = ""', "").replace('digest = ""', "")
        path.write_text(cut, encoding="utf-8")
        confirm_file(path, layout.confirm("王某", NOW))
        again = read_layout(path)
        assert (again.confirmed, again.confirmed_by, again.fill) == (True, "王某", layout.fill)


def test_a_confirmation_replaces_an_earlier_one(tmp_path):
    values = ColumnRule("工程名称", "sector", values={"房": "building"})
    layout = replace(LAYOUT, columns=(values,))
    path = write_layout(tmp_path / "a" / "layouts", layout)
    assert read_layout(path).columns == (values,)
    head = path.read_text(encoding="utf-8").partition("[confirmed]")[0]
    earlier = '[confirmed]\nby = "李某"\nat = ""\ndigest = ""\n'
    path.write_text(head + earlier + "# x\n", encoding="utf-8")
    confirm_file(path, layout.confirm("王某", NOW))
    assert path.read_text(encoding="utf-8").endswith("# x\n")
    assert read_layout(path).confirmed_by == "王某"
