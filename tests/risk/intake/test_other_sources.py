"""Two sources of one record: what one leaves empty stays as the other knows it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from risk.contract import STORED_TABLES
from risk.intake.importer import PlacedFile, import_into, import_placed
from risk.intake.report import FileReport
from risk.intake.withdrawal import withdraw_paths
from risk.store.seals import Seal, record_seal
from risk.store.store import RecordStore

from ...empty_store import empty_store

BOOK, PLATFORM, AGAIN = dt.date(2025, 5, 1), dt.date(2025, 5, 10), dt.date(2025, 6, 1)
FIELDS = ("project_id", "project_name", "region_code", "sector", "funding", "started_on")
MORE = ("contract_amount", "planned_end_on", "completed_on", "latitude")
ROW = dict(
    zip(FIELDS, ("P1", "滨河安置房", "990101", "building", "government", "2024-03-01"), strict=True)
)


class Office:
    """Imports one row of projects after another, from books or from a source."""

    def __init__(self, folder: Path, store: RecordStore) -> None:
        self.folder = folder
        self.store = store
        self.files = 0

    def take(self, day: dt.date, origin: str = "", **cells: str | None) -> FileReport:
        """Import a row on a day; fields that are not named have no column."""
        row = ROW | cells
        self.files += 1
        path = self.folder / f"{self.files}" / "projects.csv"
        path.parent.mkdir()
        lines = (",".join(row), ",".join(cell or "" for cell in row.values()))
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        placed = [PlacedFile(path, STORED_TABLES["projects"], f"{origin}/projects.csv")]
        if origin:
            report = import_placed(self.store, placed, today=day, origin=origin)
        else:
            report = import_into(self.store, [path], today=day)
        [file] = report.files
        return file

    def now(self) -> dict[str, object]:
        """The newest version of the project."""
        [row] = self.store.rows(
            f"SELECT {', '.join(MORE)} FROM projects"
            " QUALIFY row_number() OVER (ORDER BY known_at DESC, arrival DESC) = 1"
        )
        return dict(zip(MORE, map(str, row), strict=True))

    def versions(self) -> int:
        return int(self.store.rows("SELECT count(*) FROM projects")[0][0])


@pytest.fixture
def office(tmp_path):
    with empty_store() as store:
        yield Office(tmp_path, store)


def test_an_empty_field_of_a_source_does_not_replace_what_a_book_knows(office):
    office.take(BOOK, contract_amount="12000000", planned_end_on="2026-01-31")
    pulled = office.take(PLATFORM, "platform", planned_end_on=None, latitude="30.5")
    assert pulled.accepted == 1
    assert [(one.code, one.fields) for one in pulled.notes] == [("filled_from_others", {"rows": 1})]
    assert office.now() == {
        "contract_amount": "1200000000",
        "planned_end_on": "2026-01-31",
        "completed_on": "None",
        "latitude": "30.5",
    }


def test_pulled_and_booked_in_turn_nothing_is_stored_again(office):
    book = {"contract_amount": "12000000", "planned_end_on": "2026-01-31"}
    office.take(BOOK, **book)
    office.take(PLATFORM, "platform", latitude="30.5")
    before = office.versions()
    for days in (1, 2):
        again = office.take(PLATFORM + dt.timedelta(days), **book)
        pulled = office.take(PLATFORM + dt.timedelta(days), "platform", latitude="30.5")
        assert (again.repeated, pulled.repeated) == (1, 1)
    assert office.versions() == before


def test_a_source_may_empty_its_own_value_and_a_book_its_own(office):
    office.take(BOOK, contract_amount="12000000", planned_end_on="2026-01-31")
    office.take(PLATFORM, "platform", latitude="30.5")
    office.take(AGAIN, "platform", latitude=None)
    assert office.now()["latitude"] == "None"
    office.take(AGAIN, contract_amount=None, planned_end_on="2026-01-31")
    assert office.now()["contract_amount"] == "None"


def test_of_two_values_the_newer_counts(office):
    office.take(BOOK, planned_end_on="2026-01-31")
    office.take(PLATFORM, "platform", planned_end_on="2026-03-31")
    assert office.now()["planned_end_on"] == "2026-03-31"
    office.take(AGAIN, planned_end_on="2026-02-28")
    assert office.now()["planned_end_on"] == "2026-02-28"


def test_books_alone_are_as_they_were(office):
    office.take(BOOK, contract_amount="12000000")
    file = office.take(PLATFORM, planned_end_on="2026-01-31")
    assert office.now()["contract_amount"] == "None"
    assert file.notes == ()


def test_a_row_with_its_own_day_takes_only_what_was_known_by_then(office):
    office.take(BOOK, contract_amount="12000000", known_at="2025-05-01")
    office.take(AGAIN, "platform", latitude="30.5", known_at="2025-04-20")
    [(amount,)] = office.store.rows("SELECT contract_amount FROM projects WHERE latitude = 30.5")
    assert amount is None
    office.take(AGAIN, "platform", latitude="30.6", known_at="2025-05-02")
    [(amount,)] = office.store.rows("SELECT contract_amount FROM projects WHERE latitude = 30.6")
    assert amount == 1_200_000_000


def test_a_row_of_the_day_itself_takes_what_was_known_on_it(office):
    office.take(BOOK, contract_amount="12000000", known_at="2025-05-01")
    office.take(AGAIN, "platform", latitude="30.5", known_at="2025-05-01")
    found = office.store.rows("SELECT contract_amount FROM projects WHERE latitude = 30.5")
    assert found == [(1_200_000_000,)]


def test_a_row_that_gains_nothing_is_not_counted(office):
    office.take(BOOK, contract_amount="12000000")
    pulled = office.take(PLATFORM, "platform", contract_amount="12000000")
    assert pulled.notes == ()
    assert office.store.rows("SELECT count(*) FROM borrowed_fields") == [(0,)]


def test_of_the_versions_of_a_source_the_newest_lends(office):
    for amount, day in (("10", BOOK), ("30", AGAIN), ("20", BOOK), ("40", AGAIN)):
        office.take(day, contract_amount=amount)
    office.take(AGAIN, "platform", latitude="30.5")
    found = office.store.rows("SELECT contract_amount FROM projects WHERE latitude = 30.5")
    assert found == [(4000,)]


def test_an_event_still_to_come_lends_nothing_before_its_day(office):
    office.take(BOOK, contract_amount="10", started_on="2025-12-01")
    office.take(PLATFORM, "platform", latitude="30.5")
    found = office.store.rows("SELECT DISTINCT contract_amount FROM projects WHERE latitude = 30.5")
    assert found == [(None,)]


@pytest.mark.parametrize(("day", "amount"), [("2025-05-19", None), ("2025-05-20", 2000)])
def test_a_version_behind_a_sealed_list_lends_to_rows_of_its_book_and_later(office, day, amount):
    office.take(BOOK)
    newest = office.store.rows("SELECT max(arrival) FROM projects")[0][0]
    record_seal(office.store, Seal("list", dt.date(2025, 6, 15), newest))
    office.take(dt.date(2025, 5, 20), contract_amount="20")
    office.take(dt.date.fromisoformat(day), "platform", latitude="30.5")
    found = office.store.rows("SELECT DISTINCT contract_amount FROM projects WHERE latitude = 30.5")
    assert found == [(amount,)]


def test_a_withdrawn_record_lends_nothing(office, tmp_path):
    office.take(BOOK, contract_amount="12000000")
    keys = tmp_path / "projects.csv"
    keys.write_text("project_id\nP1\n", encoding="utf-8")
    assert withdraw_paths(office.store, [keys], today=BOOK).files[0].withdrawn == 1
    office.take(PLATFORM, "platform", latitude="30.5")
    found = office.store.rows("SELECT contract_amount FROM projects WHERE latitude = 30.5")
    assert found == [(None,)]


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["", "platform", "wages"]),
            st.sampled_from([None, "12000000", "13000000"]),
            st.sampled_from([None, "2026-01-31"]),
        ),
        min_size=2,
        max_size=4,
    )
)
def test_a_later_row_never_changes_what_was_known_before_its_day(steps, tmp_path_factory):
    known: list[list[tuple]] = []
    with empty_store() as store:
        office = Office(tmp_path_factory.mktemp("office"), store)
        for number, (origin, amount, end) in enumerate(steps):
            day = BOOK + dt.timedelta(number)
            office.take(day, origin, contract_amount=amount, planned_end_on=end)
            for earlier, rows in enumerate(known):
                assert rows == _before(store, BOOK + dt.timedelta(earlier + 1))
            known.append(_before(store, day + dt.timedelta(1)))


def _before(store: RecordStore, day: dt.date) -> list[tuple]:
    return store.rows(
        f"SELECT {', '.join(MORE)}, known_at FROM projects WHERE known_at < ? ORDER BY ALL", [day]
    )
