"""Projects by code or name, and notes about rows that wait for one, worked out by hand."""

from __future__ import annotations

import datetime as dt

import pytest

from risk.contract import STORED_TABLES
from risk.intake.importer import import_file
from risk.intake.name_ids import name_id
from risk.intake.project_names import find_project, waiting_notes
from risk.intake.staging import newest_arrival
from risk.intake.unfolded_versions import BookDay
from risk.intake.withdrawal import withdraw_file

PROJECTS = ["项目编码", "项目名称", "行政区划代码", "开工日期", "入库日期"]
INSPECTIONS = ["检查编号", "项目编码", "检查日期", "是否发现欠薪"]
NONE_WAIT = dict.fromkeys(STORED_TABLES, 0)


@pytest.fixture
def bring(store, write_csv, today):
    """Import rows of a table."""

    def run(table, head, rows):
        return import_file(store, write_csv(f"{table}.csv", [head, *rows]), today=today)

    return run


def _project(code, name, region="510822", known="2025-03-01"):
    return [code, name, region, "2025-02-01", known]


def test_a_project_is_found_by_its_code_or_name(store, bring):
    made = name_id("云渡小区", "510822")
    rows = [
        _project("X1", "河西小学"),
        _project("X2", "滨江路"),
        _project("X3", "滨江路", "510823"),
        # Known by name and by a code, in one county and in two.
        _project("X4", "云渡小区", "510822001"),
        _project(made, "云渡小区"),
        _project("X5", "竹园"),
        _project(name_id("竹园", "510823"), "竹园", "510823"),
        # The name a project had once is one of its names.
        _project("X6", "旧名"),
        _project("X6", "新名", known="2025-04-01"),
    ]
    bring("工程项目", PROJECTS, rows)
    found = {
        text: find_project(store, text)
        for text in ("X1", "河西小学", "滨江路", "云渡小区", made, "竹园", "旧名", "新名", "别处")
    }
    assert found == {
        **{"X1": "X1", "河西小学": "X1", "滨江路": None, "云渡小区": "X4", made: made},
        **{"竹园": None, "旧名": "X6", "新名": "X6", "别处": None},
    }


def test_a_project_that_was_withdrawn_is_not_found(store, bring, write_csv, today):
    bring("工程项目", PROJECTS, [_project("X1", "河西小学"), _project("X2", "河西小学")])
    assert find_project(store, "河西小学") is None
    path = write_csv("工程项目.csv", [["项目编码"], ["X2"]])
    book = BookDay(today, dt.date(2025, 5, 1))
    withdraw_file(store, path, book=book, table=STORED_TABLES["projects"])
    assert find_project(store, "河西小学") == "X1"
    assert find_project(store, "X2") is None


def _waiting(store, after, names=None, **counts):
    notes = waiting_notes(store, {**NONE_WAIT, **counts}, after=after, names=names or {})
    return [(one.code, dict(one.fields)) for one in notes]


def test_projects_that_rows_wait_for(store, bring):
    bring("工程项目", PROJECTS, [_project("ABCzw", "河西小学"), _project("X2", "滨江路二标段")])
    bring("检查", INSPECTIONS, [["J0", "早", "2025-03-01", "否"]])
    after = newest_arrival(store, STORED_TABLES.values())
    waits = ["ABCxy", *["河西小学校"] * 3, *["滨江路"] * 2, "别处", "别处", "X2"]
    rows = [[f"J{number}", code, "2025-03-05", "否"] for number, code in enumerate(waits, 1)]
    bring("检查", INSPECTIONS, rows)
    bring("投诉举报", ["投诉编号", "项目编码", "受理日期"], [["T1", "", "2025-03-05"]])
    # The three with the most rows, each with the nearest known project: of ABCxy and ABCzw
    # six of ten characters agree, which is just enough, and 滨江路 is half of 滨江路二标段.
    shown = "河西小学校 ≈ ABCzw 河西小学；别处；滨江路 ≈ X2 滨江路二标段"
    expected = ("waiting", {"table": "检查", "projects": 4, "examples": shown})
    assert _waiting(store, after, inspections=8) == [expected]
    first = ("waiting", {"table": "检查", "projects": 5, "examples": shown})
    assert _waiting(store, 0, inspections=9, complaints=1) == [first]
    assert _waiting(store, newest_arrival(store, STORED_TABLES.values()), inspections=9) == []
    assert _waiting(store, after) == []


def test_a_project_is_near_from_sixty_in_a_hundred_and_shown_by_its_name(store, bring):
    bring("工程项目", PROJECTS, [_project("ABCzw", "河西小学"), _project("X2", "滨江路")])
    made = name_id("滨江路一期", "510822")
    rows = [[f"J{code}", code, "2025-03-05", "否"] for code in ("ABCxy", "ABvxy", made)]
    bring("检查", INSPECTIONS, rows)
    [(_, fields)] = _waiting(store, 0, {made: "滨江路一期"}, inspections=3)
    assert fields["examples"] == "ABCxy ≈ ABCzw 河西小学；ABvxy；滨江路一期 ≈ X2 滨江路"


def test_payments_wait_for_the_project_of_their_payroll(store):
    counted = {"table": "工资发放", "rows": 3}
    assert _waiting(store, 0, payments=3, projects=1) == [("waiting_rows", counted)]
