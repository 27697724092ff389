"""Which rows of a book are stored, under which numbers, and what is remembered of it."""

import datetime as dt

import pytest

from risk.contract import TABLES
from risk.intake.import_days import ClockBehindImports, require_import_day
from risk.intake.imported_files import SourceFile, last_import_day, was_imported
from risk.intake.importer import import_into
from risk.intake.withdrawal import FileWithdrawal, withdraw_paths
from risk.store.seals import Seal, record_seal

TODAY = dt.date(2025, 12, 5)
PAYROLL = ("工资表编号", "项目编码", "工资月份", "应发金额", "应发日期")
CASE = ("案件编号", "项目编码", "立案日期", "状态")


@pytest.fixture
def send(store, write_csv):
    def run(name, *rows, header=PAYROLL, today=TODAY):
        report = import_into(store, [write_csv(name, [header, *rows])], today=today)
        assert not report.failed
        return report.files[0]

    return run


def payroll(key, amount=1, project="P1", *day):
    """A payroll of January 2025, due in the middle of February."""
    return (key, project, "2025-01", amount, "2025-02-15", *day)


def case(key, status="立案", *day):
    return (key, "P1", "2025-03-01", status, *day)


def arrivals(store, table, *fields):
    return store.rows(f"SELECT {', '.join(fields)}, arrival FROM {table} ORDER BY arrival")


def test_dated_rows_have_a_number_each_and_equal_ones_are_stored_once(store, send):
    rows = [payroll("G1"), payroll("G2"), payroll("G2"), payroll("G2", 2), payroll("G3")]
    header = (*PAYROLL, "入库日期")
    report = send("工资表.csv", *((*row, "2025-02-16") for row in rows), header=header)
    assert (report.accepted, report.repeated) == (4, 1)
    assert (report.dated_by_rule, report.undated_facts, report.missing) == (0, 0, 0)
    assert (report.moved_behind_lists, report.new_feed_in) == (0, ())
    send("工资表2.csv", (*payroll("G4"), "2025-02-16"), header=header)
    found = arrivals(store, "payrolls", "payroll_id", "amount_due // 100")
    assert found == [("G1", 1, 1), ("G2", 1, 2), ("G2", 2, 4), ("G3", 1, 5), ("G4", 1, 6)]


def test_versions_of_other_days_are_new_in_any_order_and_equal_ones_are_not(store, send):
    header, days = (*PAYROLL, "入库日期"), ("2025-03-01", "2025-02-16", "2025-04-01")
    first = send("工资表.csv", *(payroll("G1", 1, "P1", day) for day in days), header=header)
    assert (first.accepted, first.repeated) == (3, 0)
    rows = [payroll("G1", amount, "P1", day) for amount, day in zip((1, 2, 1), days, strict=True)]
    rows += [payroll("G1", 1, "P1", "2025-05-01"), payroll("G1", 2, "P1", "2025-05-01")]
    again = send("工资表2.csv", *rows, header=header)
    assert (again.accepted, again.repeated) == (3, 2)
    assert arrivals(store, "payrolls", "amount_due // 100", "CAST(known_at AS VARCHAR)") == [
        *((1, day, number) for number, day in enumerate(days, start=1)),
        *((2, "2025-02-16", 5), (1, "2025-05-01", 7), (2, "2025-05-01", 8)),
    ]


def test_an_undated_row_has_a_number_for_each_of_its_versions(store, send):
    """A case has six: filed, four later facts, and an outcome without a date."""
    send("案件.csv", case("C1"), case("C2", "不属实"), case("C2"), header=CASE)
    send("案件2.csv", case("C3"), header=CASE)
    assert arrivals(store, "cases", "case_id", "status") == [
        ("C1", "filed", 1),
        ("C2", "filed", 7),
        ("C2", "unfounded", 8),
        ("C2", "filed", 13),
        ("C3", "filed", 19),
    ]


def test_equal_rows_of_a_new_undated_book_are_one(store, send):
    report = send("工资表.csv", payroll("G1"), payroll("G1"), payroll("G1", 2), payroll("G1"))
    assert (report.accepted, report.repeated, report.dated_by_rule) == (3, 1, 1)
    found = store.rows("SELECT amount_due // 100, dated_by FROM payrolls ORDER BY arrival")
    assert found == [(1, "unfolded"), (2, "import"), (1, "import")]


def test_dated_rows_of_a_book_with_undated_ones_are_stored_once(store, send):
    header = (*PAYROLL, "入库日期")
    send("工资表.csv", payroll("G1", 1, "P1", "2025-02-16"), header=header)
    new = payroll("G1", 2, "P1", "2025-02-17")
    two = (payroll("G2", 1, "P1", "2025-02-16"), payroll("G2", 2, "P1", "2025-02-17"))
    report = send("工资表2.csv", new, *two, payroll("G3", 1, "P1", ""), header=header)
    assert (report.accepted, report.dated_by_rule) == (4, 1)
    assert store.rows(
        "SELECT payroll_id, amount_due // 100, dated_by FROM payrolls ORDER BY arrival"
    ) == [
        *(("G1", 1, "given"), ("G1", 2, "given"), ("G2", 1, "given"), ("G2", 2, "given")),
        ("G3", 1, "unfolded"),
    ]


def test_rows_of_earlier_releases_without_a_source_of_their_day_are_known(store, send):
    header, row = (*PAYROLL, "入库日期"), (*payroll("G1"), "2025-02-16")
    send("工资表.csv", row, header=header)
    store.rows("UPDATE payrolls SET dated_by = NULL")
    assert send("工资表2.csv", row, header=header).repeated == 1


def test_the_newest_book_that_repeats_a_version_is_remembered(store, send):
    header = (*PAYROLL, "入库日期")

    def book(month, *rows):
        send(f"工资表2025年{month}月.csv", *((*row, "")[:6] for row in rows), header=header)

    dated = payroll("G3", 1, "P1", "2025-02-16")
    book(6, payroll("G1"), payroll("G2"), dated, payroll("G4"), payroll("G5"))
    book(11, payroll("G1"))
    # G2 is repeated in October; G1 was in November already, G3 has a day of its own, and of G4 and
    # G5 the book has other values.
    book(10, payroll("G1"), payroll("G2"), dated, *(payroll("G4"), payroll("G4", 2)))
    book(10, payroll("G5", 2))
    found = store.rows(
        "SELECT payroll_id, c.table_name, book_day FROM confirmed_versions c"
        " JOIN payrolls USING (arrival) ORDER BY ALL"
    )
    october, november = dt.date(2025, 10, 31), dt.date(2025, 11, 30)
    assert found == [("G1", "payrolls", november), ("G2", "payrolls", october)]
    book(12, payroll("G2"))
    [(day,)] = store.rows(
        "SELECT book_day FROM confirmed_versions JOIN payrolls USING (arrival)"
        " WHERE payroll_id = 'G2'"
    )
    assert day == TODAY  # December has not ended
    assert store.rows("SELECT count(*) FROM borrowed_fields") == [(0,)]


def test_the_last_file_of_a_name_is_known_by_its_bytes(store, send, tmp_path):
    send("a/案件.csv", case("C1"), header=CASE)
    first = SourceFile(tmp_path / "a/案件.csv")
    assert was_imported(store, TABLES["cases"], first)
    assert not was_imported(store, TABLES["payrolls"], first)
    assert not was_imported(store, TABLES["cases"], SourceFile(first.path, "另一本.csv"))
    assert was_imported(store, TABLES["cases"], SourceFile(first.path, "9月/案件.csv"))
    send("b/案件.csv", case("C1", "结案"), header=CASE)
    assert was_imported(store, TABLES["cases"], SourceFile(tmp_path / "b/案件.csv"))
    assert not was_imported(store, TABLES["cases"], first)


def test_a_book_with_half_of_the_records_of_its_series_is_a_full_one(store, send, tmp_path):
    def missing(name, *keys):
        return send(name, *map(case, keys), header=CASE).missing

    assert missing("案件2025年8月.csv", "C1", "C2", "C3", "C4") == 0
    assert missing("案件2025年9月.csv", "C1", "C2") == 2
    assert missing("案件2025年9月.csv", "C1") == 0
    # Another series is counted by itself.
    assert missing("街道案件2025年8月.csv", "C5", "C6") == 0
    assert missing("街道案件2025年9月.csv", "C5") == 1
    withdrawn = tmp_path / "撤回案件.csv"
    withdrawn.write_text("案件编号\nC1\n", encoding="utf-8")
    withdraw_paths(store, [withdrawn], today=TODAY)
    assert missing("案件2025年10月.csv", "C2", "C3", "C4") == 0


def test_only_rows_of_this_import_are_moved_behind_a_list(store, send):
    project = ("P1", "一号楼", "330102", "2024-03-01")
    send("项目.csv", project, header=("项目编码", "项目名称", "行政区划代码", "开工日期"))
    send("工资表1.csv", payroll("G1"))
    newest = store.rows("SELECT max(arrival) FROM payrolls")[0][0]
    record_seal(store, Seal("list", dt.date(2025, 11, 15), newest))
    assert send("工资表2.csv", payroll("G2")).moved_behind_lists == 1
    assert store.rows("SELECT payroll_id, known_at::VARCHAR FROM payrolls ORDER BY arrival") == [
        ("G1", "2025-02-15"),
        ("G2", "2025-11-15"),
    ]


def test_the_newest_book_decides_from_the_first_new_row_on(store, send):
    send("工资表2025年10月.csv", payroll("G1", 120))
    send("工资表2025年9月.csv", payroll("G1", 100))
    found = (
        "SELECT amount_due // 100, known_at::VARCHAR FROM payrolls WHERE payroll_id = 'G1'"
        " ORDER BY known_at"
    )
    october = [(120, "2025-02-15"), (100, "2025-09-30"), (120, "2025-10-31")]
    assert store.rows(found) == october
    # What was not restored before is not restored by an import of something else.
    store.rows("DELETE FROM payrolls WHERE known_at = '2025-10-31'")
    send("工资表2025年8月.csv", payroll("G2"))
    assert store.rows(found) == october[:2]


def test_each_newest_book_is_restored_once_under_numbers_of_its_own(store, send):
    """An August book, with two rows for G1, after one of November and two of October."""
    send("工资表2025年10月.csv", *map(payroll, ("G1", "G3", "G5", "G6"), (120, 1, 50, 7)))
    send("另一册工资表2025年10月.csv", payroll("G5", 60))  # of one day the later arrival counts
    send("工资表2025年11月.csv", payroll("G2", 140))
    august = zip(("G1", "G1", "G2", "G5", "G6"), (100, 110, 90, 55, 8), strict=True)
    send("工资表2025年8月.csv", *(payroll(*row) for row in august))
    send("另一册工资表2025年12月.csv", payroll("G4"))
    assert store.rows(
        "SELECT payroll_id, amount_due // 100, known_at::VARCHAR, dated_by FROM payrolls"
        " WHERE payroll_id NOT IN ('G3', 'G4') ORDER BY payroll_id, known_at, arrival"
    ) == [
        ("G1", 120, "2025-02-15", "unfolded"),
        ("G1", 100, "2025-08-31", "stated"),
        ("G1", 110, "2025-08-31", "stated"),
        ("G1", 120, "2025-10-31", "stated"),
        ("G2", 140, "2025-02-15", "unfolded"),
        ("G2", 90, "2025-08-31", "stated"),
        ("G2", 140, "2025-11-30", "stated"),
        ("G5", 50, "2025-02-15", "unfolded"),
        ("G5", 55, "2025-08-31", "stated"),
        ("G5", 60, "2025-10-31", "stated"),
        ("G6", 7, "2025-02-15", "unfolded"),
        ("G6", 8, "2025-08-31", "stated"),
        ("G6", 7, "2025-10-31", "stated"),
    ]
    numbers = [number for (number,) in store.rows("SELECT arrival FROM payrolls")]
    assert len(set(numbers)) == len(numbers) == 15
    assert store.rows("SELECT count(*) FROM borrowed_fields") == [(0,)]


def test_an_older_book_repeats_what_was_current_on_its_day(store, send):
    send("工资表2025年9月.csv", payroll("G1", 100))
    send("工资表2025年10月.csv", payroll("G1", 120))
    send("工资表2025年11月.csv", payroll("G1", 140))
    repeated = [
        send(f"另一册工资表2025年{month}月.csv", payroll("G1", amount)).repeated
        for month, amount in ((9, 100), (10, 120), (11, 140), (10, 100), (9, 120))
    ]
    assert repeated == [1, 1, 1, 0, 0]


@pytest.mark.parametrize("undated_first", [False, True])
def test_a_dated_row_of_an_earlier_release_counts_for_its_day(store, send, undated_first):
    header = (*PAYROLL, "入库日期")
    if undated_first:
        send("工资表.csv", payroll("G1", 1))
    send("工资表2.csv", payroll("G1", 2, "P1", "2025-03-01"), header=header)
    store.rows("UPDATE payrolls SET dated_by = NULL WHERE dated_by = 'given'")
    send("工资表2025年9月.csv", payroll("G1", 3))
    newest = store.rows(
        "SELECT amount_due // 100, known_at::VARCHAR FROM payrolls ORDER BY arrival"
    )
    assert newest[-1] == (3, "2025-09-30")


def test_a_book_behind_a_sealed_list_counts_for_its_day_after_a_dated_row(store, send):
    header = ("项目编码", "项目名称", "行政区划代码", "开工日期")
    send("项目.csv", ("P1", "一号楼", "330102", "2024-03-01"), header=header)
    send("工资表.csv", payroll("G1", 1, "P1", "2025-03-01"), header=(*PAYROLL, "入库日期"))
    newest = store.rows("SELECT max(arrival) FROM payrolls")[0][0]
    record_seal(store, Seal("list", dt.date(2025, 11, 15), newest))
    for month, amount in ((10, 3), (9, 2)):
        send(f"工资表2025年{month}月.csv", payroll("G1", amount))
    [(amount, day)] = store.rows(
        "SELECT amount_due // 100, known_at::VARCHAR FROM payrolls_versions"
        " WHERE superseded_at IS NULL"
    )
    assert (amount, day) == (3, "2025-11-15")


def test_a_later_row_of_today_is_not_known_before_its_own_day(store, send):
    send("案件.csv", case("C1"), header=CASE, today=dt.date(2025, 8, 1))
    header = (*CASE, "结案日期")
    send("案件2025年9月.csv", case("C1", "结案", TODAY.isoformat()), header=header)
    days = store.rows("SELECT known_at FROM cases ORDER BY arrival")
    assert days[-1] == (TODAY,)


def test_the_first_row_of_a_store_may_wait_for_its_project(store, write_csv):
    path = write_csv("工资表.csv", [PAYROLL, payroll("G1")])
    assert import_into(store, [path], today=TODAY).waiting["payrolls"] == 1


@pytest.mark.parametrize(("keys", "counts"), [
    (["C1", "C1", "C2", "C9"], (2, 0, 1, 0)),
    (["C1", "", "C9", "C9"], (1, 0, 1, 1)),
])  # fmt: skip
def test_keys_are_withdrawn_once_each_and_numbered(store, send, tmp_path, keys, counts):
    send("案件.csv", case("C1"), case("C2"), case("C3"), header=CASE)
    path = tmp_path / "撤回案件.csv"
    path.write_text("\n".join(["案件编号,备注", *(f"{key}" if key else ",误" for key in keys)]))
    withdrawn = withdraw_paths(store, [path], today=TODAY).files[0]
    assert withdrawn == FileWithdrawal("撤回案件.csv", "cases", *counts)
    send("案件2.csv", case("C4"), header=CASE)
    numbers = [number for (number,) in store.rows("SELECT arrival FROM cases")]
    assert len(set(numbers)) == len(numbers) == 4 + counts[0]


def test_the_version_of_the_day_is_withdrawn_on_the_latest_day_stated(store, send, tmp_path):
    dated = (
        *(case("C1", "立案", "2025-03-10"), case("C1", "查实", "2025-06-01")),
        *(case("C2", "立案", "2025-03-10"), case("C2", "查实", TODAY.isoformat())),
        case("C3", "立案", "2025-03-10"),
    )
    send("案件.csv", *dated, header=(*CASE, "入库日期"))

    def withdraw(*rows):
        path = tmp_path / "撤回案件.csv"
        path.write_text("\n".join(["案件编号,入库日期", *rows]), encoding="utf-8")
        found = withdraw_paths(store, [path], today=TODAY).files[0]
        return found.withdrawn, found.repeated

    assert withdraw("C1,2025-08-01", "C1,2025-07-01", f"C2,{TODAY}") == (2, 0)
    assert withdraw("C1,2025-09-01", "C3,") == (1, 1)
    assert store.rows(
        "SELECT case_id, status, known_at::VARCHAR, dated_by FROM cases WHERE withdrawn ORDER BY 1"
    ) == [
        ("C1", "confirmed", "2025-08-01", "given"),
        ("C2", "confirmed", "2025-12-05", "given"),
        ("C3", "filed", "2025-12-05", "import"),
    ]


def test_a_clock_set_back_is_refused(store, send):
    assert last_import_day(store) is None
    require_import_day(store, TODAY)
    for day in (TODAY, dt.date(2025, 12, 9), dt.date(2025, 12, 1)):
        send("工资表.csv", payroll("G1"), today=day)
    require_import_day(store, dt.date(2025, 12, 9))
    with pytest.raises(ClockBehindImports) as raised:
        require_import_day(store, dt.date(2025, 12, 8))
    assert raised.value.fields == {"last": "2025-12-09", "today": "2025-12-08"}
