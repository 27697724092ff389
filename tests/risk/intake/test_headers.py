import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.contract import TABLES
from risk.intake.file_errors import ColumnsMissing, ColumnsTwice, UnitUnknown
from risk.intake.headers import HeaderCells, parse_header, read_header, recognised_fields
from risk.intake.headings import contract_matcher, parse_heading, unit_of
from risk.intake.units import money_units

PROJECTS, PAYMENTS = TABLES["projects"], TABLES["payments"]
NEEDED = ["项目编码", "项目名称", "行政区划代码", "开工日期"]


def _header(cells, table=PROJECTS, **more):
    return read_header(table, 1, cells, file="x.csv", **more)


def _column(cells, name, **more):
    return next(c for c in _header(cells, **more).columns if c.field.name == name)


@pytest.mark.parametrize(
    ("text", "unknown"), [("元", ""), ("万元", "万元"), ("亩", ""), ("美元", "美元")]
)
def test_a_number_is_in_yuan_or_its_unit_is_unknown(text, unknown):
    found = unit_of(TABLES["operations"].field("value"), text)
    assert (found.unit, found.unknown, found.several) == (None, unknown, False)


def test_a_heading_may_name_several_units():
    amount = PROJECTS.field("contract_amount")
    found = [unit_of(amount, text) for text in ("元/万元", "元、元", "人、万元")]
    assert [(one.unit.label, one.several) for one in found] == [
        *(("元", True), ("元", False), ("万元", False))
    ]


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_field_names_and_chinese_headers_mean_the_same(table):
    fields = [field.name for field in table.fields] + ["known_at"]
    chinese = [field.zh for field in table.fields] + ["入库日期"]
    assert recognised_fields(table, fields) == recognised_fields(table, chinese) == set(fields)


@pytest.mark.parametrize(
    ("heading", "label"),
    [
        ("合同金额", None),
        ("合同金额(万元)", "万元"),
        ("合同金额（万元）", "万元"),
        ("合同 金额\n（单位：万元）", "万元"),
        ("合同金额万元", "万元"),
        ("*合同金额(元)", "元"),
        ("合同金额（亿元）", "亿元"),
        ("合同金额(必填)", None),
        ("contract_amount (万元)", "万元"),
        ("Contract Amount", None),
    ],
)
def test_read_header_reads_the_unit_of_money(heading, label):
    unit = _column([*NEEDED, heading], "contract_amount").unit
    assert (unit and unit.label) == label


def test_a_title_above_gives_the_unit_where_the_header_gives_none():
    cells = [*NEEDED, "合同金额"]
    titles = ["2024年台账", "单位：万元"]
    assert _column(cells, "contract_amount", titles=titles).unit.label == "万元"
    assert _column([*NEEDED, "合同金额(元)"], "contract_amount", titles=titles).unit.label == "元"
    assert _header(cells, titles=titles).unit_from_title.label == "万元"
    for other in ([*titles, "单位：元"], titles[:1]):
        assert _header(cells, titles=other).unit_from_title is None


def test_a_percent_header_is_read():
    assert _column([*NEEDED, "人工费比例（%）"], "labour_cost_share").unit.label == "%"


@pytest.mark.parametrize("heading", ["合同金额(美元)", "合同金额(十元)"])
def test_an_unknown_unit_of_money_is_an_error(heading):
    with pytest.raises(UnitUnknown):
        _header([*NEEDED, heading])


def test_a_number_has_no_unit_of_money():
    with pytest.raises(UnitUnknown):
        _header(["org_id", "period", "indicator", "数值(万元)"], TABLES["operations"])


def test_the_unit_of_a_group_is_that_of_its_amounts():
    own = ["发放编号", "工资表编号", "发放日期"]

    def units(group, *below):
        cells = HeaderCells(2, [*own, *below], [None, None, None, group, group])
        header = parse_header(PAYMENTS, cells, file="x", match=contract_matcher(PAYMENTS))
        return [one.unit and one.unit.label for one in header.columns][3:]

    assert units("发放（万元）", "实发金额", "实发人数") == ["万元", None]
    for group, below in (("发放", "实发人数（万元）"), ("发放（美元）", "实发人数")):
        with pytest.raises(UnitUnknown):
            units(group, "实发金额", below)


def test_missing_columns_are_named():
    with pytest.raises(ColumnsMissing) as raised:
        _header(NEEDED[:3])
    assert "开工日期/started_on" in raised.value.message("zh")


@pytest.mark.parametrize("twin", ["项目编码", "project_id", "项目编码 ", "ＰＲＯＪＥＣＴ_ＩＤ"])
def test_a_field_may_head_one_column_only(twin):
    with pytest.raises(ColumnsTwice) as raised:
        _header([*NEEDED, twin])
    assert "项目编码" in raised.value.message("zh")


def test_read_header_lists_ignored_columns_by_name():
    header = _header(["身份证号", *NEEDED, None, "备注", ""])
    assert header.ignored == ("身份证号", "备注")
    assert (header.width, header.needed) == (8, 7)


def test_the_quarantine_number_is_found():
    assert _header(["隔离编号", *NEEDED]).quarantine_id == 0


@given(st.permutations(NEEDED), st.lists(st.text(max_size=5), max_size=4))
def test_law_the_order_of_columns_does_not_matter(names, others):
    extra = [f"其他{text}" for text in others]
    header = _header([*extra, *names])
    assert {(column.field.zh, column.index) for column in header.columns} == {
        (name, place + len(extra)) for place, name in enumerate(names)
    }


@pytest.mark.parametrize(
    "heading",
    [
        *("合同金额/万元", "合同金额【万元】", "合同金额〔单位：万元〕", "合同金额[金额单位:万元]"),
        *("合同金额（含税，万元）", "合同金额 (人民币：万元)", "合同金额-万元", "（万元）合同金额"),
    ],
)
def test_a_unit_counts_in_every_kind_of_bracket_and_after_a_slash(heading):
    assert _column([*NEEDED, heading], "contract_amount").unit.label == "万元"


@pytest.mark.parametrize(
    ("title", "labels"),
    [
        *(
            (f"单位{end}", ["万元"])
            for end in ("：人、万元", "（万元）", ": 万元", "：万元（含税）")
        ),
        *((title, ["万元"]) for title in ("（金额：万元）", "【万元】", "计量单位：万元、平方米")),
        *(
            (title, ["万元"])
            for title in ("填报单位：某局  单位：万元", "以万元为单位", "台账（万元）")
        ),
        ("币种：人民币 单位：元", ["元"]),
        ("单位：元，合同金额单位：万元", ["元", "万元"]),
        *(
            (title, [])
            for title in ("填报单位：万元建设有限公司", "建设单位：元和公司", "（一）", "元")
        ),
        *((title, []) for title in ("单位：人", "单位：美元", "（千元户）", "")),
    ],
)
def test_units_are_found_in_titles_but_not_in_names_of_firms(title, labels):
    assert [unit.label for unit in money_units([title, None, 5])] == labels


def test_two_units_in_titles_refuse_the_column_but_not_the_others():
    header = _header([*NEEDED, "合同金额"], titles=["单位：万元", "单位：元"])
    assert [column.heading for column in header.refused] == ["合同金额"]
    assert header.refused[0].found == "万元、元"
    assert {column.field.zh for column in header.columns} == set(NEEDED)


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("开工日期（计划）", None),
        ("预计开工日期", None),
        ("拟实际竣工日期", None),
        ("实际竣工日期（预计）", None),
        ("实际竣工日期", "completed_on"),
        ("计划竣工日期", "planned_end_on"),
        ("竣工日期（计划）", "planned_end_on"),
        ("合同金额（其中本年）", None),
        ("合同金额（累计）", None),
        ("项目名称（拟建）", "project_name"),
    ],
)
def test_a_plan_or_a_part_is_not_the_actual_value(heading, field):
    found = contract_matcher(PROJECTS)(parse_heading(heading))
    assert (found and found.name) == field


def test_a_group_heading_completes_the_heading_below():
    match = contract_matcher(TABLES["deposits"])
    required = parse_heading("金额", "应存（万元）")
    assert (match(required).name, required.unit) == ("required_amount", "万元")
    assert parse_heading("金额", "应存").text == "应存/金额"
    assert parse_heading("甲" * 201).text == "甲" * 200
    assert match(parse_heading("存储形式", "缴存情况")).name == "kind"
    assert match(parse_heading(None, "到期日期")).name == "valid_to"
    assert match(parse_heading("到期日期", "计划")) is None


def test_an_amount_in_two_units_is_one_column_with_an_alternate():
    header = _header([*NEEDED, "合同金额（万元）", "合同金额（元）"])
    [column] = [c for c in header.columns if c.field.name == "contract_amount"]
    assert (column.unit.label, [c.unit.label for c in header.alternates]) == ("万元", ["元"])
    with pytest.raises(ColumnsTwice):
        _header([*NEEDED, "合同金额", "合同金额（元）"])


def test_a_matcher_may_know_other_headings():
    def match(heading):
        return PROJECTS.field("contract_amount") if heading.name == "合同价" else known(heading)

    known = contract_matcher(PROJECTS)
    header = _header([*NEEDED, "合同价（万元）"], match=match)
    assert [(c.field.name, c.unit.label) for c in header.columns if c.unit] == [
        ("contract_amount", "万元")
    ]
