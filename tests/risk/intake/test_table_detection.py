import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from risk.contract import STORED_TABLES, TABLES
from risk.intake.file_errors import TableAmbiguous, TableUnknown
from risk.intake.table_detection import detect_table, tables_in_name


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_both_names_of_every_table_are_known(table):
    assert detect_table(Path(f"{table.name}.csv")) is table
    assert detect_table(Path(f"{table.zh}.xlsx")) is table
    assert detect_table(Path(f"2024年{table.zh}台账（终稿）.xlsx")) is table


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("projects.csv", "projects"),
        ("PAYMENTS.CSV", "payments"),
        ("payments_2024-05.csv", "payments"),
        ("工资发放(1).csv", "payments"),
        ("2024年工程项目台账.xlsx", "projects"),
        ("各单位工程项目.xlsx", "projects"),
        ("ｐａｙｒｏｌｌｓ.csv", "payrolls"),
    ],
)
def test_the_longest_name_wins(name, table):
    assert detect_table(Path(name)).name == table


@pytest.mark.parametrize("name", ["data.csv", "表.xlsx", "showcases.csv", "projectsX.csv"])
def test_a_name_without_a_word_of_a_table_is_refused(name):
    with pytest.raises(TableUnknown) as raised:
        detect_table(Path(name))
    assert "projects/工程项目" in raised.value.fields["allowed"]
    assert raised.value.message("zh") == (
        f"无法从文件名 {name} 判断属于哪张表。请在文件名中写明表名。"
    )


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("在建工程投诉登记表", "complaints"),
        ("工程项目投诉举报台账", "complaints"),
        ("分包单位欠薪案件", "cases"),
        ("工程项目监督检查台账", "inspections"),
        ("工程项目考勤统计", "attendance"),
        ("检查台账-工程项目", "inspections"),
        ("工程项目台账（含保证金、专户）", "projects"),
        ("（工程项目）检查表", "inspections"),
        ("（保证金）", "deposits"),
        ("工程款纠纷案件", "disputes"),
        ("施工单位名单", "organizations"),
        ("全县信访台账", "complaints"),
        ("2025年黑名单", "listings"),
        ("三标段花名册", "attendance"),
        ("工人工资发放表", "payments"),
        ("各项目农民工工资表", "payrolls"),
        ("专户开设情况统计表", "accounts"),
        ("保证金缴存情况", "deposits"),
    ],
)
def test_the_last_word_says_what_the_book_is(name, table):
    assert detect_table(Path(f"{name}.xlsx")).name == table


@pytest.mark.parametrize("name", ["案件与检查.xlsx", "2025年案件、检查.xlsx", "案件及检查台账.csv"])
def test_two_tables_named_as_equals_are_refused(name):
    with pytest.raises(TableAmbiguous) as raised:
        detect_table(Path(name))
    assert raised.value.fields["found"] == "案件、检查"


def test_only_the_contracts_own_name_alone_is_certain():
    certain = ["工程项目", "农民工工资表", "payments_2024-05"]
    doubtful = ["花名册", "工程项目检查", "案件与检查", "data"]
    assert [tables_in_name(name).certain for name in certain + doubtful] == [True] * 3 + [False] * 4


def test_a_word_inside_a_longer_one_does_not_count():
    for name, table in (
        ("投诉关联", "links"),
        ("工程款争议", "disputes"),
        ("投诉举报", "complaints"),
    ):
        found = tables_in_name(name)
        assert (found.table.name, found.certain, len(found.tables)) == (table, True, 1)
    assert tables_in_name("争议案件").table.name == "disputes"


def test_every_word_of_a_table_has_a_source_and_one_table():
    text = files("risk.intake").joinpath("table_words.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    words = [
        word for by_source in data["words"].values() for words in by_source.values()
        for word in words
    ]  # fmt: skip
    assert sorted(set(words)) == sorted(words)
    assert {source for by in data["words"].values() for source in by} <= set(data["sources"])
    assert set(data["words"]) <= set(STORED_TABLES)
