"""Every line of the scorecard at its threshold and just short of it.

The table is written out, not read from the catalogue: a threshold or a point that changes there by
mistake changes every list of a county with few events.
"""

from __future__ import annotations

import numpy as np
import pytest

from features.feature_sets import FEATURE_SETS
from features.matrix import Matrix
from models.scorecard import LINES, Scorecard

TABLE = (
    # kind, feature, at least or at most, threshold, points
    ("project", "contract_depth", "least", 4.0, 1),
    ("project", "person_share", "least", 0.5, 1),
    ("project", "oral_share", "least", 0.5, 1),
    ("project", "unpaid_share_3m", "least", 0.1, 2),
    ("project", "unpaid_share_3m", "least", 0.33, 2),
    ("project", "oldest_unpaid_days", "least", 61.0, 2),
    ("project", "cash_share_3m", "least", 0.5, 1),
    ("project", "foreman_share_3m", "least", 0.1, 1),
    ("project", "months_not_full_6m", "least", 3.0, 1),
    ("project", "unpaid_state_months", "least", 0.25, 1),
    ("project", "unpaid_state_months", "least", 1.0, 1),
    ("project", "transfer_short_share_3m", "least", 0.33, 1),
    ("project", "transfer_oldest_days", "least", 31.0, 1),
    ("project", "account_open", "most", 0.0, 1),
    ("project", "deposit_valid", "most", 0.0, 1),
    ("project", "contract_signed_share", "most", 0.5, 1),
    ("project", "present_unpaid_share", "least", 0.1, 2),
    ("project", "complaints_90d", "least", 1.0, 2),
    ("project", "complaints_365d", "least", 2.0, 1),
    ("project", "events_365d", "least", 1.0, 2),
    ("project", "contractor_events_365d", "least", 2.0, 1),
    ("project", "findings_last", "least", 2.0, 1),
    ("project", "contractor_unpaid_share", "least", 0.1, 1),
    ("project", "listed", "least", 1.0, 2),
    ("project", "dispute_open_days", "least", 31.0, 1),
    ("project", "contractor_overdue_loans", "least", 1.0, 1),
    ("project", "contractor_tax_ratio", "most", 0.5, 1),
    ("project", "before_festival_share", "least", 0.1, 1),
    ("project", "before_festival_share", "least", 0.25, 2),
    ("project", "advance_funded", "least", 1.0, 1),
    ("project", "settled_at_completion", "least", 1.0, 1),
    ("project", "payroll_months_missing_6m", "least", 2.0, 1),
    ("employer", "contractor_overdue_loans", "least", 1.0, 2),
    ("employer", "contractor_tax_ratio", "most", 0.5, 1),
    ("employer", "contractor_insured_ratio", "most", 0.8, 1),
    ("employer", "contractor_silent_months", "least", 3.0, 1),
    ("employer", "electricity_ratio", "most", 0.8, 1),
    ("employer", "water_ratio", "most", 0.7, 1),
    ("employer", "electricity_last_ratio", "most", 0.6, 1),
    ("employer", "insured_last_ratio", "most", 0.7, 1),
    ("employer", "overdue_months", "least", 3.0, 1),
    ("employer", "falling_indicators", "least", 3.0, 2),
    ("employer", "complaints_90d", "least", 1.0, 2),
    ("employer", "complaints_365d", "least", 2.0, 1),
    ("employer", "events_365d", "least", 1.0, 2),
    ("employer", "rectification_overdue", "least", 1.0, 1),
    ("employer", "cases_open", "least", 1.0, 2),
    ("employer", "listed", "least", 1.0, 2),
    ("employer", "before_festival_share", "least", 0.1, 1),
    ("employer", "before_festival_share", "least", 0.25, 2),
)


def points(kind, feature, value):
    """The points of a unit of which only this is known."""
    columns = tuple(one.name for one in FEATURE_SETS[kind].features)
    values = np.full((1, len(columns)), np.nan)
    values[0, columns.index(feature)] = value
    day = np.array(["2025-01-01"], dtype="datetime64[D]")
    return Scorecard(unit=kind).points(Matrix(day, ("U",), columns, values, kind)).sum()


def by_hand(kind, feature, value):
    """The points that the table gives for a value."""
    return sum(
        given
        for of, name, side, bound, given in TABLE
        if (of, name) == (kind, feature) and (value >= bound if side == "least" else value <= bound)
    )


def test_table_has_every_line():
    assert len(TABLE) == sum(map(len, LINES.values()))


@pytest.mark.parametrize(("kind", "feature", "side", "bound", "given"), TABLE)
def test_line_gives_its_points_from_its_threshold_on(kind, feature, side, bound, given):
    inward, outward = (np.inf, -np.inf) if side == "least" else (-np.inf, np.inf)
    beyond, short = np.nextafter(bound, inward), np.nextafter(bound, outward)
    assert points(kind, feature, bound) == by_hand(kind, feature, bound)
    assert points(kind, feature, beyond) == by_hand(kind, feature, beyond)
    assert points(kind, feature, short) == by_hand(kind, feature, short)
    assert points(kind, feature, bound) - points(kind, feature, short) == given
    assert points(kind, feature, np.nan) == 0
