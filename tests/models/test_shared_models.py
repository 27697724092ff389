"""Models shared between counties: trees as data, files that were changed, merging."""

from __future__ import annotations

import datetime as dt
import json
import os

import lightgbm as lgb
import numpy as np
import pytest
from pydantic import ValidationError

from features.matrix import Matrix
from models import shared_models
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


def chain(leaves):
    """A tree of which every node has a leaf to the left and the next node to the right."""
    nodes = leaves - 1
    return {
        "split_feature": (0,) * nodes, "split_gain": (1.0,) * nodes, "threshold": (0.5,) * nodes,
        "decision_type": (10,) * nodes, "left_child": tuple(range(-1, -nodes - 1, -1)),
        "right_child": (*range(1, nodes), -leaves)[:nodes], "internal_count": (9,) * nodes,
        "leaf_value": (1.0,) * leaves, "leaf_count": (1,) * leaves,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("most", "more"),
    [
        ({"leaf_value": (30.0, -30.0)}, {"leaf_value": (30.1, -30.0)}),
        ({"decision_type": (14,)}, {"decision_type": (16,)}),
        ({"decision_type": (0,)}, {"decision_type": (3,)}),
        ({"decision_type": (0,)}, {"decision_type": (-2,)}),
        ({"split_feature": (0,)}, {"split_feature": (-1,)}),
        ({"internal_count": (2**31 - 1,)}, {"internal_count": (2**31,)}),
        ({"internal_count": (1,)}, {"internal_count": (0,)}),
        ({"leaf_count": (1, 1)}, {"leaf_count": (0, 1)}),
        ({**chain(1), "leaf_count": (0,)}, {**chain(1), "leaf_count": (-1,)}),
        ({"leaf_count": (1, 1)}, {"leaf_count": (1, 1, 1)}),
        (chain(64), chain(65)),
        (chain(2), {**chain(2), "left_child": (-2,), "right_child": (-2,)}),
        (chain(3), {**chain(3), "right_child": (0, -3)}),
        (chain(4), {**chain(4), "left_child": (-1, 1, -3), "right_child": (2, -2, -4)}),
        (chain(1), {**chain(1), "leaf_value": (), "leaf_count": ()}),
    ],
)
def test_trees_at_their_bounds(most, more):
    assert SharedTree(**{**STUMP, **most}).leaf_value
    with pytest.raises(ValidationError):
        SharedTree(**{**STUMP, **more})


def of_columns(count):
    return {"columns": tuple(f"f{number}" for number in range(count))}


@pytest.mark.parametrize(
    ("most", "more"),
    [
        ({"office": "o" * 200}, {"office": "o" * 201}),
        ({"by": "o" * 200}, {"by": "o" * 201}),
        ({"events": 1, "positives": 1, "rows": 1}, {"events": 0}),
        ({}, {"positives": 0}),
        ({}, {"rows": 0}),
        (of_columns(2000), of_columns(2001)),
        (of_columns(1), {"columns": ()}),
        ({"boosters": ((SharedTree(**STUMP),),) * 8}, {"boosters": ((SharedTree(**STUMP),),) * 9}),
        ({}, {"boosters": ()}),
        ({}, {"boosters": ((),)}),
        (
            {"boosters": ((SharedTree(**STUMP),) * 1000,)},
            {"boosters": ((SharedTree(**STUMP),) * 1001,)},
        ),
        ({}, {"unheard_of": 1}),
    ],
)
def test_parts_at_their_bounds(most, more):
    assert part(**most).events
    with pytest.raises(ValidationError):
        part(**more)


def test_as_many_as_five_hundred_counties_share_a_file():
    one = part()
    assert SharedModels(parts=(one,) * 500).parts
    for parts in ((one,) * 501, ()):
        with pytest.raises(ValidationError):
            SharedModels(parts=parts)


def test_text_of_a_booster():
    lines = booster_text([SharedTree(**STUMP)] * 2, COLUMNS).splitlines()
    assert lines[:9] == [
        *("tree", "version=v4", "num_class=1", "num_tree_per_iteration=1", "label_index=0"),
        *("max_feature_idx=2", "objective=cross_entropy", "feature_names=a b c"),
        "feature_infos=none none none",
    ]
    assert [line for line in lines if line.startswith("Tree=")] == ["Tree=0", "Tree=1"]
    assert lines[10:28] == [
        *("Tree=0", "num_leaves=2", "num_cat=0", "split_feature=0", "split_gain=1.0"),
        *("threshold=0.5", "decision_type=10", "left_child=-1", "right_child=-2"),
        *("internal_count=9", "leaf_value=-3.0 -1.0", "leaf_count=6 3", "leaf_weight=0 0"),
        *("internal_value=0", "internal_weight=0", "is_linear=0", "shrinkage=1", ""),
    ]
    booster = read_booster("\n".join(lines).replace("threshold=0.5", "threshold=inf"))
    assert [tree.threshold for tree in booster] == [(np.finfo(float).max,)] * 2
    with pytest.raises(ValueError, match="split_feature"):
        booster_text([SharedTree(**{**STUMP, "split_feature": (3,)})], COLUMNS)


def test_a_file_of_two_hundred_million_bytes_is_not_read(tmp_path):
    path = tmp_path / "a.json"
    path.touch()
    os.truncate(path, 200_000_001)
    with pytest.raises(SharedModelsUnreadable) as caught:
        read_shared_models(path)
    assert caught.value.fields["reason"] == "> 200,000,000 bytes"


def test_a_file_as_long_as_allowed_is_read(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    body = SharedModels(parts=(part(),)).to_text()
    path.write_text(body)
    monkeypatch.setattr(shared_models, "MAX_BYTES", len(body))
    assert read_shared_models(path).parts == (part(),)
    monkeypatch.setattr(shared_models, "MAX_BYTES", len(body) - 1)
    with pytest.raises(SharedModelsUnreadable):
        read_shared_models(path)


def test_the_first_wrong_field_of_a_file_is_named(tmp_path):
    path = tmp_path / "a.json"
    body = SharedModels(parts=(part(),)).to_text()
    path.write_text(
        body.replace('"events":40', '"events":"many"').replace('"rows":2000', '"rows":0')
    )
    with pytest.raises(SharedModelsUnreadable) as caught:
        read_shared_models(path)
    assert caught.value.fields["reason"].startswith("shared.parts.0.events: ")


def test_of_one_day_of_training_the_part_exported_last_is_taken():
    first, last = part(), part(exported_at=dt.date(2025, 7, 3), events=41)
    for files in ([first, last], [last, first]):
        assert merge([SharedModels(parts=(one,)) for one in files]).parts == (last,)
    same = part(events=42)
    assert merge([SharedModels(parts=(first, same))]).parts == (first,)
    assert merge([SharedModels(parts=(part(2), first))]).parts == (first, part(2))


def test_families_defined_otherwise_are_named_in_order():
    more = {"stage": "1" * 64, "age": "1" * 64, "size": "2" * 64}
    less = {"stage": "0" * 64, "size": "2" * 64}
    with pytest.raises(SharedModelsOfOtherFeatures) as caught:
        merge([SharedModels(parts=(part(1, definitions=less), part(2, definitions=more)))])
    assert caught.value.fields["families"] == "age, stage"
    with pytest.raises(SharedModelsOfOtherFeatures):
        merge([SharedModels(parts=(part(1), part(2, columns=("a", "c", "b"))))])
