"""A project known by name gets the code that comes later, once a person confirms it."""

import datetime as dt

import numpy as np
import pytest

from risk.contract import STORED_TABLES
from risk.intake.importer import import_into
from risk.intake.name_ids import name_id
from risk.intake.project_merges import (
    ProjectPair,
    ProjectPairUnknown,
    merge_project,
    merged_projects,
    project_pairs,
)
from risk.intake.staging import newest_arrival
from risk.store.seals import Seal, record_seal
from training.dataset.labels import event_log

MADE, CODE = name_id("云渡小区二期", "510822"), "5108222503050001"
PROJECTS = ["项目编码", "项目名称", "行政区划代码", "开工日期"]
COMPLAINTS = ["投诉编号", "项目编码", "受理日期"]
CASES = ["案件编号", "项目编码", "立案日期", "状态", "查实日期", "入库日期"]
FIRST, DAY = dt.date(2025, 6, 1), dt.date(2025, 9, 1)
AFTER = DAY + dt.timedelta(days=1)


@pytest.fixture
def bring(store, write_csv):
    """Import the rows of one table on a day; returns the notes by code."""

    def run(name, rows, today):
        report = import_into(store, [write_csv(name, rows)], today=today)
        assert report.failed == ()
        return {note.code: note for note in report.notes}

    return run


@pytest.fixture
def twice(bring):
    """A project by name with a complaint and a case, and then its code."""
    bring("工程项目.csv", [PROJECTS, [MADE, "云渡小区二期", "510822", "2025-03-05"]], FIRST)
    bring("投诉.csv", [COMPLAINTS, ["T1", MADE, "2025-05-10"]], FIRST)
    case = ["C1", MADE, "2025-05-12", "查实", "2025-05-20", "2025-05-21"]
    bring("案件.csv", [CASES, case], FIRST)
    return bring("项目2.csv", [PROJECTS, [CODE, "云渡 小区二期", "510822", "2025-03-05"]], DAY)


def seen(store, table, as_of):
    known = "known_at < $1 AND (superseded_at IS NULL OR superseded_at >= $1)"
    return store.rows(f"SELECT project_id FROM {table}_versions WHERE {known} ORDER BY 1", [as_of])


def test_the_import_asks_and_changes_nothing(store, twice):
    assert twice["projects_twice"].needs_answer
    assert f"{MADE}" in twice["projects_twice"].message()
    assert project_pairs(store) == [ProjectPair(MADE, CODE, "云渡 小区二期", "510822")]
    assert seen(store, "projects", AFTER) == sorted([(CODE,), (MADE,)])


def test_after_the_confirmation_records_have_the_code_and_the_past_stays(store, twice):
    mark = newest_arrival(store, STORED_TABLES.values())
    before = [store.digest(day) for day in (DAY, AFTER)]
    events = event_log(store, AFTER).days[MADE]
    assert merge_project(store, MADE, today=DAY, who="王某") == 2
    for table in ("projects", "complaints", "cases"):
        assert seen(store, table, AFTER) == [(CODE,)]
    assert seen(store, "cases", DAY) == [(MADE,)]
    assert store.digest(DAY) == before[0]
    assert store.up_to(mark).digest(AFTER) == before[1]  # as replay reads
    # Training at earlier dates has the project under its earlier id.
    days = event_log(store, AFTER).days
    assert np.array_equal(days[MADE], events)
    assert np.array_equal(days[CODE], events)
    assert (project_pairs(store), merged_projects(store)) == ([], {MADE: CODE})


def test_after_a_sealed_list_the_merge_is_known_behind_it(store, twice):
    sealed_through = dt.date(2025, 10, 1)
    record_seal(
        store, Seal("d" * 64, sealed_through, newest_arrival(store, STORED_TABLES.values()))
    )
    before = store.digest(sealed_through)
    merge_project(store, MADE, today=DAY, who="王某")
    assert store.digest(sealed_through) == before
    assert seen(store, "projects", sealed_through + dt.timedelta(days=1)) == [(CODE,)]


def test_later_records_by_name_get_the_code_at_their_import(store, bring, twice):
    merge_project(store, MADE, today=DAY, who="王某")
    notes = bring("投诉2.csv", [COMPLAINTS, ["T2", MADE, "2025-08-30"]], AFTER)
    assert notes["projects_merged_again"].fields == {"rows": 1}
    assert "projects_twice" not in notes
    assert seen(store, "complaints", dt.date(2025, 12, 1)) == [(CODE,), (CODE,)]


def test_a_name_of_two_codes_is_no_pair(store, bring, twice):
    bring("项目3.csv", [PROJECTS, ["X9", "云渡小区二期", "510822", "2025-03-05"]], DAY)
    assert project_pairs(store) == []
    with pytest.raises(ProjectPairUnknown) as raised:
        merge_project(store, MADE, today=DAY, who="王某")
    assert raised.value.fields == {"found": MADE, "allowed": "-"}


def test_three_projects_with_two_ids_are_shown_by_their_present_names(store, bring):
    names = [f"{one}楼" for one in "甲乙丙丁"]
    rows = [[name_id(name, "510822"), name, "510822", "2025-03-05", ""] for name in names]
    rows += [[f"1{name[0]}", name, "510822", "2025-03-05", ""] for name in names]
    # Had the name of another once.
    rows += [["2", name, "510822", "2025-03-05", day] for name, day in (
        *(("甲楼", "2025-03-06"), ("戊楼", "2025-03-07")),
    )]  # fmt: skip
    note = bring("项目.csv", [[*PROJECTS, "入库日期"], *rows], FIRST)["projects_twice"]
    shown = [f"{name}（1{name[0]}、{name_id(name, '510822')}）" for name in sorted(names)[:3]]
    assert note.fields == {"projects": 4, "examples": "；".join(shown)}
    assert [one.code for one in project_pairs(store)] == [
        f"1{name[0]}" for name in sorted(names, key=lambda one: name_id(one, "510822"))
    ]
