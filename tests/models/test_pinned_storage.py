"""Files of a model by hand: the text, the digest over it, and what the digest leaves out."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest

from models.arrears import ArrearsModel
from models.calibration import Calibration
from models.logistic import LogisticModel
from models.storage import ArtifactMissing, ModelDamaged, digest, load, read_artifact, save

MODEL = LogisticModel(("a",), ((0.0, 1.0),), (2.0,), (0.5,), 0.25, Calibration(1.5, -0.5))
BODY = """\
{
 "about": {
  "at": "2025-07-01",
  "name": "甲"
 },
 "boosters": 0,
 "calibration": {
  "intercept": -0.5,
  "slope": 1.5
 },
 "columns": [
  "a"
 ],
 "kind": "logistic",
 "logistic": {
  "edges": [
   [
    0.0,
    1.0
   ]
  ],
  "intercept": 0.25,
  "typical": [
   0.5
  ],
  "weights": [
   2.0
  ]
 },
 "typical_points": []
}
"""
"""As people read it, in the order of names, so that the same model has the same digest."""


def sha(*parts):
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def test_a_model_is_one_text_and_its_artifacts(tmp_path):
    folder = tmp_path / "new" / "model"
    about = {"name": "甲", "at": dt.date(2025, 7, 1)}
    for _ in range(2):  # again in the same place
        found = save(MODEL, folder, about, {"b.txt": "乙", "a.txt": "1"})
    assert (folder / "model.json").read_text("utf-8") == BODY
    assert found == sha("model.json\0", BODY, "\0a.txt\0", "1\0b.txt\0", "乙\0")
    assert read_artifact(folder, "b.txt", found) == "乙"
    with pytest.raises(ArtifactMissing):
        read_artifact(folder, "c.txt", found)
    (folder / "notes.txt").write_text("of somebody")
    assert load(folder, found) == (MODEL, {"name": "甲", "at": "2025-07-01"})
    assert load(folder)[0] == MODEL
    (folder / "booster_0.txt").write_text("tree")
    for read in (lambda: load(folder, found), lambda: read_artifact(folder, "b.txt", found)):
        with pytest.raises(ModelDamaged):
            read()


def test_boosters_are_files_of_their_own_or_as_they_were_before(tmp_path):
    """The text of a booster is LightGBM's; it is read only when something is scored."""
    model = ArrearsModel(("a",), ("tree 0", "tree 1"), Calibration(), weights=(3.0, 1.0))
    for _ in range(2):
        save(model, tmp_path, {})
    former = sorted(tmp_path.rglob("model.txt"))
    assert [one.parent.name for one in former] == ["0", "1"]
    assert load(tmp_path)[0] == model
    for number, one in enumerate(former):
        one.rename(tmp_path / f"booster_{number}.txt")
    assert load(tmp_path)[0] == model


def test_the_digest_of_a_model_of_mlflow_is_over_all_files_but_those_others_write(tmp_path):
    (tmp_path / "MLmodel").write_text("甲")
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "loader.py").write_text("pass")
    expected = sha("MLmodel\0", "3\0", "甲", "code/loader.py\0", "4\0", "pass")
    assert digest(tmp_path) == expected
    (tmp_path / "registered_model_meta").write_text("by MLflow")
    (tmp_path / "code" / "__pycache__").mkdir()
    (tmp_path / "code" / "__pycache__" / "loader.pyc").write_text("by Python")
    assert digest(tmp_path) == expected
    (tmp_path / "code" / "more.py").write_text("")
    assert digest(tmp_path) != expected
