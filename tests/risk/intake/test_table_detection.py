from pathlib import Path

import pytest

from risk.contract import TABLES
from risk.intake.file_errors import TableAmbiguous, TableUnknown
from risk.intake.table_detection import detect_table


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
def test_detect_table_names_the_allowed_tables(name):
    with pytest.raises(TableUnknown) as raised:
        detect_table(Path(name))
    assert "projects/工程项目" in raised.value.message("zh")


def test_two_names_of_one_length_are_ambiguous():
    with pytest.raises(TableAmbiguous) as raised:
        detect_table(Path("案件与检查.xlsx"))
    assert raised.value.fields["found"] == "cases, inspections"
