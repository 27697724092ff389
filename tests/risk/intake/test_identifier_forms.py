"""XM001, xm001 and XM-001 are one key, in a file, across files and across tables."""

import pytest

from risk.contract import STORED_TABLES
from risk.intake.identifier_forms import normal_form_sql
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
