"""A planted leak is caught; the real families have none."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest

from features.catalogue import Family, Feature, Step
from features.families import PROJECT_FAMILIES
from risk.store.store import RecordStore
from training.dataset.labels import event_log, happened
from training.promotion.leakage import FeaturesLeak, features_moved, require_no_leak, too_good

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
DAYS = [dt.date(2024, 1, 1), dt.date(2024, 7, 1), dt.date(2025, 1, 1)]


@pytest.fixture
def records(county):
    with RecordStore(county.records, read_only=True) as store:
        yield store


def test_a_column_that_knows_the_future_is_refused_by_name(records):
    with pytest.raises(FeaturesLeak) as failure:
        require_no_leak(records, DAYS, (*PROJECT_FAMILIES, PLANTED))
    assert "cases_ever" in failure.value.fields["features"]
    assert "unpaid_share_3m" not in failure.value.fields["features"]


def test_the_real_families_do_not_leak(records):
    require_no_leak(records, DAYS)


def test_an_engine_told_less_sees_the_versions_of_then(world):
    world.project(contract_amount=100)
    world.project(contract_amount=900, known_at="2024-08-01")
    assert features_moved(world.store, dt.date(2024, 7, 1)) == []


def test_a_feature_that_repeats_the_label_is_too_good(county_trained, records):
    matrix = county_trained.later.matrix
    target = happened(event_log(records, dt.date(2025, 7, 1)), matrix)
    assert too_good(matrix, target) == []
    values = matrix.values.copy()
    values[:, 3] = target
    found = too_good(dataclasses.replace(matrix, values=values), target)
    assert [(one.feature, one.roc_auc) for one in found] == [(matrix.columns[3], 1.0)]


def test_with_few_events_nothing_is_said_to_be_too_good(county_trained):
    matrix = county_trained.later.matrix
    target = np.zeros(len(matrix.project_ids))
    target[:9] = 1
    assert too_good(dataclasses.replace(matrix, values=matrix.values * 0 + 1), target) == []
