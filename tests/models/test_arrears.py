"""The model: exact explanations, monotone by the catalogue, refuses what it does not know."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest

from features.feature_sets import FEATURE_SETS
from features.matrix import feature_matrix
from models.arrears import ArrearsModel
from models.base import FeaturesMissing
from models.scorecard import Scorecard
from models.storage import ModelDamaged, digest, load, save
from risk.store.store import RecordStore

AS_OFS = [dt.date(2025, 7, 1), dt.date(2025, 9, 1)]


@pytest.fixture(scope="module")
def matrix(county):
    with RecordStore(county.records, read_only=True) as store:
        return feature_matrix(store, AS_OFS)


def test_there_are_enough_events_for_a_model(county_trained):
    assert county_trained.model.kind == "lightgbm"


def test_contributions_and_base_add_up_to_the_raw_score(county_trained, matrix):
    for model in (county_trained.model, Scorecard()):
        gap = model.contributions(matrix).sum(axis=1) - model.raw(matrix)
        assert np.abs(gap).max() < 1e-6


# shap draws with matplotlib where that is installed, in a way matplotlib advises against.
@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_contributions_equal_those_of_shap(county_trained, matrix):
    import lightgbm
    import shap

    model = county_trained.model
    few = matrix.where(np.arange(len(matrix.project_ids)) < 20)
    parts = [
        shap.TreeExplainer(lightgbm.Booster(model_str=text)).shap_values(few.values)
        for text in model.boosters
    ]
    assert np.allclose(np.mean(parts, axis=0), model.contributions(few)[:, :-1], atol=1e-9)


@pytest.mark.parametrize(
    "feature",
    [f for f in FEATURE_SETS["project"].features if f.direction != 0],
    ids=lambda f: f.name,
)
def test_a_feature_with_a_direction_is_monotone(county_trained, matrix, feature):
    column = matrix.columns.index(feature.name)
    known = matrix.values[:, column][~np.isnan(matrix.values[:, column])]
    if not len(known):
        return
    base = matrix.where(np.arange(len(matrix.project_ids)) < 10)
    scores = []
    for level in np.quantile(known, [0, 0.25, 0.5, 0.75, 1]):
        values = base.values.copy()
        values[:, column] = level
        scores.append(county_trained.model.raw(dataclasses.replace(base, values=values)))
    assert (np.diff(np.array(scores), axis=0) * feature.direction >= -1e-12).all()


def test_a_missing_feature_is_refused_not_guessed(county_trained, matrix):
    fewer = dataclasses.replace(matrix, columns=matrix.columns[1:], values=matrix.values[:, 1:])
    with pytest.raises(FeaturesMissing) as failure:
        county_trained.model.raw(fewer)
    assert failure.value.fields["missing"] == matrix.columns[0]


def test_saved_and_loaded_it_scores_the_same_to_the_bit(county_trained, matrix, tmp_path):
    saved = save(county_trained.model, tmp_path / "m", {"trained_at": "2025-07-01"})
    model, about = load(tmp_path / "m", saved)
    assert isinstance(model, ArrearsModel)
    assert about == {"trained_at": "2025-07-01"}
    assert (model.raw(matrix) == county_trained.model.raw(matrix)).all()
    assert digest(tmp_path / "m") == saved


def test_changed_files_are_refused(county_trained, tmp_path):
    saved = save(county_trained.model, tmp_path / "m", {})
    description = tmp_path / "m" / "model.json"
    description.write_text(description.read_text().replace("slope", "slopes"))
    with pytest.raises(ModelDamaged):
        load(tmp_path / "m", saved)
    with pytest.raises(ModelDamaged):
        load(tmp_path / "nowhere")


def test_unknown_features_give_no_points(matrix):
    blank = dataclasses.replace(matrix, values=np.full_like(matrix.values, np.nan))
    assert (Scorecard().points(blank) == 0).all()
