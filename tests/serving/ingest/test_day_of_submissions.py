"""The day that a submission counts as received on."""

from __future__ import annotations

import datetime as dt

import pytest

from serving.ingest.repository import (
    ImportResult,
    Submission,
    add_submission,
    mark_imported,
    submission_state,
    waiting_submissions,
)

NOON = dt.datetime(2025, 6, 10, 4, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("days", "counted"),
    [
        ((10, 11), (10, 11)),
        ((10, 10), (10, 10)),
        ((10, 9), (10, 10)),
        ((10, 8), (10, 10)),  # two days: the clock was set back
        ((10, 7), (10, 7)),  # more: it was ahead before
        ((10, 7, 8), (10, 7, 8)),  # the last one counts, not the latest
    ],
)
def test_a_day_is_no_earlier_than_the_last_within_two_days(database, days, counted):
    with database.engine.begin() as connection:
        for number, day in enumerate(days):
            received_on = dt.date(2025, 6, day)
            one = Submission(f"s{number}", "payments", ("payment_id",), [("P1",)], received_on,
                             NOON, "case", "", "")  # fmt: skip
            add_submission(connection, one)
    waiting = waiting_submissions(database.engine)
    assert tuple(one.received_on.day for _, one in waiting) == counted


def test_a_submission_waits_until_it_is_imported(database):
    """What was never sent, or by another, is not there; what was imported stays so."""
    with database.engine.begin() as connection:
        for name in "ab":
            one = Submission(name, "payments", ("payment_id",), [("P1",)], dt.date(2025, 6, 10),
                             NOON, "case", "", "")  # fmt: skip
            add_submission(connection, one)
    first, second = waiting_submissions(database.engine)
    assert waiting_submissions(database.engine, 1) == [first]
    assert submission_state(database.engine, "a", "case") is None
    for name, sender in (("c", "case"), ("a", "another")):
        assert submission_state(database.engine, name, sender) is False
    result = ImportResult(NOON, 3, 2, 1)
    mark_imported(database.engine, first[0], result)
    mark_imported(database.engine, first[0], ImportResult(NOON, 0, 0, 0))
    assert waiting_submissions(database.engine) == [second]
    assert submission_state(database.engine, "a", "case") == result
    assert submission_state(database.engine, "b", "case") is None
    mark_imported(database.engine, second[0], result)
    assert waiting_submissions(database.engine) == []
