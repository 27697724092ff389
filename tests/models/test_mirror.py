"""Models copied to another MLflow, and loaded where Wagewatch is not installed."""

from __future__ import annotations

import subprocess
import time
import urllib.request
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest

from features.matrix import Matrix
from models.arrears import ArrearsModel
from models.calibration import Calibration
from models.mirror import TrackingFailed, push, shown
from models.registry import Registry
from risk.workspace import Workspace

from ..conftest import _free_port, require_program, thorough

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = ("a", "b", "c")

LOAD = """
import importlib.util, sys
import mlflow, numpy, pandas
assert importlib.util.find_spec("risk") is None
mlflow.set_tracking_uri(sys.argv[1])
model = mlflow.pyfunc.load_model("models:/arrears@champion")
frame = pandas.read_parquet(sys.argv[2])
numpy.save(sys.argv[3], model.predict(frame))
numpy.save(sys.argv[4], model.predict(frame, params={"contributions": True}).to_numpy())
"""


@pytest.fixture(scope="module")
def matrix():
    values = np.random.default_rng(0).normal(size=(400, 3))
    values[::7, 1] = np.nan
    days = np.repeat(np.datetime64("2025-01-01"), 400)
    return Matrix(days, tuple(f"{n:03}" for n in range(400)), COLUMNS, values)


@pytest.fixture(scope="module")
def registry(matrix, tmp_path_factory):
    data = lgb.Dataset(matrix.values, (matrix.values[:, 0] > 0.5).astype(float))
    options = {"objective": "cross_entropy", "num_leaves": 4, "verbosity": -1}
    texts = tuple(
        lgb.train({**options, "seed": n}, data, 15 + n).model_to_string() for n in range(2)
    )
    made = Registry(Workspace(tmp_path_factory.mktemp("here")))
    model = ArrearsModel(COLUMNS, texts, Calibration(0.9, -0.2))
    with made.run("arrears 2025-07-01", {"as_of": "2025-07-01"}) as run:
        about = {"trained_at": "2025-07-01"}
        made.register(model, about, parameters={"leaves": 4}, metrics={"roc_auc": 0.7}, run=run)
    made.promote("1", who="a", why="b")
    return made


def test_push_copies_run_artifacts_and_aliases_once(registry, tmp_path, monkeypatch):
    from mlflow import MlflowClient

    (elsewhere := tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(elsewhere)
    uri = f"sqlite:///{tmp_path}/there.sqlite"
    first = push(registry, "1", uri)
    assert (first.name, first.version, first.new) == ("arrears", "1", True)
    assert not push(registry, "1", uri).new
    there = MlflowClient(tracking_uri=uri, registry_uri=uri)
    found = there.get_model_version_by_alias("arrears", "champion")
    assert found.tags["digest"] == registry.get("1").digest
    run = there.get_run(found.run_id)
    assert run.info.run_name == "arrears 2025-07-01"
    assert run.data.params["leaves"] == "4"
    assert run.data.metrics["roc_auc"] == 0.7
    assert run.data.tags["as_of"] == "2025-07-01"
    assert len(there.search_model_versions("name='arrears'")) == 1
    assert list(elsewhere.iterdir()) == []
    assert len(list((tmp_path / "mlartifacts").rglob("MLmodel"))) > 0


def test_a_server_that_is_not_there_is_named_without_its_password(registry, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(TrackingFailed) as failure:
        push(registry, "1", f"http://me:secret@127.0.0.1:{_free_port()}")
    assert "secret" not in failure.value.message("en")
    assert shown("http://me:secret@host:1/x") == "http://host:1/x"
    assert shown("sqlite:////tmp/a.db") == "sqlite:////tmp/a.db"


@thorough
def test_a_pushed_model_scores_to_the_bit_without_wagewatch(registry, matrix, tmp_path):
    mlflow = require_program("mlflow", ROOT / ".venv-clients" / "bin")
    uri = f"http://127.0.0.1:{(port := _free_port())}"
    store = ["--backend-store-uri", f"sqlite:///{tmp_path}/server.sqlite"]
    place = ["--artifacts-destination", str(tmp_path / "artifacts")]
    line = [mlflow, "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    path = f"{mlflow.parent}:/usr/bin:/bin"
    # Its runners of jobs are eight processes more, which nothing here asks for.
    bare = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "PATH": path, "HOME": str(tmp_path)}
    server = subprocess.Popen(
        [*line, *store, *place],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=bare,
    )
    try:
        _wait_for(f"{uri}/health")
        assert push(registry, "1", uri).new
        frame, scores, parts = (tmp_path / n for n in ("f.parquet", "p.npy", "c.npy"))
        pd.DataFrame(matrix.values, columns=list(COLUMNS)).to_parquet(frame)
        subprocess.run(
            [mlflow.with_name("python"), "-c", LOAD, uri, frame, scores, parts],
            check=True,
            timeout=120,
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        )
    finally:
        server.terminate()
        server.wait(30)
    model = registry.champion()[0]
    assert (np.load(scores) == model.calibration.probability(model.raw(matrix))).all()
    assert np.abs(np.load(parts).sum(axis=1) - model.raw(matrix)).max() < 1e-9


def _wait_for(url):
    until = time.monotonic() + 90
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.3)
    raise TimeoutError(url)
