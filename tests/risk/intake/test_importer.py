import datetime as dt
import signal
import subprocess
import sys
import textwrap

import pytest

from risk.contract import TABLES
from risk.intake.importer import import_file, import_into, import_paths
from risk.intake.quarantine import quarantined_counts
from risk.store.store import RecordStore
from risk.workspace import Workspace

from ...conftest import thorough
from ...empty_store import empty_store

ORGANIZATIONS = ["org_id", "org_name"]


def test_a_folder_is_imported_projects_first(write_csv, tmp_path, payments, today):
    write_csv("in/payments_2024-06.csv", payments)
    write_csv("in/payments_2024-05.csv", payments)
    write_csv("in/projects.csv", [["project_id", "project_name", "region_code", "started_on"]])
    write_csv("in/others.csv", payments)
    write_csv("in/unknown.csv", [["序号", "姓名"], ["1", "甲"]])
    write_csv("in/.hidden.csv", payments)
    (tmp_path / "in/readme.md").write_text("x", encoding="utf-8")
    (tmp_path / "in/deeper").mkdir()
    report = import_paths(Workspace(tmp_path), [tmp_path / "in"], today=today)
    names = ["payments_2024-05.csv", "payments_2024-06.csv", "others.csv", "projects.csv"]
    assert sorted(file.file for file in report.files) == sorted(names)
    assert report.files[0].file == "projects.csv"
    [other] = (file for file in report.files if file.file == "others.csv")
    assert (other.table, other.reading.table_by_headings) == ("payments", True)
    assert report.skipped == (".hidden.csv", "readme.md")
    assert [failure.code for failure in report.failed] == ["table_not_recognised"]


def test_one_failing_file_does_not_stop_the_others(store, write_csv, payments, today, tmp_path):
    broken = write_csv("payrolls.csv", [["工资表编号", "备注"], ["G1", ""]])
    good = write_csv("payments.csv", payments)
    report = import_into(store, [broken, tmp_path / "none.csv", good], today=today)
    assert [file.file for file in report.files] == ["payments.csv"]
    document = report.as_json()
    assert [failure["code"] for failure in document["failed"]] == [
        "file_missing",
        "columns_missing",
    ]
    assert "应发金额/amount_due" in document["failed"][1]["message"]
    assert document["tables"]["payments"]["accepted"] == 1


def test_the_report_counts_marks_and_names_what_was_not_read(store, write_csv, today):
    rows = [[*ORGANIZATIONS, "法人电话"], ["91110000101623741K", "甲", "1"], ["X", "乙", "2"]]
    report = import_file(store, write_csv("organizations.csv", rows), today=today)
    assert report.marks == {"credit_code": 1}
    assert report.ignored_columns == ("法人电话",)
    assert (report.read, report.accepted) == (2, 2)


def test_values_are_stored_as_the_contract_says(store, write_csv, today, stored):
    header = ["项目编码", "项目名称", "行政区划代码", "行业", "合同金额（万元）", "人工费比例"]
    header += ["开工日期", "是否垫资", "结算方式", "维权公示牌", "纬度"]
    row = ["0001", "甲（一期）", "420324101", "房建", "1,431.00", "32.7%"]
    row += ["2024年6月6日", "无", "按月结算", "有", "32.5"]
    import_file(store, write_csv("工程项目.csv", [header, row], encoding="gb18030"), today=today)
    [found] = stored(store, TABLES["projects"])
    day = dt.date(2024, 6, 6)
    assert found == (
        *("0001", "甲（一期）", "420324101", "building", None, None, None, 1_431_000_000, 0.327),
        *(day, None, None, False, "monthly", True, 32.5, None, None, None, day),
    )


def test_all_formats_store_the_same(write_csv, write_xlsx, payments, today, stored, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = zip(*payments, strict=True)
    parquet = tmp_path / "payments.parquet"
    pq.write_table(pa.table({name: [cell] for name, cell in columns}), parquet)
    files = [write_csv("payments.csv", payments), write_xlsx("payments.xlsx", payments), parquet]
    contents = []
    for path in files:
        with empty_store() as store:
            import_file(store, path, today=today)
            contents.append(stored(store, TABLES["payments"]))
    assert contents[0] == contents[1] == contents[2]


def test_import_reports_progress_per_batch(store, write_csv, today, monkeypatch):
    monkeypatch.setattr("risk.intake.readers.csv_columnar.BLOCK_BYTES", 2**16)
    rows = [ORGANIZATIONS] + [[f"O{n}", "甲"] for n in range(10_001)]
    reported = []
    path = write_csv("organizations.csv", rows)
    import_file(store, path, today=today, progress=lambda *step: reported.append(step))
    assert len(reported) > 1
    assert reported == sorted(reported)
    assert reported[-1] == ("organizations.csv", 10_001)


def test_a_file_that_breaks_further_down_stores_nothing(store, write_csv, today):
    rows = [ORGANIZATIONS, *[[f"O{n}", "甲"] for n in range(10_500)], ["", "坏"]]
    path = write_csv("organizations.csv", rows)
    with path.open("a", encoding="utf-8") as file:
        file.write('O,"开了口的引号\nO2,乙\n')
    report = import_into(store, [path], today=today)
    assert [(f.code, f.fields["row"]) for f in report.failed] == [("quotes_broken", 10_503)]
    assert store.rows("SELECT count(*) FROM organizations") == [(0,)]
    assert quarantined_counts(store)["organizations"] == 0


KILLED = """
    import datetime as dt, sys, time
    from contextlib import contextmanager
    from pathlib import Path
    from risk.intake.importer import import_file
    from risk.store.store import RecordStore

    class Slow(RecordStore):
        @contextmanager
        def transaction(self):
            with super().transaction():
                yield
                if sys.argv[3] == "stored" and self.rows("FROM organizations LIMIT 1"):
                    wait()

    def wait(*step):
        print("now", flush=True)
        time.sleep(60)

    progress = wait if sys.argv[3] == "read" else None
    with Slow(sys.argv[1]) as store:
        import_file(store, Path(sys.argv[2]), today=dt.date(2026, 3, 1), progress=progress)
"""


@thorough
def test_a_killed_import_leaves_nothing(write_csv, tmp_path, today):
    rows = [ORGANIZATIONS, *[[f"O{n}", "甲"] for n in range(30_000)], ["", "坏"]]
    path, records = write_csv("organizations.csv", rows), tmp_path / "records.duckdb"
    first = write_csv("first/organizations.csv", [ORGANIZATIONS, ["", "旧"]])
    with RecordStore(records) as store:
        import_file(store, first, today=today)
    for moment in ("read", "stored"):
        child = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(KILLED), records, path, moment],
            stdout=subprocess.PIPE,
        )
        with child:
            assert child.stdout.readline() == b"now\n"
            child.send_signal(signal.SIGKILL)
        with RecordStore(records) as store:
            assert store.rows("SELECT count(*) FROM organizations") == [(0,)]
            assert quarantined_counts(store)["organizations"] == 1
    with RecordStore(records) as store:
        assert import_file(store, path, today=today).accepted == 30_000


@pytest.mark.parametrize("blank_lines", [0, 200])
def test_text_with_every_cell_in_quotes_is_imported(tmp_path, payments, today, blank_lines):
    header, row = [",".join(f'"{cell}"' for cell in cells) for cells in payments]
    path = tmp_path / "payments.csv"
    path.write_text(header + "\n" * (1 + blank_lines) + row, encoding="utf-8")
    report = import_paths(Workspace(tmp_path / "w"), [path], today=today)
    assert report.failed == ()
    assert [file.accepted for file in report.files] == [1]


def test_files_of_one_name_in_subfolders_are_told_apart(store, tmp_path, today):
    head = "案件编号,项目编码,立案日期,状态\n"
    for town in ("甲街道", "乙街道"):
        rows = [f"{town}{n},GC-1,2025-03-0{n},立案\n" for n in (1, 2, 3)]
        for month, kept in (("九月", rows), ("十月", rows[1:])):
            path = tmp_path / "in" / town / "2025" / month / "案件.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(head + "".join(kept) + "无日期,GC-1,,立案\n", encoding="utf-8")
    report = import_into(store, [tmp_path / "in"], today=today)
    assert [(file.file, file.accepted, file.missing) for file in report.files] == [
        ("乙街道/2025/九月/案件.csv", 3, 0),
        ("甲街道/2025/九月/案件.csv", 3, 0),
        ("乙街道/2025/十月/案件.csv", 0, 1),
        ("甲街道/2025/十月/案件.csv", 0, 1),
    ]
    files = store.rows("SELECT DISTINCT file FROM quarantine")
    assert {file for (file,) in files} <= {file.file for file in report.files}
    days = store.rows("SELECT DISTINCT dated_by FROM cases")
    again = import_into(store, [tmp_path / "in"], today=today)
    assert [file.accepted for file in again.files] == [0, 0, 0, 0]
    assert store.rows("SELECT DISTINCT dated_by FROM cases") == days


def test_a_folder_sent_again_brings_no_earlier_value_back(store, tmp_path, today):
    head = "案件编号,项目编码,立案日期,状态\n"
    for month, status in (("9月", "立案"), ("10月", "查实")):
        path = tmp_path / "in" / month / "案件.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{head}A1,GC-1,2025-03-01,{status}\n", encoding="utf-8")
    import_into(store, [tmp_path / "in"], today=today)
    again = import_into(store, [tmp_path / "in"], today=today)
    assert [file.accepted for file in again.files] == [0, 0]
    [single] = import_into(store, [tmp_path / "in/9月/案件.csv"], today=today).files
    assert single.accepted == 0
    current = store.rows("SELECT status FROM cases_versions WHERE superseded_at IS NULL")
    assert current == [("confirmed",)]
