"""Leakage checks find a planted leak, and none in the real families."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest

from features.catalogue import Family, Feature, Step
from features.families import payments, stage, subcontracting
from features.matrix import feature_matrix
from risk.store.store import RecordStore
from training.dataset.labels import event_log, horizon_labels
from training.promotion.leakage import (
    FeaturesLeak,
    features_changed,
    require_no_leak,
    suspicious_features,
)

from ...conftest import MUST_RUN_ALL, thorough

PLANTED = Family(
    name="planted",
    zh="植入",
    en="planted",
    features=(
        Feature(
            name="cases_ever",
            unit="count",
            window="all",
            source=("cases",),
            direction=0,
            zh="案件数（含以后）",
            en="cases, later ones too",
            unknown_zh="无",
            unknown_en="none",
        ),
    ),
    steps=(
        Step(
            "planted",
            """
            SELECT c.as_of, c.project_id, count(k.case_id) AS cases_ever
            FROM cohort c LEFT JOIN cases k ON k.project_id = c.project_id
            GROUP BY c.as_of, c.project_id
            """,
        ),
    ),
)
FEW = None if MUST_RUN_ALL else (stage.FAMILY, payments.FAMILY)
"""Families in the quick tests, None for all; both read the amount of the contract."""
DAYS = [dt.date(2024, 1, 1), dt.date(2024, 7, 1), dt.date(2025, 1, 1)]


@pytest.fixture
def records(county):
    with RecordStore(county.records, read_only=True) as store:
        yield store


def test_require_no_leak_names_a_feature_that_uses_later_records(records):
    with pytest.raises(FeaturesLeak) as failure:
        require_no_leak(records, DAYS[:1], (subcontracting.FAMILY, payments.FAMILY, PLANTED))
    assert "cases_ever" in failure.value.fields["features"]
    assert "unpaid_share_3m" not in failure.value.fields["features"]


@thorough  # each training of the quick tests requires it of a smaller county
def test_require_no_leak_passes_the_real_families(records):
    require_no_leak(records, DAYS)


def test_require_no_leak_compares_the_features_it_is_given(world):
    world.project()
    day = dt.date(2024, 7, 1)
    matrix = feature_matrix(world.store, [day], families=FEW)
    require_no_leak(world.store, [day], FEW, matrix)
    values = matrix.values.copy()
    values[0, 2] = 12_345
    with pytest.raises(FeaturesLeak, match=matrix.columns[2]):
        require_no_leak(world.store, [day], FEW, dataclasses.replace(matrix, values=values))


@pytest.mark.parametrize(
    ("started", "case_known", "changed_on"),
    [
        ("2023-06-01", "2024-01-15", "2024-01-01"),  # at the earliest date alone
        ("2024-02-10", "2024-03-15", "2024-03-01"),  # at the middle one, no project before
        ("2024-01-10", "2024-02-15", None),  # at the second alone
        ("2024-03-10", "2024-04-15", None),  # at the fourth alone
    ],
)
def test_the_earliest_and_the_middle_date_are_compared(world, started, case_known, changed_on):
    """The case of a project is unknown at one date and known at the next."""
    world.project(started_on=started, known_at=started)
    row = {"opened_on": case_known, "known_at": case_known, "status": "filed"}
    world.add("cases", case_id="C", project_id="P1", **row)
    days = [dt.date(2024, month, 1) for month in (5, 3, 1, 2, 4)]
    if changed_on is None:
        require_no_leak(world.store, days, (PLANTED,))
    else:
        with pytest.raises(FeaturesLeak) as failure:
            require_no_leak(world.store, days, (PLANTED,))
        assert failure.value.fields["features"] == f"cases_ever ({changed_on})"


def test_features_changed_ignores_later_versions(world):
    world.project(contract_amount=100)
    world.project(contract_amount=900, known_at="2024-08-01")
    assert features_changed(world.store, dt.date(2024, 7, 1), FEW) == []


def test_suspicious_features_finds_a_copy_of_the_label(county_trained, records):
    matrix = county_trained.holdout.matrix
    target = horizon_labels(event_log(records, dt.date(2025, 7, 1)), matrix)
    assert suspicious_features(matrix, target) == []
    values = matrix.values.copy()
    values[:, 3] = target
    found = suspicious_features(dataclasses.replace(matrix, values=values), target)
    assert [(one.feature, one.roc_auc) for one in found] == [(matrix.columns[3], 1.0)]


def test_suspicious_features_needs_ten_events(county_trained):
    matrix = county_trained.holdout.matrix
    target = np.zeros(len(matrix.project_ids))
    target[:9] = 1
    assert (
        suspicious_features(dataclasses.replace(matrix, values=matrix.values * 0 + 1), target) == []
    )
