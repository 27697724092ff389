"""Models shared between counties: trees as data, files that were changed, merging."""

from __future__ import annotations

import datetime as dt
import json

import lightgbm as lgb
import numpy as np
import pytest
from pydantic import ValidationError

from features.matrix import Matrix
from models.arrears import ArrearsModel
from models.calibration import Calibration
from models.shared_models import (
    SharedModels,
    SharedModelsOfOtherFeatures,
    SharedModelsOfOtherKind,
    SharedModelsUnreadable,
    SharedPart,
    merge,
    read_shared_models,
)
from models.shared_trees import SharedTree, booster_text, read_booster
from models.storage import load, save

COLUMNS = ("a", "b", "c")
STUMP = {
    "split_feature": (0,), "split_gain": (1.0,), "threshold": (0.5,), "decision_type": (10,),
    "left_child": (-1,), "right_child": (-2,), "internal_count": (9,),
    "leaf_value": (-3.0, -1.0), "leaf_count": (6, 3),
}  # fmt: skip
"""At most 0.5 of the first feature: log-odds -3, above -1; two thirds of the rows are below."""


def part(origin=1, trees=None, **changes):
    facts = {
        "origin": f"{origin:032x}", "office": f"county {origin}", "by": "a",
        "exported_at": dt.date(2025, 7, 2), "trained_at": dt.date(2025, 7, 1), "kind": "project",
        "events": 40, "positives": 90, "rows": 2000, "definitions": {"stage": "0" * 64},
        "columns": COLUMNS, "boosters": (trees or (SharedTree(**STUMP),),),
    }  # fmt: skip
    return SharedPart(**{**facts, **changes})


@pytest.fixture(scope="module")
def fitted():
    random = np.random.default_rng(0)
    values = random.normal(size=(500, 3))
    values[random.random(values.shape) < 0.2] = np.nan
    happened = (np.nan_to_num(values[:, 0], nan=1.5) > 0.5).astype(float)
    data = lgb.Dataset(values, happened, feature_name=list(COLUMNS))
    asked = {"objective": "cross_entropy", "num_leaves": 6, "verbosity": -1, "num_threads": 1}
    return lgb.train(asked, data, num_boost_round=20), values


def test_a_booster_read_as_data_and_written_anew_scores_and_explains_the_same(fitted):
    booster, values = fitted
    again = lgb.Booster(model_str=booster_text(read_booster(booster.model_to_string()), COLUMNS))
    assert np.abs(again.predict(values) - booster.predict(values)).max() < 1e-12
    ours, theirs = (one.predict(values, pred_contrib=True) for one in (again, booster))
    assert np.abs(ours - theirs).max() < 1e-12


def test_the_file_holds_no_smallest_or_largest_value_of_the_rows(fitted):
    booster, values = fitted
    body = SharedModels(parts=(part(trees=read_booster(booster.model_to_string())),)).to_text()
    for extreme in (np.nanmin(values[:, 0]), np.nanmax(values[:, 0])):
        assert repr(float(extreme))[:10] in booster.model_to_string()
        assert repr(float(extreme))[:10] not in body


@pytest.mark.parametrize(
    "changes",
    [
        {"split_feature": (3,)},
        {"left_child": (-2,)},
        {"right_child": (0,)},
        {"left_child": (40,)},
        {"threshold": ()},
        {"leaf_value": (-3.0, float("nan"))},
        {"leaf_value": (-3.0, 99.0)},
        {"decision_type": (1,)},
        {"leaf_count": (6,)},
    ],
)
def test_trees_that_lightgbm_must_not_read_are_refused(changes):
    with pytest.raises((ValidationError, ValueError)):
        part(trees=(SharedTree(**{**STUMP, **changes}),))


def test_a_changed_missing_or_foreign_file_is_refused_with_a_reason(tmp_path):
    path = tmp_path / "a.json"
    body = SharedModels(parts=(part(),)).to_text()
    for content in (body.replace("county 1", "county 2"), "{}", "[", body[:200]):
        path.write_text(content)
        with pytest.raises(SharedModelsUnreadable) as caught:
            read_shared_models(path)
        assert caught.value.fields["reason"]
        assert str(path) in caught.value.message("zh")
    with pytest.raises(SharedModelsUnreadable):
        read_shared_models(tmp_path / "none.json")
    path.write_text(body)
    assert read_shared_models(path).parts == (part(),)


def test_merging_takes_the_newest_part_of_each_county_and_refuses_unlike_features():
    older, newer = part(1, events=30), part(1, trained_at=dt.date(2025, 8, 1))
    merged = merge([SharedModels(parts=(newer,)), SharedModels(parts=(part(2), older))])
    assert merged.parts == (newer, part(2))
    assert merged.without(part(2).origin) == (newer,)
    with pytest.raises(SharedModelsOfOtherFeatures) as caught:
        merge([SharedModels(parts=(part(1), part(2, definitions={"stage": "1" * 64})))])
    assert caught.value.fields == {"office": "county 2", "families": "stage"}
    with pytest.raises(SharedModelsOfOtherKind):
        merge([SharedModels(parts=(part(1), part(2, kind="employer")))])


def test_boosters_are_averaged_by_weight_in_scores_contributions_and_files(tmp_path):
    low = part().texts()[0]
    high = booster_text([SharedTree(**{**STUMP, "leaf_value": (1.0, 3.0)})], COLUMNS)
    model = ArrearsModel(COLUMNS, (low, high), Calibration(), weights=(3.0, 1.0))
    as_ofs = np.array(["2025-01-01"] * 2, dtype="datetime64[D]")
    matrix = Matrix(as_ofs, ("P1", "P2"), COLUMNS, np.array([[0.0, 0, 0], [1.0, 0, 0]]))
    assert model.raw(matrix).tolist() == [-2.0, 0.0]  # (3 * -3 + 1) / 4 and (3 * -1 + 3) / 4
    parts = model.contributions(matrix)
    assert parts[:, -1] == pytest.approx([-4 / 3, -4 / 3])  # two thirds of the rows at -2
    assert parts.sum(axis=1) == pytest.approx([-2.0, 0.0])
    save(model, tmp_path, {"trained_at": "2025-07-01"})
    assert load(tmp_path)[0] == model
    assert json.loads((tmp_path / "model.json").read_text())["weights"] == [3.0, 1.0]
