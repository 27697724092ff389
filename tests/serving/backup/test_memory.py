"""A backup and its restore hold a few lists in memory, however many there are."""

from __future__ import annotations

import datetime as dt
import shutil
import tracemalloc

import pytest
from sqlalchemy import func, insert, select

from serving.backup.rows import dump_tables, load_tables
from serving.db.database import Database
from serving.db.tables import EVENTS, JOBS, WATCHLISTS

from ..conftest import AS_OF, PUBLISHED_AT

BODY, BATCH = 60_000, 2 * 10**5
FEW, MANY = 10, 40


def _list(number: int) -> dict[str, object]:
    texts = ("region", "model_name", "model_version", "model_kind", "code_version", "published_by")
    return {
        **dict.fromkeys(texts, ""),
        **dict.fromkeys(("capacity", "entries", "cohort"), 1),
        **dict.fromkeys(("records_digest", "digest"), "0" * 64),
        "as_of": AS_OF + dt.timedelta(days=number),
        "published_at": PUBLISHED_AT,
        "body": bytes(BODY),
    }


def _job(number: int) -> dict[str, object]:
    return {
        "job_id": str(number),
        "kind": "check",
        "parameters": {"text": "薪" * (BODY // 4)},
        "state": "done",
        "asked_by": "王",
        "created_at": PUBLISHED_AT,
        **dict.fromkeys(("region", "step"), ""),
        **dict.fromkeys(("progress", "attempts"), 1),
    }


def _peak(work) -> int:
    """The most bytes that ``work`` held at a time."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _add(database, first: int, last: int) -> None:
    numbers = range(first, last)
    with database.engine.begin() as connection:
        connection.execute(insert(WATCHLISTS), [_list(number) for number in numbers])
        connection.execute(insert(JOBS), [_job(number) for number in numbers])


@pytest.fixture
def peaks(database, sqlite_template, tmp_path, monkeypatch):
    """Peaks of writing and reading a backup of few lists, and of many, in bytes."""
    with database.engine.connect() as connection:
        dump_tables(connection, tmp_path)  # statements are compiled once
    monkeypatch.setattr("serving.backup.rows.BATCH_CHARACTERS", BATCH)
    found = []
    for first, last in ((0, FEW), (FEW, MANY)):
        _add(database, first, last)
        folder = tmp_path / str(last)
        folder.mkdir()
        shutil.copyfile(sqlite_template, tmp_path / f"{last}.sqlite")
        with (
            Database(f"sqlite:///{tmp_path / f'{last}.sqlite'}") as restored,
            database.engine.connect() as source,
            restored.engine.begin() as target,
        ):
            written = _peak(lambda: dump_tables(source, folder))  # noqa: B023
            read = _peak(lambda: load_tables(target, folder, with_columns=True))  # noqa: B023
            counts = [
                target.execute(select(func.count()).select_from(table)).scalar_one()
                for table in (WATCHLISTS, JOBS, EVENTS)
            ]
        assert counts == [last, last, 0]
        found.append((written, read))
    return found


def test_peak_memory_does_not_grow_with_the_number_of_lists(peaks):
    (few_written, few_read), (many_written, many_read) = peaks
    # All lists at once would hold four times as much.
    assert many_written < 1.5 * few_written
    assert many_read < 1.5 * few_read
