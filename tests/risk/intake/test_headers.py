import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.contract import TABLES
from risk.intake.file_errors import ColumnsMissing, ColumnsTwice, UnitUnknown
from risk.intake.headers import read_header, recognised_fields

PROJECTS, PAYMENTS = TABLES["projects"], TABLES["payments"]
NEEDED = ["项目编码", "项目名称", "行政区划代码", "开工日期"]


def _header(cells, table=PROJECTS, **more):
    return read_header(table, 1, cells, file="x.csv", **more)


def _column(cells, name, **more):
    return next(c for c in _header(cells, **more).columns if c.field.name == name)


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


def test_a_percent_header_is_read():
    assert _column([*NEEDED, "人工费比例（%）"], "labour_cost_share").unit.label == "%"


@pytest.mark.parametrize("heading", ["合同金额(美元)", "合同金额(十元)"])
def test_an_unknown_unit_of_money_is_an_error(heading):
    with pytest.raises(UnitUnknown):
        _header([*NEEDED, heading])


def test_a_number_has_no_unit_of_money():
    with pytest.raises(UnitUnknown):
        _header(["org_id", "period", "indicator", "数值(万元)"], TABLES["operations"])


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
