"""The laws of versions: nothing twice, nothing lost, the last row wins."""

import datetime as dt
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from risk.contract import TABLES
from risk.intake.importer import import_file

from ...conftest import MUST_RUN_ALL
from ...empty_store import empty_store

# An example opens a store and imports up to three files, a quarter of a second. Values are pinned
# in test_arrivals_by_hand.
some_files = settings(max_examples=9 if MUST_RUN_ALL else 4)

ATTENDANCE, ORGANIZATIONS = TABLES["attendance"], TABLES["organizations"]

_ROWS = st.lists(
    st.tuples(
        st.sampled_from(["P1", "P2", ""]),
        st.sampled_from(["C1", ""]),
        st.sampled_from(["2024-01", "2024-02"]),
        st.sampled_from(["1", "2", "", "x"]),
        st.sampled_from(["2024-02-06", "2024-03-06", ""]),
    ),
    max_size=12,
)
_HEADER = "项目编码,合同编号,考勤月份,考勤人数,入库日期"


def _import(store, name, header, rows, today=dt.date(2026, 3, 1)):
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        lines = [header, *(",".join(row) for row in rows)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return import_file(store, path, today=today)


def _contents(store):
    tables = [*TABLES, "quarantine"]
    return {table: store.rows(f"SELECT * FROM {table} ORDER BY ALL") for table in tables}


def _filled(rows):
    return [row for row in rows if any(row)]


@some_files
@given(st.lists(_ROWS, min_size=1, max_size=3))
def test_law_every_row_is_accepted_repeated_or_quarantined(files):
    with empty_store() as store:
        for rows in files:
            report = _import(store, "attendance.csv", _HEADER, rows)
            assert report.read == len(_filled(rows))
            stored = report.accepted + report.repeated
            assert report.read == stored + report.quarantined + report.set_aside


@some_files
@given(_ROWS, _ROWS)
def test_law_a_second_import_changes_nothing(before, rows):
    with empty_store() as store:
        _import(store, "attendance.csv", _HEADER, before)
        first = _import(store, "attendance.csv", _HEADER, rows)
        contents = _contents(store)
        second = _import(store, "attendance.csv", _HEADER, rows)
        assert _contents(store) == contents
        assert (second.accepted, second.quarantined) == (0, first.quarantined)


@some_files
@given(_ROWS, _ROWS)
def test_law_the_last_dated_row_of_the_file_wins(before, rows):
    expected = {}
    for project, contract, period, present, known in [*before, *rows]:
        if project and known and present != "x":
            key = (project, contract or None, f"{period}-01", known)
            expected[key] = int(present) if present else None
    with empty_store() as store:
        for content in (before, rows):
            _import(store, "attendance.csv", _HEADER, content)
        found = store.rows(
            "SELECT project_id, contract_id, period::VARCHAR, known_at::VARCHAR,"
            " workers_present FROM attendance WHERE dated_by = 'given'"
            " QUALIFY lead(arrival) OVER (PARTITION BY"
            " project_id, contract_id, period, known_at ORDER BY arrival) IS NULL"
        )
    assert {row[:4]: row[4] for row in found} == expected


@some_files
@given(_ROWS, _ROWS)
def test_law_the_last_undated_row_wins_where_no_row_is_dated(before, rows):
    books = [[(*row[:4], "") for row in book] for book in (before, rows)]
    expected = {
        (project, contract or None, f"{period}-01"): int(present) if present else None
        for book in books
        for project, contract, period, present, _ in book
        if project and present != "x"
    }
    with empty_store() as store:
        for number, book in enumerate(books):
            _import(store, f"attendance-{number}.csv", _HEADER, book, dt.date(2026, 3, 1 + number))
        found = store.rows(
            "SELECT project_id, contract_id, period::VARCHAR, workers_present"
            " FROM attendance_versions WHERE superseded_at IS NULL"
        )
    assert {row[:3]: row[3] for row in found} == expected


@some_files
@given(
    st.lists(
        st.tuples(st.sampled_from(["O1", "O2"]), st.sampled_from(["甲", "乙", "丙"])), max_size=8
    ),
    st.lists(
        st.tuples(st.sampled_from(["O1", "O2"]), st.sampled_from(["甲", "乙", "丙"])), max_size=8
    ),
)
def test_law_undated_list_repeats_on_another_day(before, rows):
    header = "org_id,org_name"
    with empty_store() as store:
        _import(store, "organizations.csv", header, before, dt.date(2026, 1, 1))
        _import(store, "organizations.csv", header, rows, dt.date(2026, 2, 1))
        contents = _contents(store)
        again = _import(store, "organizations.csv", header, rows, dt.date(2026, 3, 1))
        assert _contents(store) == contents
        assert (again.accepted, again.repeated) == (0, len(rows))
        last = dict([*before, *rows])
        latest = store.rows(
            "SELECT org_id, org_name FROM organizations_versions WHERE superseded_at IS NULL"
        )
        assert dict(latest) == last


def test_arrival_follows_the_rows_of_the_file(store, write_csv, today):
    rows = [["org_id", "org_name"]] + [[f"O{n}", f"单位{n}"] for n in range(25_000)]
    import_file(store, write_csv("organizations.csv", rows), today=today)
    found = store.rows("SELECT org_id FROM organizations ORDER BY arrival")
    assert [name for (name,) in found] == [row[0] for row in rows[1:]]


def test_a_value_that_comes_back_is_a_version_again(store, write_csv, today):
    header = ["project_id", "project_name", "region_code", "started_on", "known_at"]

    def send(name):
        row = ["P1", name, "420324", "2024-01-01", "2024-01-02"]
        return import_file(store, write_csv("projects.csv", [header, row]), today=today)

    assert [send(name).accepted for name in ("甲", "乙", "甲", "甲")] == [1, 1, 1, 0]


def test_unknown_differs_from_any_text(store, write_csv, today):
    header = ["org_id", "org_name", "region_code"]
    for region, accepted in (("", 1), ("|n", 1), ("", 1), ("", 0)):
        path = write_csv("organizations.csv", [header, ["O1", "甲", region]])
        assert import_file(store, path, today=today).accepted == accepted
