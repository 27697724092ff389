"""XM001, xm001 and XM-001 are one key, in a file, across files and across tables."""

import pytest

from risk.contract import STORED_TABLES
from risk.intake.identifier_forms import (
    fields_of_kind,
    forget_shapes,
    normal_form_sql,
    unify_identifiers,
)
from risk.intake.importer import import_as_sent, import_file

PROJECTS = ["项目编码", "项目名称", "行政区划代码", "开工日期"]


def project(code, name="甲"):
    return [code, name, "510822", "2025-03-05"]


@pytest.fixture
def import_rows(store, write_csv, today):
    def run(name, rows):
        return import_file(store, write_csv(name, rows), today=today)

    return run


def codes(store, table, name="project_id"):
    return [code for (code,) in store.rows(f"SELECT {name} FROM {table} ORDER BY arrival")]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("XM001", "xm001", True),
        ("XM001", "Xm-001", True),
        ("川建-003", "川建003", True),
        ("1-11", "11-1", False),
        ("2025-1-11", "2025-11-1", False),
        ("XM-A1", "XMA1", False),
        ("XM-001-2", "XM001-2", True),
        ("XM001-2", "XM0012", False),
        ("人社监〔2025〕3号", "人社监[2025]3号", True),
        ("人社监【2025】3号", "人社监(2025)3号", True),
        ("人社监〔2025〕3号", "人社监20253号", False),
    ],
)
def test_codes_are_compared_without_case_and_leading_dash(store, one, other, same):
    [(equal,)] = store.rows(
        f"SELECT {normal_form_sql('$1')} = {normal_form_sql('$2')}", [one, other]
    )
    assert equal is same


def test_the_form_first_in_the_file_is_stored(store, import_rows):
    rows = [PROJECTS, project("XM001"), project("xm001"), project("XM—001"), project("XM-002")]
    report = import_rows("工程项目.csv", rows)
    assert (report.accepted, report.repeated) == (2, 2)
    assert codes(store, "projects") == ["XM001", "XM-002"]
    [note] = [note for note in report.notes if note.code == "ids_unified"]
    assert (note.fields["ids"], note.needs_answer) == (2, False)
    assert note.fields["examples"] == "xm001 = XM001、XM-001 = XM001"


def test_the_form_first_stored_is_used_in_all_tables(store, import_rows):
    import_rows("工程项目.csv", [PROJECTS, project("XM-001"), project("XM-002", "乙")])
    head = ["投诉编号", "受理日期", "项目编码"]
    import_rows("投诉举报.csv", [head, ["T1", "2025-06-01", "xm001"], ["t-2", "2025-06-01", ""]])
    import_rows("投诉举报2.csv", [head, ["t1", "2025-06-01", "XM002"]])
    assert codes(store, "complaints") == ["XM-001", None, "XM-002"]
    assert codes(store, "complaints", "complaint_id") == ["T1", "t-2", "T1"]


def test_a_firm_is_one_whatever_column_names_it(store, import_rows):
    head = [*PROJECTS, "建设单位代码", "施工总承包代码"]
    import_rows("工程项目.csv", [head, [*project("P1"), "qy01", "QY-01"]])
    import_rows("单位.csv", [["统一社会信用代码", "单位名称"], ["QY01", "甲公司"]])
    assert store.rows("SELECT owner_id, contractor_id FROM projects") == [("qy01", "qy01")]
    assert codes(store, "organizations", "org_id")[0] == "qy01"


def test_two_things_under_one_key_are_reported(import_rows):
    report = import_rows("工程项目.csv", [PROJECTS, project("XM001"), project("XM-001", "乙")])
    assert [note.code for note in report.notes] == ["ids_unified", "keys_twice"]
    assert report.needs_answer


def test_ids_stay_as_sent_where_rights_were_checked_by_them(store, import_rows, write_csv, today):
    import_rows("工程项目.csv", [PROJECTS, project("XM001")])
    path = write_csv("sent.csv", [PROJECTS, project("xm001")])
    import_as_sent(store, path, today=today, table=STORED_TABLES["projects"])
    assert codes(store, "projects") == ["XM001", "xm001"]
    import_rows("工程项目2.csv", [PROJECTS, [*project("xm001")[:3], "2025-03-06"]])
    assert codes(store, "projects") == ["XM001", "xm001", "xm001"]  # stored in that form


@pytest.fixture
def unify(store):
    """Rows of projects (project, owner, contractor) with their identifiers unified, and notes."""

    def run(*rows):
        store.rows(
            "CREATE OR REPLACE TEMP TABLE staged"
            " (line BIGINT, project_id VARCHAR, owner_id VARCHAR, contractor_id VARCHAR)"
        )
        for line, row in enumerate(rows, 2):
            filled = [*row, None, None][:3]
            store.rows("INSERT INTO staged VALUES (?, ?, ?, ?)", [line, *filled])
        notes = unify_identifiers(store, STORED_TABLES["projects"], "staged")
        found = store.rows("SELECT project_id, owner_id, contractor_id FROM staged ORDER BY line")
        return found, [(note.fields["ids"], note.fields["examples"]) for note in notes]

    return run


@pytest.mark.parametrize(
    ("stored", "sent", "form"),
    [
        ("xm001", "XM001", "xm001"),
        ("XM001", "xm001", "XM001"),
        ("XM001", "XM-001", "XM001"),
        ("XM-001", "XM001", "XM-001"),
        ("川建-1", "川建1", "川建-1"),
        ("XM001", "XM002", "XM002"),
        ("1-11", "11-1", "11-1"),
    ],
)
def test_a_code_has_the_form_in_the_store(unify, world, stored, sent, form):
    world.project(project_id=stored)
    found, notes = unify((sent,))
    assert found == [(form, None, None)]
    assert notes == ([] if form == sent else [(1, f"{sent} = {stored}")])


def test_codes_that_differ_in_dashes_alone_are_unified(unify):
    assert unify(("XM001",), ("XM-001",))[0] == [("XM001", None, None)] * 2
    assert unify(("P1", "QY01", "QY-01"))[0] == [("P1", "QY01", "QY01")]
    assert unify(("XM001",), ("xm001",), ("XM001",))[0] == [("XM001", None, None)] * 3
    assert unify(("12",), ("13",), (None,))[1] == []


def test_the_first_in_a_row_is_that_of_the_first_column(unify):
    found, notes = unify(("P1", "qy01", "QY-01"), ("P2", "QY01", "qy-01"), ("p3", "x", "X"))
    assert found == [("P1", "qy01", "qy01"), ("P2", "qy01", "qy01"), ("p3", "x", "x")]
    assert notes == [(4, "QY-01 = qy01、QY01 = qy01、qy-01 = qy01")]


def test_the_first_stored_of_several_forms_is_used_and_stored_ones_stay(unify, world):
    world.project(project_id="XM001", owner_id="QY01", contractor_id="qy02")
    world.project(project_id="xm001", owner_id="qy03", contractor_id="QY03")
    world.project(project_id="XM001", known_at="2025-06-01")
    found, notes = unify(("Xm001", "qy01", "QY02"), ("xm001", "Qy03", None))
    assert found == [("XM001", "QY01", "qy02"), ("xm001", "qy03", None)]
    assert sorted(notes) == [(1, "Xm001 = XM001"), (3, "qy01 = QY01、QY02 = qy02、Qy03 = qy03")]


def test_ways_of_writing_are_stored_for_the_next_file(unify, store, world):
    world.project(project_id="XM001")
    unify(("XM-2",))
    world.project(project_id="XM-2")
    ways = "SELECT lower, upper, fewest, most FROM identifier_ways WHERE kind = 'project_id'"
    assert store.rows(ways) == [(False, True, 0, 1)]
    assert unify(("xm001",), ("XM2",))[0] == [("XM001", None, None), ("XM-2", None, None)]
    assert store.rows(ways) == [(True, True, 0, 1)]
    unify(("xm--3",))
    assert store.rows(ways) == [(True, True, 0, 2)]
    forget_shapes(store)
    assert unify(("1",), (None,))[0] == [("1", None, None), (None, None, None)]
    assert store.rows(ways) == []  # it is written in a way that stored ones are


def test_ways_of_several_kinds_are_found_in_all_stored_tables(unify, store, world):
    world.add("organizations", org_id="qy01", org_name="甲", known_at="2024-01-02")
    world.project(project_id="XM-001", owner_id="QY-02", contractor_id="QY-02")
    ways = "SELECT kind, lower, upper, fewest, most FROM identifier_ways ORDER BY kind"
    assert unify(("XM001", "QY01", "QY02"))[0] == [("XM-001", "qy01", "QY-02")]
    assert store.rows(ways) == [("project_id", False, True, 0, 1)]  # firms: as stored ones are
    assert unify(("XM001", "Qy--1", None))[0] == [("XM-001", "Qy--1", None)]
    assert store.rows(ways) == [("org_id", True, True, 0, 2), ("project_id", False, True, 0, 1)]
    forget_shapes(store)
    assert unify(("xm001", None, None))[0] == [("XM-001", None, None)]
    assert store.rows(ways) == [("project_id", True, True, 0, 1)]


def test_fields_that_identify_the_same():
    projects, contracts = STORED_TABLES["projects"], STORED_TABLES["contracts"]
    assert fields_of_kind(projects, "org_id") == ["owner_id", "contractor_id"]
    assert fields_of_kind(projects, "region_code") == []
    assert fields_of_kind(projects, "project_name") == []
    assert fields_of_kind(contracts, "contract_id") == ["contract_id", "parent_contract_id"]


def test_a_number_of_a_document_is_one_with_any_brackets(store, import_rows):
    head = ["案件编号", "立案日期", "状态"]
    first = import_rows("案件1.csv", [head, ["人社监〔2025〕3号", "2025-03-01", "立案"]])
    rows = [
        ["人社监[2025]3号", "2025-03-01", "结案"],
        ["人社监（2025） 4 号", "2025-03-02", "立案"],
    ]
    second = import_rows("案件2.csv", [head, *rows])
    third = import_rows("案件3.csv", [head, ["人社监【2025】4号", "2025-03-02", "立案"]])
    assert [len(one.notes) for one in (first, second, third)] == [0, 1, 1]
    assert (third.accepted, third.repeated) == (0, 1)
    found = store.rows("SELECT DISTINCT case_id FROM cases ORDER BY 1")
    assert found == [("人社监(2025)4号",), ("人社监〔2025〕3号",)]


def test_brackets_of_stored_numbers_are_known_in_a_store_of_an_earlier_release(store, import_rows):
    head = ["案件编号", "立案日期", "状态"]
    import_rows("案件1.csv", [head, ["人社监〔2025〕3号", "2025-03-01", "立案"]])
    store.rows("DROP TABLE identifier_ways")
    store.rows("CREATE TABLE identifier_shapes (kind VARCHAR)")
    again = import_rows("案件2.csv", [head, ["人社监[2025]3号", "2025-03-01", "立案"]])
    assert (again.accepted, again.repeated) == (0, 1)
    assert not store.has_table("identifier_shapes")
