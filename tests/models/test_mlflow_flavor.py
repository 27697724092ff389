"""A registered model as MLflow loads it: exact, explained, whole, and found after a move."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import shutil
import sqlite3
import warnings

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest

from features.matrix import Matrix
from models import pyfunc_loader
from models.arrears import ArrearsModel
from models.artifact_paths import correct_addresses
from models.calibration import Calibration
from models.logistic import fit_logistic
from models.registry import Registry
from models.scorecard import Scorecard, fit_scorecard, scorecard_for
from models.storage import ModelDamaged
from risk.errors import WagewatchError
from risk.workspace import Workspace

ABOUT = {"trained_at": "2025-07-01"}
CALIBRATION = Calibration(1.1, -0.3)


@pytest.fixture(scope="module")
def mlflow():
    import mlflow

    with warnings.catch_warnings():  # of its own type hints
        warnings.simplefilter("ignore")
        import mlflow.lightgbm
        import mlflow.pyfunc
    return mlflow


@pytest.fixture(scope="module")
def matrix():
    """Rows of the scorecard's features, a tenth of them unknown."""
    random = np.random.default_rng(0)
    columns = Scorecard().columns
    values = random.gamma(1.0, 5.0, size=(300, len(columns)))
    values[random.random(values.shape) < 0.1] = np.nan
    as_ofs = np.repeat(np.array(["2025-01-01"], dtype="datetime64[D]"), 300)
    return Matrix(as_ofs, tuple(f"P{n}" for n in range(300)), columns, values)


@pytest.fixture(scope="module")
def happened(matrix):
    return (np.nan_to_num(matrix.values[:, 0]) > 6).astype(float)


def boosted(matrix, happened, seeds):
    options = {"objective": "cross_entropy", "num_leaves": 5, "verbosity": -1}
    data = lgb.Dataset(matrix.values, happened, feature_name=list(matrix.columns))
    fitted = [
        lgb.train({**options, "seed": seed, "feature_fraction": 0.5}, data, 20) for seed in seeds
    ]
    texts = tuple(one.model_to_string() for one in fitted)
    weights = tuple(range(1, len(seeds) + 1)) if len(seeds) == 2 else ()
    return ArrearsModel(matrix.columns, texts, CALIBRATION, weights=weights)


@pytest.fixture(scope="module")
def models(matrix, happened):
    card = fit_scorecard(matrix, happened)
    regression = fit_logistic(matrix, happened, scorecard=scorecard_for(matrix))
    return {
        "one booster": boosted(matrix, happened, (0,)),
        "weighted boosters": boosted(matrix, happened, (0, 1)),
        "boosters": boosted(matrix, happened, (0, 1, 2)),
        "scorecard": card,
        "logistic": dataclasses.replace(regression, calibration=CALIBRATION),
    }


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    return Registry(Workspace(tmp_path_factory.mktemp("flavor")))


@pytest.fixture
def frame(matrix):
    return pd.DataFrame(matrix.values, columns=list(matrix.columns)).assign(project_id="P")


def address(registry, version):
    entry = registry._client.get_model_version(registry.name, version)
    return entry.source


@pytest.mark.parametrize(
    "kind", ["one booster", "weighted boosters", "boosters", "scorecard", "logistic"]
)
def test_mlflow_gives_the_same_probabilities_and_contributions(
    mlflow, kind, models, registry, matrix, frame
):
    model = models[kind]
    version = registry.register(model, ABOUT, parameters={}, metrics={}, example=matrix.values[0])
    loaded = mlflow.pyfunc.load_model(address(registry, version.version))
    expected = model.calibration.probability(model.raw(matrix))
    assert (loaded.predict(frame) == expected).all()
    parts = loaded.predict(frame, params={"contributions": True})
    assert list(parts.columns) == [*matrix.columns, "base"]
    assert np.abs(parts.sum(axis=1) - model.raw(matrix)).max() < 1e-9
    assert np.abs(parts.to_numpy() - model.contributions(matrix)).max() < 1e-9
    example = loaded.metadata.load_input_example(address(registry, version.version))
    assert example.iloc[0].tolist() == pytest.approx(matrix.values[0].tolist(), nan_ok=True)
    registry.load(version.version)  # undamaged by having been loaded in place


def test_mlflow_refuses_a_frame_without_a_feature(mlflow, models, registry, frame):
    version = registry.register(models["boosters"], ABOUT, parameters={}, metrics={})
    loaded = mlflow.pyfunc.load_model(address(registry, version.version))
    with pytest.raises(mlflow.exceptions.MlflowException, match="missing inputs"):
        loaded.predict(frame.drop(columns=frame.columns[0]))


def test_mlflow_lightgbm_loads_single_boosters(mlflow, models, registry, matrix):
    model = models["boosters"]
    several = registry.register(model, ABOUT, parameters={}, metrics={})
    for number, text in enumerate(model.boosters):
        place = f"{address(registry, several.version)}/boosters/{number}"
        booster = mlflow.lightgbm.load_model(place)
        expected = lgb.Booster(model_str=text).predict(matrix.values)
        assert (booster.predict(matrix.values) == expected).all()
    one = registry.register(models["one booster"], ABOUT, parameters={}, metrics={})
    assert mlflow.lightgbm.load_model(address(registry, one.version)).num_trees() == 20


def test_the_loader_needs_nothing_of_wagewatch():
    tree = ast.parse(inspect.getsource(pyfunc_loader))
    imported = {
        (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name).split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    allowed = {"__future__", "collections", "json", "lightgbm", "numpy", "pandas", "pathlib"}
    assert imported <= allowed | {"typing"}


def test_the_digest_covers_every_file(models, registry):
    version = registry.register(models["boosters"], ABOUT, parameters={}, metrics={}).version
    run = registry._client.get_model_version(registry.name, version).run_id
    folder = registry._folder(run)
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {"", ".py", ".json", ".txt", ".yaml"}
    for path in files:
        body = path.read_bytes()
        path.write_bytes(body + b" ")
        with pytest.raises(ModelDamaged):
            registry.load(version)
        path.write_bytes(body)
    registry.load(version)
    (folder / "code" / "added.py").write_text("")
    with pytest.raises(ModelDamaged):
        registry.load(version)


def test_a_moved_workspace_still_resolves(mlflow, models, tmp_path, frame):
    before = Registry(Workspace(tmp_path / "before"))
    model = models["scorecard"]
    before.register(model, ABOUT, parameters={}, metrics={})
    before.promote("1", who="a", why="b")
    shutil.copytree(tmp_path / "before", tmp_path / "名 after")
    shutil.rmtree(tmp_path / "before")
    moved = Registry(Workspace(tmp_path / "名 after"))
    assert mlflow.pyfunc.load_model(address(moved, "1")).predict(frame).shape == (300,)
    with sqlite3.connect(tmp_path / "名 after" / "mlflow.sqlite") as database:
        uris = database.execute("SELECT artifact_uri FROM runs").fetchall()
    assert [uri for (uri,) in uris if "/before/" in uri] == []
    assert moved.champion()[1].version == "1"


def test_mlflow_itself_resolves_a_corrected_workspace_and_relative_addresses_only_from_its_folder(
    mlflow, models, tmp_path, frame, monkeypatch
):
    """Without opening the registry: why addresses are absolute, and what restore and serve do."""
    before, after = Workspace(tmp_path / "before"), Workspace(tmp_path / "名 after")
    registry = Registry(before)
    registry.register(models["scorecard"], ABOUT, parameters={}, metrics={})
    run = registry._client.get_model_version("arrears", "1").run_id
    shutil.copytree(before.root, after.root)
    shutil.rmtree(before.root)
    uri = f"sqlite:///{after.tracking}"

    def load():
        client = mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)
        return mlflow.pyfunc.load_model(client.get_model_version_download_uri("arrears", "1"))

    def refuses():
        with pytest.raises((OSError, mlflow.exceptions.MlflowException)):
            load()

    refuses()
    correct_addresses(after)
    assert load().predict(frame).shape == (300,)
    with sqlite3.connect(after.tracking) as database:
        place = f"models/{run}/artifacts/model"
        database.execute("UPDATE model_versions SET source = ?, storage_location = ?", [place] * 2)
    monkeypatch.chdir(after.root)
    assert load().predict(frame).shape == (300,)
    monkeypatch.chdir(tmp_path)
    refuses()


def test_a_failed_run_says_so_and_is_nested(registry):
    class Refused(WagewatchError):
        code = "refused"

    opened = []

    def fail():
        with registry.run("outer") as outer, outer.child("inner") as inner:
            opened.extend((outer, inner))
            inner.log_parameters({"long": "x" * 7_000})
            raise Refused()

    with pytest.raises(Refused):
        fail()
    outer, inner = opened
    runs = [registry._client.get_run(one.id) for one in (outer, inner)]
    assert [run.info.status for run in runs] == ["FAILED", "FAILED"]
    assert runs[1].data.tags["mlflow.parentRunId"] == outer.id
    assert runs[0].data.tags["error"] == "refused"
    assert runs[0].info.run_name == "outer"
    with pytest.raises(KeyboardInterrupt), registry.run("stopped") as stopped:
        raise KeyboardInterrupt
    assert registry._client.get_run(stopped.id).info.status == "KILLED"
