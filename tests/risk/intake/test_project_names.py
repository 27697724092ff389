"""Projects by code or name, and notes about rows that wait for one, worked out by hand."""

from __future__ import annotations

import datetime as dt

import pytest

from risk.contract import STORED_TABLES
from risk.intake import project_names
from risk.intake.importer import import_into
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
    """Import rows of tables."""

    def run(**tables):
        paths = [write_csv(f"{name}.csv", rows) for name, rows in tables.items()]
        assert import_into(store, paths, today=today).failed == ()

    return run


def _project(code, name, region="510822", known="2025-03-01"):
    return [code, name, region, "2025-02-01", known]


def test_a_project_is_found_by_its_code_or_name_until_it_is_withdrawn(
    store, bring, write_csv, today
):
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
    bring(工程项目=[PROJECTS, *rows])
    found = {
        text: find_project(store, text)
        for text in ("X1", "河西小学", "滨江路", "云渡小区", made, "竹园", "旧名", "新名", "别处")
    }
    assert found == {
        **{"X1": "X1", "河西小学": "X1", "滨江路": None, "云渡小区": "X4", made: made},
        **{"竹园": None, "旧名": "X6", "新名": "X6", "别处": None},
    }
    path, book = (
        write_csv("工程项目.csv", [["项目编码"], ["X3"]]),
        BookDay(today, dt.date(2025, 5, 1)),
    )
    withdraw_file(store, path, book=book, table=STORED_TABLES["projects"])
    assert [find_project(store, text) for text in ("滨江路", "X3")] == ["X2", None]


def _waiting(store, after, names=None, **counts):
    notes = waiting_notes(store, {**NONE_WAIT, **counts}, after=after, names=names or {})
    return [(one.code, dict(one.fields)) for one in notes]


def test_projects_that_rows_wait_for(store, bring):
    def visits(*codes):
        return [INSPECTIONS, *([f"{code}{n}", code, "2025-03-05", "否"] for n, code in codes)]

    projects = [_project("ABCzw", "河西小学"), _project("X2", "滨江路二标段")]
    bring(工程项目=[PROJECTS, *projects], 检查=visits((1, "早")))
    after = newest_arrival(store, STORED_TABLES.values())
    waits = ["ABvxy", *["河西小学校"] * 3, *["滨江路"] * 2, "别处", "别处", "X2"]
    complaint = [["投诉编号", "项目编码", "受理日期"], ["T1", "", "2025-03-05"]]
    bring(检查=visits(*enumerate(waits)), 投诉举报=complaint)
    # The three with the most rows, each with the nearest known project.
    shown = "河西小学校 ≈ ABCzw 河西小学；别处；滨江路 ≈ X2 滨江路二标段"
    expected = ("waiting", {"table": "检查", "projects": 4, "examples": shown})
    assert _waiting(store, after, inspections=8) == [expected]
    first = ("waiting", {"table": "检查", "projects": 5, "examples": shown})
    assert _waiting(store, 0, inspections=9, complaints=1) == [first]
    assert _waiting(store, after) == []
    # Of ten characters six agree, which is just enough; made ids are shown by their names.
    after, made = newest_arrival(store, STORED_TABLES.values()), name_id("滨江路二段", "510822")
    assert _waiting(store, after, inspections=9) == []
    bring(检查=visits((1, "ABCxy"), (2, made)))
    [(_, fields)] = _waiting(store, after, {made: "滨江路二段"}, inspections=2)
    assert sorted(fields["examples"].split("；")) == [
        *("ABCxy ≈ ABCzw 河西小学", "滨江路二段 ≈ X2 滨江路二标段")
    ]


def test_payments_wait_for_the_project_of_their_payroll(store):
    counted = {"table": "工资发放", "rows": 3}
    assert _waiting(store, 0, payments=3, projects=1) == [("waiting_rows", counted)]


def test_of_projects_equally_near_the_first_by_code_is_shown(store, bring, monkeypatch):
    monkeypatch.setattr(project_names, "_MOST_PROJECTS", 2)
    rows = [_project(f"PROJ-{n}", name) for n, name in ((9, "丙"), (5, "乙"), (1, "甲"))]
    later = _project("PROJ-1", "甲", known="2025-03-04")
    bring(工程项目=[PROJECTS, *rows, later])
    visits = [[f"V{code}", code, "2025-03-05", "否"] for code in ("PROJ-7", "PROJ-55")]
    bring(检查=[INSPECTIONS, *visits])
    [(_, fields)] = _waiting(store, 0, inspections=2)
    assert fields["examples"] == "PROJ-55 ≈ PROJ-5 乙；PROJ-7 ≈ PROJ-1 甲"
