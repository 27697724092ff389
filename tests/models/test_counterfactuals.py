"""What would lower it: duties met, one at a time, by the model that scored."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from features.feature_sets import FEATURE_SETS
from features.matrix import compute, matrix_table, to_matrix
from models.cohort_scores import score_cohort
from models.counterfactuals import ALL, LEAST, LEVERS, lever_effects
from risk.locale import LANGUAGES, catalogue
from risk.store.store import RecordStore

AS_OF = dt.date(2025, 9, 1)


@pytest.fixture(scope="module")
def matrix(county):
    with RecordStore(county.records, read_only=True) as store:
        engine = compute(store, [AS_OF])
        try:
            return to_matrix(matrix_table(engine))
        finally:
            engine.close()


def test_every_lever_moves_known_features_and_has_words():
    names = {feature.name for feature in FEATURE_SETS["project"].features}
    for lever in LEVERS:
        assert set(lever.met) <= names
        assert all(f"pages.levers.{lever.code}" in catalogue(one) for one in LANGUAGES)


def test_an_effect_is_the_score_of_the_changed_row(matrix, county_trained):
    model = county_trained.model
    effects = lever_effects(model, matrix)
    now = model.calibration.probability(model.raw(matrix))
    row = max(range(len(effects)), key=lambda i: len(effects[i]))
    assert len(effects[row]) > 2
    for effect in effects[row]:
        values = matrix.values.copy()
        met = {n: v for lever in LEVERS for n, v in lever.met.items()}
        if effect.code != ALL:
            met = next(lever.met for lever in LEVERS if lever.code == effect.code)
        for name, value in met.items():
            column = matrix.columns.index(name)
            if not np.isnan(values[row, column]):
                values[row, column] = value
        changed = type(matrix)(matrix.as_ofs, matrix.project_ids, matrix.columns, values)
        then = model.calibration.probability(model.raw(changed))
        assert effect.probability == pytest.approx(then[row])
        assert now[row] - effect.probability >= LEAST
    assert effects[row][-1].code == ALL


def test_what_is_unknown_stays_unknown(matrix, county_trained):
    unknown = type(matrix)(
        matrix.as_ofs, matrix.project_ids, matrix.columns, np.full_like(matrix.values, np.nan)
    )
    assert set(lever_effects(county_trained.model, unknown)) == {()}


def test_levers_are_worked_out_only_where_asked_for(county, county_trained):
    with RecordStore(county.records, read_only=True) as store:
        plain = score_cohort(store, county_trained.model, AS_OF)
        asked = score_cohort(store, county_trained.model, AS_OF, with_levers=True)
    assert not any(project.levers for project in plain.projects)
    assert any(project.levers for project in asked.projects)
