"""The law of laws for records without a day of knowledge that arrive after a list was sealed.

* Whatever is imported or withdrawn later, a replay reads the records of the sealing.
* In feeds that were there at the sealing, undated records change no feature up to its date.
* Records with a day of knowledge count from that day, before or after the sealing.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.matrix import feature_matrix
from risk.contract import TABLES
from risk.intake.importer import import_into
from risk.intake.unfolded_versions import BookDay
from risk.intake.withdrawal import withdraw_file
from risk.store.marks import compare_history, current_mark
from risk.store.seals import Seal, record_seal
from risk.store.store import RecordStore

from ..conftest import MUST_RUN_ALL, thorough
from ..empty_store import empty_store

SEALED = dt.date(2025, 6, 1)
AS_OFS = [SEALED, SEALED - dt.timedelta(days=60)]
TODAY = dt.date(2025, 7, 15)

Row = tuple[str, Mapping[str, str]]

FIRST: tuple[Row, ...] = (
    ("projects", {"project_id": "P", "project_name": "一期", "region_code": "330102",
                  "started_on": "2025-01-01"}),
    ("payrolls", {"payroll_id": "1", "project_id": "P", "period": "2025-02", "workers": "10",
                  "amount_due": "50000", "due_on": "2025-03-15"}),
    ("payments", {"payment_id": "1", "payroll_id": "1", "paid_on": "2025-03-15",
                  "amount": "20000"}),
    ("complaints", {"complaint_id": "1", "project_id": "P", "received_on": "2025-04-01"}),
    ("cases", {"case_id": "1", "project_id": "P", "opened_on": "2025-04-05", "status": "filed"}),
    ("inspections", {"inspection_id": "1", "project_id": "P", "inspected_on": "2025-02-20",
                     "arrears_found": "false"}),
)  # fmt: skip

LATE: Row = (
    "inspections",
    {"inspection_id": "late", "project_id": "P", "inspected_on": "2025-03-20",
     "arrears_found": "true"},
)  # fmt: skip
"""A finding that by its own date would be known at every date compared."""

_keys = st.sampled_from(["1", "2"])
_days = st.dates(dt.date(2025, 2, 1), dt.date(2025, 7, 10)).map(str)


def _rows(table: str, **fields: st.SearchStrategy[str]) -> st.SearchStrategy[Row]:
    return st.tuples(st.just(table), st.fixed_dictionaries(fields))


_site = st.just("P")
LATER = st.one_of(
    _rows(
        "projects",
        project_id=st.sampled_from(["P", "Q"]),
        project_name=st.just("二期"),
        region_code=st.just("330102"),
        started_on=st.just("2025-01-01"),
        completed_on=_days,
    ),
    _rows(
        "payrolls",
        payroll_id=_keys,
        project_id=_site,
        period=st.just("2025-03"),
        workers=st.just("20"),
        amount_due=st.sampled_from(["1", "90000"]),
        due_on=_days,
    ),
    _rows("payments", payment_id=_keys, payroll_id=_keys, paid_on=_days, amount=st.just("9000")),
    _rows("complaints", complaint_id=_keys, project_id=_site, received_on=_days),
    _rows(
        "cases",
        case_id=_keys,
        project_id=_site,
        opened_on=_days,
        status=st.sampled_from(["filed", "confirmed", "closed", "unfounded"]),
    ),
    _rows(
        "inspections",
        inspection_id=_keys,
        project_id=_site,
        inspected_on=_days,
        arrears_found=st.sampled_from(["true", "false"]),
    ),
)


def write(folder: Path, rows: Iterable[Row]) -> Path:
    """One CSV file per table; the last of several rows of a key counts."""
    folder.mkdir()
    tables: dict[str, list[Mapping[str, str]]] = {}
    for table, row in rows:
        tables.setdefault(table, []).append(row)
    for table, body in tables.items():
        names = list(dict.fromkeys(name for row in body for name in row))
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(body)
    return folder


def snapshot(store: RecordStore):
    """Features and digests at dates up to that of the sealing."""
    return feature_matrix(store, AS_OFS), [store.digest(day) for day in AS_OFS]


def assert_same(before, after) -> None:
    assert before[1] == after[1]
    assert before[0].project_ids == after[0].project_ids
    assert np.array_equal(before[0].values, after[0].values, equal_nan=True)


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    """A store of one site after a list was sealed, with what was known then."""
    with empty_store() as store:
        folder = write(tmp_path_factory.mktemp("first") / "records", FIRST)
        report = import_into(store, [folder], today=TODAY)
        assert sum(file.accepted for file in report.files) == len(FIRST)
        mark = current_mark(store)
        record_seal(store, Seal("list", SEALED, mark.arrival))
        yield store, mark, snapshot(store)


@settings(
    max_examples=3 if MUST_RUN_ALL else 2,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    rows=st.lists(LATER, min_size=4, max_size=12),
    known_on=st.sampled_from([None, dt.date(2025, 5, 1)]),
    withdrawn=st.sampled_from([name for name, _ in FIRST]),
)
def test_undated_rows_after_a_sealing_change_nothing_before_it(
    sealed, tmp_path_factory, rows, known_on, withdrawn
):
    store, mark, before = sealed
    folder = write(tmp_path_factory.mktemp("later") / "records", [*rows, LATE])
    import_into(store, [folder], today=TODAY, known_on=known_on)
    key = {name: dict(FIRST)[withdrawn][name] for name in TABLES[withdrawn].key}
    keys = write(folder / "withdrawn", [(withdrawn, key)]) / f"{withdrawn}.csv"
    withdraw_file(store, keys, book=BookDay(TODAY, known_on), table=TABLES[withdrawn])
    assert_same(before, snapshot(store))
    assert compare_history(store, mark) == "as_sealed"


@thorough  # of rows and books in small: tests/risk/store/test_up_to.py, test_undated_books.py
def test_rows_with_a_day_of_knowledge_count_from_it(sealed, tmp_path):
    store, mark, before = sealed
    row = {"payment_id": "dated", "payroll_id": "1", "paid_on": "2025-03-20", "amount": "1"}
    late = {**row, "known_at": str(SEALED)}
    import_into(store, [write(tmp_path / "late", [("payments", late)])], today=TODAY)
    assert_same(before, snapshot(store))
    early = {**row, "payment_id": "early", "known_at": "2025-03-20"}
    import_into(store, [write(tmp_path / "early", [("payments", early)])], today=TODAY)
    after = snapshot(store)
    assert before[1] != after[1]
    assert not np.array_equal(before[0].values, after[0].values, equal_nan=True)
    assert_same(before, snapshot(store.up_to(mark.arrival)))
