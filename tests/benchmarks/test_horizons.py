"""Rows of the hazard model: one a third of the horizon while no event has come before."""

from __future__ import annotations

import datetime as dt

import numpy as np

from benchmarks.horizons import horizon_rows, part_rows, with_variation
from features.matrix import Matrix
from training.dataset.labels import EventLog

DATES = np.array(["2025-01-01", "2025-02-01", "2025-03-01"], dtype="datetime64[D]")
PAST = Matrix(
    DATES, ("A",) * 3, ("days_to_festival",), np.array([[28.0], [380.0], [352.0]]), "project"
)
# Known until 2025-05-01: 30 days end by then for all dates, 60 for all (03-01 + 60 is 04-30),
# 90 for 01-01 only (02-01 + 90 is 05-02). The event is 36, 5 and -23 days after the three dates.
LOG = EventLog(dt.date(2025, 5, 1), {"A": np.array(["2025-02-06"], dtype="datetime64[D]")}, 0)


def test_first_third_has_all_dates_and_the_event_of_five_days():
    rows = part_rows(PAST, LOG, 0)
    assert rows.labels.tolist() == [0, 1, 0]
    assert rows.values.tolist() == [[28, 0, 28], [380, 0, 380], [352, 0, 352]]


def test_second_third_leaves_out_the_date_whose_event_came_before():
    rows = part_rows(PAST, LOG, 1)
    assert rows.as_ofs.tolist() == [dt.date(2025, 1, 1), dt.date(2025, 3, 1)]
    assert rows.labels.tolist() == [1, 0]
    assert rows.values[:, 1:].tolist() == [[1, -2], [1, 322]]


def test_last_third_needs_ninety_days_and_no_earlier_event():
    assert len(part_rows(PAST, LOG, 2).labels) == 0
    assert horizon_rows(PAST, LOG, 90).labels.tolist() == [1]


def test_columns_of_feeds_that_a_panel_lacks_are_left_out():
    """A zero in every row and an unknown in every row say nothing; unknown in one row does."""
    unknown = np.nan
    values = np.array([[28.0, 0, unknown, 1], [380.0, 0, unknown, 1], [352.0, 0, unknown, unknown]])
    columns = ("days_to_festival", "visits_12m", "unpaid_share_12m", "complaints_90d")
    left = with_variation(Matrix(DATES, ("A",) * 3, columns, values, "project"))
    assert left.columns == ("days_to_festival", "complaints_90d")
    assert left.values[:, 0].tolist() == [28, 380, 352]
