"""What MLflow loads, by hand: scores from the files of a model, and how the files describe it."""

from __future__ import annotations

import importlib.metadata
import json
import math
import platform

import numpy as np
import pandas as pd
import pytest

from models.arrears import ArrearsModel
from models.calibration import Calibration
from models.logistic import LogisticModel
from models.mlflow_flavor import describe, scorecard_lines
from models.pyfunc_loader import PyfuncModel
from models.scorecard import LINES
from models.scores_manifest import ScoresManifest, definitions_digest, parse_manifest
from models.shared_trees import SharedTree, booster_text
from models.storage import save

LINES_OF_CARD = [
    {"feature": "a", "points": 2, "at_least": 3.0, "at_most": None},
    {"feature": "a", "points": 1, "at_least": 5.0, "at_most": None},
    {"feature": "b", "points": 1, "at_least": None, "at_most": 0.0},
]
CARD = {
    **{"columns": ["a", "b"], "log_odds_per_point": 0.5, "lines": LINES_OF_CARD},
    "typical_points": [0.5, 0.25],
}


def loaded(folder, **description):
    calibration = {"slope": 2.0, "intercept": 0.5}
    body = {"boosters": 0, "calibration": calibration, **description}
    (folder / "model.json").write_text(json.dumps(body), encoding="utf-8")
    return PyfuncModel(folder)


def frame(**columns):
    return pd.DataFrame(columns, index=[f"row {at}" for at in range(len(columns["a"]))])


def contributions(model, rows):
    found = model.predict(rows, {"contributions": True})
    assert list(found.columns) == [*model.columns, "base"]
    assert list(found.index) == list(rows.index)
    return found.to_numpy()


def test_points_of_a_card_at_the_edges_of_its_lines(tmp_path):
    """0 and 1 point, 2 and 0, 3 and 1, none where nothing is known; half a log-odd each."""
    model = loaded(tmp_path, kind="scorecard", **CARD)
    rows = frame(b=[0.0, 0.1, 0.0, math.nan], a=[2.9, 3.0, 5.0, math.nan])
    raw = np.array([0.5, 1.0, 2.0, 0.0])
    assert model.predict(rows) == pytest.approx(1 / (1 + np.exp(-(2 * raw + 0.5))))
    assert model.predict(rows, {"contributions": False}).shape == (4,)
    expected = [[-0.25, 0.375], [0.75, -0.125], [1.25, 0.375], [-0.25, -0.125]]
    assert contributions(model, rows) == pytest.approx(
        np.column_stack([np.array(expected), np.full(4, 0.375)])
    )
    model = loaded(tmp_path, kind="scorecard", **CARD | {"typical_points": []})
    assert contributions(model, rows)[1].tolist() == [1, 0, 0]


def test_a_regression_and_the_card_it_starts_from(tmp_path):
    """Ranks of a are 1, 0 (unknown) and -1, those of b all 0: it has one mark."""
    parts = {"edges": [[0.0, 20.0], [5.0]], "weights": [2.0, -4.0], "typical": [0.5, 0.5]}
    model = loaded(
        tmp_path, kind="logistic", columns=["a", "b"], logistic={**parts, "intercept": 0.3}
    )
    rows = frame(a=[20.0, math.nan, 0.0], b=[7.0, 0.0, 0.0])
    expected = np.array([[1.0, 2.0, -0.7], [-1.0, 2.0, -0.7], [-3.0, 2.0, -0.7]])
    assert contributions(model, rows) == pytest.approx(expected)
    assert model.predict(rows[:1]) == pytest.approx(1 / (1 + np.exp(-(2 * 2.3 + 0.5))))
    card = CARD | {"columns": ["b"], "lines": LINES_OF_CARD[2:], "typical_points": [0.25]}
    drawn = {**parts, "intercept": 0.3, "scorecard": card}
    model = loaded(tmp_path, kind="logistic", columns=["a", "b"], logistic=drawn)
    expected += np.array([[0, -0.125, 0.125], [0, 0.375, 0.125], [0, 0.375, 0.125]])
    assert contributions(model, rows) == pytest.approx(expected)


def stump(low, high):
    """At most 0.5 of the first column: ``low``, which is two thirds of the rows."""
    return SharedTree(
        **{"split_feature": (0,), "split_gain": (1.0,), "threshold": (0.5,)},
        **{"decision_type": (10,), "left_child": (-1,), "right_child": (-2,)},
        **{"internal_count": (9,), "leaf_value": (low, high), "leaf_count": (6, 3)},
    )


@pytest.mark.parametrize(
    ("weights", "raw", "base"),
    # (3 * -3 + 1) / 4 and (3 * -1 + 3) / 4; means of -7/3 and 5/3
    [((), [-1.0, 1.0], -1 / 3), ((3.0, 1.0), [-2.0, 0.0], -4 / 3)],
)
def test_boosters_are_averaged(tmp_path, weights, raw, base):
    texts = tuple(booster_text([stump(*leaves)], ("a", "b")) for leaves in ((-3, -1), (1, 3)))
    model = ArrearsModel(("a", "b"), texts, Calibration(2.0, 0.5), weights=weights)
    save(model, tmp_path, {}, run_id="r1")
    rows = frame(a=[0.0, 1.0], b=[0.0, 0.0])
    found = PyfuncModel(tmp_path)
    assert found.predict(rows) == pytest.approx(1 / (1 + np.exp(-(2 * np.array(raw) + 0.5))))
    assert contributions(found, rows) == pytest.approx(
        np.array([[one - base, 0, base] for one in raw])
    )


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def test_files_describe_a_model_to_mlflow(tmp_path):
    model = LogisticModel(("a", "乙"), ((0.0,),) * 2, (0.0,) * 2, (0.0,) * 2, 0.0)
    describe(tmp_path, model, "r1", [1.5, math.nan])
    describe(tmp_path, model, "r1", [1.5, math.nan])  # again in the same place
    found = read(tmp_path / "MLmodel")
    uuid = found.pop("model_uuid")
    assert len(uuid) == 32
    version = importlib.metadata.version("mlflow-skinny")
    column = {"type": "double", "required": True}
    assert {name: json.loads(body) for name, body in found.pop("signature").items()} == {
        "inputs": [{**column, "name": "a"}, {**column, "name": "乙"}],
        "outputs": [column],
        "params": [{"name": "contributions", "type": "boolean", "default": False, "shape": None}],
    }
    assert list(found["flavors"]) == ["python_function"]
    assert found["flavors"]["python_function"]["loader_module"] == "wagewatch_loader_v1"
    assert (found["run_id"], found["mlflow_version"]) == ("r1", version)
    sample = {"columns": ["a", "乙"], "data": [[1.5, None]]}
    assert read(tmp_path / "input_example.json") == sample
    assert read(tmp_path / "serving_input_example.json") == {"dataframe_split": sample}
    text = (tmp_path / "input_example.json").read_text("utf-8")
    assert text.startswith('{\n "columns": [\n  "a",\n  "乙"\n ],\n')
    assert text.endswith("}\n")
    lines = (tmp_path / "requirements.txt").read_text("utf-8").splitlines()
    assert lines[0] == f"mlflow=={version}"
    assert lines[-1] == "pandas>=3.0"
    assert read(tmp_path / "conda.yaml")["dependencies"][2] == {"pip": lines}
    assert read(tmp_path / "python_env.yaml")["python"] == platform.python_version()
    describe(tmp_path, model, "r1")
    assert read(tmp_path / "input_example.json")["data"] == [[None, None]]


def test_a_single_booster_is_one_of_lightgbm(tmp_path):
    texts = (booster_text([stump(0.0, 1.0)], ("a",)),) * 2
    for count, names in ((1, ["python_function", "lightgbm"]), (2, ["python_function"])):
        folder = tmp_path / str(count)
        save(ArrearsModel(("a",), texts[:count], Calibration()), folder, {}, run_id="r1")
        assert list(read(folder / "MLmodel")["flavors"]) == names
        for number in range(count):
            flavor = read(folder / "boosters" / str(number) / "MLmodel")["flavors"]["lightgbm"]
            assert flavor["data"] == "model.txt"


def test_lines_are_those_of_the_columns():
    every = scorecard_lines(["listed"], LINES["project"])
    assert [(one["feature"], one["points"]) for one in every] == [("listed", 2)]
    assert scorecard_lines([], LINES["project"]) == []


def test_a_manifest_is_read_as_it_was_written():
    made = ScoresManifest("3", "d", "f", "r", 7, dossiers={"a": "b"})
    text = made.to_json()
    assert text.startswith('{\n  "format": 1,\n  "model": "3",')
    assert parse_manifest(text) == made
    for other in (text.replace('"format": 1', '"format": 2'), "[1]", text.replace("records", "r")):
        with pytest.raises(ValueError, match=r"."):
            parse_manifest(other)
    with pytest.raises(ValueError, match=r"^.{80}$"):
        parse_manifest('"' + "x" * 99 + '"')
    assert definitions_digest({"a": "1", "b": "2"}) == definitions_digest({"b": "2", "a": "1"})
