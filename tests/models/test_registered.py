"""The registry read without MLflow is what MLflow says it is."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from models.lean_lightgbm import import_lightgbm_alone
from models.registered import RegisteredModel, read_registered
from models.registry import Registry
from models.scorecard import Scorecard
from risk.workspace import Workspace

ABOUT = {"trained_at": "2025-07-01"}


def test_reads_what_mlflow_stores(tmp_path):
    registry = Registry(Workspace(tmp_path))
    for stands_in in (None, "a key", None, None):
        registry.register(Scorecard(), ABOUT, parameters={}, metrics={}, stands_in=stands_in)
    registry.promote("3", who="李", why="第一版")
    client = registry._client
    client.delete_model_version(registry.name, "1")
    client.set_registered_model_tag(registry.name, "place", "区'级")

    found = read_registered(tmp_path / "mlflow.sqlite", registry.name)
    assert sorted(found.versions) == [2, 3, 4]
    for entry in client.search_model_versions(f"name='{registry.name}'"):
        ours = found.versions[int(entry.version)]
        assert (ours.run_id, ours.tags) == (entry.run_id, entry.tags)
    theirs = client.get_registered_model(registry.name)
    assert found.tags == theirs.tags
    assert found.tags["place"] == "区'级"
    assert found.aliases == {"champion": 3, "challenger": 4}
    assert found.aliases == {name: int(number) for name, number in theirs.aliases.items()}
    assert registry.stand_in("a key").version == "2"
    assert [one.version for one in registry.versions()] == ["4", "3", "2"]


def test_a_workspace_without_models_is_read_as_empty(tmp_path):
    path = tmp_path / "mlflow.sqlite"
    assert read_registered(path, "arrears") == RegisteredModel()
    assert Registry(Workspace(tmp_path)).versions() == []
    assert not path.exists()
    path.touch()
    assert read_registered(path, "arrears") == RegisteredModel()


_LEAN = """
import sys
from models.lean_lightgbm import import_lightgbm_alone
if sys.argv[1] == "alone":
    import_lightgbm_alone()
import lightgbm, numpy as np
values = np.random.default_rng(1).normal(size=(200, 3))
data = lightgbm.Dataset(values, (values[:, 0] > 0).astype(float))
parameters = {"objective": "binary", "verbosity": -1, "num_threads": 1, "deterministic": True}
model = lightgbm.train(parameters, data, num_boost_round=3)
print("sklearn" in sys.modules, "pandas" in sys.modules, float(model.predict(values).sum()).hex())
import pandas
print(len(pandas.DataFrame({"a": [1]})))
"""


def test_lightgbm_alone_leaves_scikit_learn_out_and_gives_the_same_values():
    said = [
        subprocess.run(
            [sys.executable, "-c", _LEAN, how], capture_output=True, text=True, check=True
        ).stdout.split()
        for how in ("alone", "whole")
    ]
    assert said[0][:2] == ["False", "False"]
    assert said[0][2:] == said[1][2:]
    assert np.isfinite(float.fromhex(said[0][2]))


def test_lightgbm_that_is_imported_already_stays_as_it_is():
    import lightgbm  # noqa: F401

    before = list(sys.meta_path)
    import_lightgbm_alone()
    assert sys.meta_path == before
