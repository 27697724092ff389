"""Books without a day of knowledge: what arrives later changes nothing that was known before it.

The state of an as_of is the digest of the records known before it, and the versions themselves.
"""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from risk.contract import TABLES
from risk.intake.importer import import_file

from ..conftest import MUST_RUN_ALL
from ..empty_store import empty_store

AS_OF = dt.date(2025, 4, 1)
TODAY = dt.date(2025, 9, 15)

# An example opens a store and imports up to three books, a quarter of a second; CI runs often.
quick = settings(max_examples=15 if MUST_RUN_ALL else 4, deadline=None)

_DAY = st.dates(dt.date(2025, 1, 1), dt.date(2025, 12, 31)).map(str)
_MAYBE = st.one_of(st.just(""), _DAY)
_CASE = st.fixed_dictionaries(
    {
        "case_id": st.sampled_from(["C1", "C2", "C3"]),
        "opened_on": _DAY,
        "project_id": st.just("P1"),
        "status": st.sampled_from(
            ["accepted", "filed", "confirmed", "unfounded", "closed", "transferred"]
        ),
        "amount_owed": st.sampled_from(["", "1", "2"]),
        "confirmed_on": _MAYBE,
        "closed_on": _MAYBE,
        "transferred_on": _MAYBE,
    }
)

_BOOK = st.lists(_CASE, min_size=1, max_size=5)
_LATER = st.dates(AS_OF, dt.date(2025, 12, 31))


def send(store, book, *, name="cases.csv", today=TODAY, known_on=None):
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [*_fields(), "known_at"])
            writer.writeheader()
            writer.writerows(book)
        return import_file(store, path, table=TABLES["cases"], today=today, known_on=known_on)


def _fields():
    return [field.name for field in TABLES["cases"].fields]


def known(store):
    """The versions known before ``AS_OF`` that no other replaced before it, with the digest."""
    rows = store.rows(
        f"SELECT {', '.join(_fields())}, known_at FROM cases_versions"
        " WHERE known_at < $1 AND (superseded_at IS NULL OR superseded_at >= $1) ORDER BY ALL",
        [AS_OF],
    )
    return rows, store.digest(AS_OF)


@quick
@given(_BOOK, st.lists(st.tuples(_CASE, _LATER), max_size=5))
def test_law_dated_rows_known_later_change_nothing(book, later):
    dated = [{**row, "known_at": day.isoformat()} for row, day in later]
    with empty_store() as store:
        send(store, book)
        before = known(store)
        send(store, dated, name="dated.csv")
        assert known(store) == before


@quick
@given(_BOOK, _BOOK, _LATER)
def test_law_a_later_book_of_known_records_changes_nothing_before_its_day(book, later, day):
    keys = {row["case_id"] for row in book}
    with empty_store() as store:
        send(store, book)
        before = known(store)
        known_rows = [row for row in later if row["case_id"] in keys]
        send(store, known_rows, name="later.csv", today=dt.date(2026, 1, 5), known_on=day)
        assert known(store) == before


@quick
@given(_BOOK)
def test_law_no_version_shows_a_date_after_the_day_it_was_known(book):
    with empty_store() as store:
        send(store, book)
        early = store.rows(
            "SELECT * FROM cases WHERE known_at < opened_on OR (known_at < $1 AND"
            " greatest(confirmed_on, closed_on, transferred_on) > greatest(known_at, opened_on))",
            [TODAY],
        )
        assert early == []


@quick
@given(_BOOK)
def test_law_the_last_version_equals_the_row(book):
    with empty_store() as store:
        send(store, book)
        names = ", ".join(f"{name}::VARCHAR" for name in _fields())
        current = store.rows(f"SELECT {names} FROM cases_versions WHERE superseded_at IS NULL")
        amounts = {"": None, "1": "100", "2": "200"}
        last = {row["case_id"]: row for row in book}
        expected = {
            tuple(
                amounts[row[name]] if name == "amount_owed" else row.get(name) or None
                for name in _fields()
            )
            for row in last.values()
        }
        assert set(current) == expected
        assert send(store, book, today=dt.date(2026, 3, 1)).accepted == 0


@quick
@given(st.permutations([8, 9, 10]), st.lists(_CASE, min_size=3, max_size=3))
def test_law_the_newest_book_decides_in_any_order(months, rows):
    books = {month: {**row, "case_id": "C1"} for month, row in zip((8, 9, 10), rows, strict=True)}
    with empty_store() as store:
        for month in months:
            day, today = dt.date(2025, month, 28), dt.date(2025, 11, 5)
            send(store, [books[month]], name=f"{month}.csv", today=today, known_on=day)
        newest = store.rows(
            "SELECT amount_owed, status, opened_on::VARCHAR, confirmed_on::VARCHAR"
            " FROM cases_versions WHERE superseded_at IS NULL"
        )
        last = books[10]
        amount = int(last["amount_owed"] or 0) * 100 or None
        expected = (amount, last["status"], last["opened_on"], last["confirmed_on"] or None)
        assert newest == [expected]
