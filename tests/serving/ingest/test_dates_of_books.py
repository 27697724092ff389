"""How the commands date books without a day of knowledge, and what they print about it."""

import csv
import datetime as dt
import json

import openpyxl
import pytest

from features.matrix import feature_matrix
from risk.store.store import RecordStore
from serving.clock import today

from ...conftest import thorough
from ..conftest import LISTS

CASE = ("案件编号", "项目编码", "立案日期", "状态", "结案日期")


@pytest.fixture
def book(tmp_path):
    """Writes a ledger of cases; ``rows`` are (id, status, closed on)."""

    def write(name, *rows, folder=""):
        path = tmp_path / "books" / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            body = [(one, "P1", "2025-03-01", status, closed) for one, status, closed in rows]
            csv.writer(file).writerows([CASE, *body])
        return path

    return write


def versions(workspace):
    with RecordStore(workspace.records, read_only=True) as store:
        return store.rows(
            "SELECT case_id, status, known_at::VARCHAR, dated_by FROM cases"
            " WHERE withdrawn IS NOT TRUE ORDER BY arrival"
        )


def test_known_on_dates_the_later_rows_of_a_book(wagewatch, workspace, book):
    path = book("案件.csv", ("C1", "立案", ""), ("C2", "立案", ""))
    first = wagewatch("import", str(path), "--known-on", "2025-04-30")
    assert "没有入库日期、按事项日期推定入库日期的行：2" in first.stdout
    second = book("案件续.csv", ("C1", "查实", ""), ("C2", "立案", ""))
    done = wagewatch("import", str(second), "--known-on", "2025-05-31")
    assert done.returncode == 0
    assert "推定入库日期" not in done.stdout
    assert versions(workspace)[2:] == [("C1", "confirmed", "2025-05-31", "stated")]


def test_known_on_in_the_future_is_refused(wagewatch, workspace, book):
    path = book("案件.csv", ("C1", "立案", ""))
    done = wagewatch("import", str(path), "--known-on", "2999-01-01")
    assert done.returncode == 1
    assert "2999-01-01" in done.stderr
    assert str(today()) in done.stderr
    assert not workspace.records.exists()


def test_withdraw_prints_what_became_of_each_key(wagewatch, workspace, book):
    wagewatch("import", str(book("案件.csv", ("C1", "立案", ""), ("C2", "立案", ""))))
    keys = book("案件撤回.csv", ("C1", "", ""), ("C9", "", ""), ("", "", ""))
    done = wagewatch("import", "--withdraw", str(keys), "--known-on", "2025-06-30")
    assert done.returncode == 0
    assert "撤回 1 条，此前已撤回 0 条，没有这样的记录 1 条" in done.stdout
    again = wagewatch("import", "--withdraw", str(keys), "--known-on", "2025-06-30", "--json")
    [counted] = json.loads(again.stdout)["files"]
    assert (counted["withdrawn"], counted["repeated"], counted["unknown"]) == (0, 1, 1)
    with RecordStore(workspace.records, read_only=True) as store:
        current = store.rows("SELECT case_id FROM cases_versions WHERE superseded_at IS NULL")
        assert current == [("C2",)]


def test_withdraw_of_a_missing_file_is_an_error(wagewatch, tmp_path):
    done = wagewatch("import", "--withdraw", str(tmp_path / "none.csv"))
    assert done.returncode == 1
    assert "none.csv" in done.stderr


def test_an_older_book_in_a_second_command_does_not_overrule(wagewatch, workspace, book):
    wagewatch("import", str(book("案件2025年10月.csv", ("C1", "结案", "2025-10-12"))))
    wagewatch("import", str(book("案件2025年9月.csv", ("C1", "查实", ""))))
    with RecordStore(workspace.records, read_only=True) as store:
        shown = store.rows(
            "SELECT status, known_at::VARCHAR FROM cases_versions ORDER BY known_at, arrival"
        )
    assert shown == [
        ("filed", "2025-03-01"),
        ("confirmed", "2025-09-30"),
        ("closed", "2025-10-12"),
    ]


def test_missing_records_are_counted_once_per_series(wagewatch, tmp_path):
    def months(name, *sheets):
        workbook = openpyxl.Workbook()
        workbook.remove(workbook.active)
        for title, *ids in sheets:
            sheet = workbook.create_sheet(title)
            sheet.append(CASE)
            for one in ids:
                sheet.append([one, "P1", "2025-03-01", "立案", None])
        workbook.save(tmp_path / name)
        return str(tmp_path / name)

    wagewatch("import", months("案件2025年8月.xlsx", ("一组", "C1", "C2"), ("二组", "C3", "C4")))
    later = months("案件2025年9月.xlsx", ("一组", "C1", "C2"), ("二组", "C3"))
    done = wagewatch("import", later)
    assert done.stdout.count("本期没有的记录") == 1
    assert "本期没有的记录 1 条" in done.stdout


def test_equal_names_in_two_folders_are_two_series(wagewatch, book, tmp_path):
    for town in ("甲镇", "乙镇"):
        ids = [(f"{town}{n}", "立案", "") for n in range(3)]
        book("案件.csv", *ids, folder=town)
    for _ in range(2):
        done = wagewatch("import", str(tmp_path / "books"))
        assert done.returncode == 0
        assert "本期没有的记录" not in done.stdout
    book("案件.csv", ("甲镇0", "立案", ""), ("甲镇1", "立案", ""), folder="甲镇")
    done = wagewatch("import", str(tmp_path / "books"))
    assert "本期没有的记录 1 条" in done.stdout


def test_check_says_how_many_records_were_dated_by_rule(copy, book, capsys):
    from serving.cli.main import main

    with RecordStore(copy.records, read_only=True) as store:
        [(site,)] = store.rows("SELECT min(project_id) FROM projects")
    path = book("检查2025.csv")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("inspection_id", "project_id", "inspected_on", "arrears_found"))
        writer.writerows((f"late-{n}", site, "2025-04-20", "false") for n in range(3))
    assert main(["-w", str(copy.root), "import", str(path)]) == 0
    capsys.readouterr()
    main(["-w", str(copy.root), "check", "--as-of", "2025-06-01"])
    assert "按事项日期推定的记录（训练所用时段内）：检查 3" in capsys.readouterr().out


def write_undated(folder, rows):
    """One CSV file per table from (table, row) without ``known_at``."""
    folder.mkdir()
    for table in {name for name, _ in rows}:
        body = [row for name, row in rows if name == table]
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(body[0]))
            writer.writeheader()
            writer.writerows(body)
    return folder


@thorough  # without the commands: tests/laws/test_two_clocks.py
def test_undated_rows_after_a_published_list_change_no_feature_up_to_it(copy, tmp_path, capsys):
    """Through the commands, with lists that were published through them."""
    from serving.cli.main import main

    as_ofs = [*LISTS, LISTS[0] - dt.timedelta(days=90)]
    with RecordStore(copy.records, read_only=True) as store:
        before = feature_matrix(store, as_ofs).values.tobytes()
        sites = store.rows("SELECT DISTINCT project_id FROM projects ORDER BY 1 LIMIT 3")
        first, other, third = (site for (site,) in sites)
        [(payroll,)] = store.rows("SELECT min(payroll_id) FROM payrolls")
        [(case, of_case, opened)] = store.rows(
            "SELECT case_id, project_id, opened_on::VARCHAR FROM cases LIMIT 1"
        )
    rows = [
        ("payments", {"payment_id": "n1", "payroll_id": payroll, "paid_on": "2025-01-05",
                      "amount": "90000"}),
        ("inspections", {"inspection_id": "n1", "project_id": first, "inspected_on": "2025-01-20",
                         "arrears_found": "true"}),
        ("complaints", {"complaint_id": "n1", "project_id": other, "received_on": "2025-02-02"}),
        ("cases", {"case_id": case, "project_id": of_case, "opened_on": opened,
                   "status": "unfounded"}),
        ("cases", {"case_id": "n1", "project_id": third, "opened_on": "2024-12-01",
                   "status": "confirmed"}),
    ]  # fmt: skip
    folder = write_undated(tmp_path / "late", rows)
    assert main(["-w", str(copy.root), "import", str(folder)]) == 0
    cases = [("cases", {**row, "status": "filed"}) for table, row in rows if table == "cases"]
    older = write_undated(tmp_path / "older", cases)
    command = ["-w", str(copy.root), "import", str(older), "--known-on", "2024-12-31"]
    assert main(command) == 0
    capsys.readouterr()
    with RecordStore(copy.records, read_only=True) as store:
        assert store.rows("SELECT count(*) FROM inspections WHERE inspection_id = 'n1'") == [(1,)]
        assert feature_matrix(store, as_ofs).values.tobytes() == before
        current = store.rows(
            "SELECT case_id = 'n1', status FROM cases_versions"
            " WHERE case_id IN ('n1', ?) AND superseded_at IS NULL ORDER BY 1",
            [case],
        )
        assert current == [(False, "unfounded"), (True, "confirmed")]


@thorough
def test_list_of_employers_replays_after_undated_and_dated_rows(
    office_with_employers, tmp_path, capsys
):
    import shutil

    from serving.cli.main import main

    root = tmp_path / "copy"
    shutil.copytree(office_with_employers.root, root)
    with RecordStore(root / "records.duckdb", read_only=True) as store:
        orgs = store.rows("SELECT DISTINCT org_id, period FROM operations ORDER BY 1 LIMIT 40")
    rows = [
        ("operations", {"org_id": org, "period": f"{period:%Y-%m}", "indicator": "electricity",
                        "value": "1", "known_at": "2025-02-20"})
        for org, period in orgs if period < dt.date(2025, 2, 1)
    ]  # fmt: skip
    assert rows
    before = digests(root)
    assert main(["-w", str(root), "import", str(write_undated(tmp_path / "late", rows))]) == 0
    assert digests(root) != before, "the records known at the list's date are others now"
    replay = ["replay", "--as-of", str(LISTS[1]), "--kind", "employer"]
    assert main(["-w", str(root), *replay]) == 0
    capsys.readouterr()


def digests(root):
    with RecordStore(root / "records.duckdb", read_only=True) as store:
        return [store.digest(as_of) for as_of in LISTS]
