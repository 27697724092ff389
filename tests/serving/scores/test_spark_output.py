"""Features and scores from a folder of records, by either engine, through the commands."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, nullcontext
from pathlib import Path

import numpy as np
import pyarrow.dataset as ds
import pytest

from features.engines.spark_session import SparkMissing
from features.matrix import feature_matrix
from models.arrears import ArrearsModel, Hyperparameters, fit_booster
from models.calibration import Calibration
from models.registry import Registry
from risk.simulator import simulate
from risk.store.parquet_export import export_records
from risk.store.store import RecordStore
from risk.workspace import Workspace
from serving.cli.main import main
from serving.ingest.temporary_store import import_feeds
from serving.scores.spark_output import records_for_spark

from ...conftest import SHORT_LIVED_JVM, require_program, thorough
from ...spark_cluster import spark_cluster
from ..conftest import LISTS

ROOT = Path(__file__).resolve().parents[3]
DAYS = ["2025-03-01", "2025-05-01"]
TODAY = dt.date(2026, 1, 1)


@pytest.fixture(scope="module")
def folder(office, tmp_path_factory):
    made = tmp_path_factory.mktemp("folders") / "records"
    with RecordStore(office.records, read_only=True) as store:
        export_records(store, made)
    return made


@thorough  # the engines over a folder: tests/features/engines/test_record_folders.py
def test_features_of_a_folder_equal_those_of_the_workspace(office, folder, tmp_path):
    line = ["features", "--as-of", *DAYS, "--out"]
    assert main(["-w", str(office.root), *line, str(tmp_path / "one.parquet")]) == 0
    elsewhere = ["-w", str(tmp_path / "no-workspace"), *line, str(tmp_path / "two.parquet")]
    assert main([*elsewhere, "--records", str(folder)]) == 0
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


@thorough
def test_features_of_feeds_equal_those_of_an_import(tmp_path, capsys):
    feeds, office = tmp_path / "feeds", tmp_path / "office"
    simulate(feeds, projects=12, months=20, seed=3)
    for path in feeds.iterdir():
        if path.stem not in ("projects", "payrolls", "payments"):
            path.unlink()
    with (feeds / "payments.csv").open("a", encoding="utf-8") as file:
        file.write("no payment\n")
    # One row is to be corrected.
    assert main(["-w", str(office), "import", str(feeds)]) == 3
    line = ["--lang", "en", "features", "--as-of", *DAYS, "--out"]
    assert main(["-w", str(office), *line, str(tmp_path / "one.parquet")]) == 0
    capsys.readouterr()
    elsewhere = ["-w", str(tmp_path / "no-workspace"), *line, str(tmp_path / "two.parquet")]
    assert main([*elsewhere, "--records", str(feeds)]) == 0
    assert f"1 rows of {feeds} are invalid and were left out" in capsys.readouterr().err
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    assert not (tmp_path / "no-workspace").exists()


def test_features_report_unreadable_feeds(tmp_path, capsys):
    (tmp_path / "projects.parquet").write_text("not Parquet")
    line = ["--lang", "en", "features", "--as-of", *DAYS, "--out", str(tmp_path / "x.parquet")]
    assert main([*line, "--records", str(tmp_path)]) == 1
    assert "projects.parquet" in capsys.readouterr().err


def test_records_for_spark_exports_feeds(tmp_path):
    require_program("java")
    simulate(tmp_path, projects=3, months=6, seed=3)
    with (
        import_feeds(tmp_path, today=TODAY, memory_gb=None, progress=lambda *_: None) as taken,
        records_for_spark(str(tmp_path), lambda: nullcontext(taken[0])) as folder,
    ):
        assert (Path(folder) / "projects").is_dir()


def test_features_refuse_an_empty_folder(tmp_path, capsys):
    line = ["--lang", "en", "features", "--as-of", *DAYS, "--out", str(tmp_path / "x.parquet")]
    assert main([*line, "--records", str(tmp_path)]) == 1
    assert f"{tmp_path} contains no exported records" in capsys.readouterr().err


def test_features_report_a_damaged_folder(tmp_path, capsys):
    place = tmp_path / "records" / "projects" / "known_year=2024"
    place.mkdir(parents=True)
    (place / "part.parquet").write_text("not Parquet")
    line = ["--lang", "en", "features", "--as-of", *DAYS, "--out", str(tmp_path / "x.parquet")]
    assert main([*line, "--records", str(tmp_path / "records")]) == 1
    assert "could not be written or read completely" in capsys.readouterr().err


def test_features_refuse_to_replace_a_folder_by_a_file(folder, tmp_path, capsys):
    line = ["--lang", "en", "score", "--as-of", DAYS[0], "--records", str(folder)]
    assert main([*line, "--out", str(tmp_path)]) == 1
    assert f"Cannot write {tmp_path}: Is a directory" in capsys.readouterr().err


def test_spark_without_java_names_what_to_install(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    line = ["--lang", "en", "features", "--as-of", *DAYS, "--records", str(folder)]
    assert main([*line, "--engine", "spark", "--out", str(tmp_path / "out")]) == 1
    told = capsys.readouterr().err
    assert "'.[spark]'" in told
    assert "openjdk-17-jre-headless" in told


def test_spark_without_java_exports_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(SparkMissing), records_for_spark(None, pytest.fail):
        pass


OF_EMPLOYERS = ["--kind", "employer", "--as-of", str(LISTS[1])]
FEATURES = "特征 of a day"
NEXT = dt.date(2025, 5, 1)
"""The date of a list that the office has not sealed."""
HALFWAY = re.compile(r"\b[45]\d% ")


@pytest.fixture(scope="module")
def office_with_trees(office_with_employers, tmp_path_factory):
    """The office with trees as its champion, which small counties do not get by training."""
    import lightgbm as lgb  # takes seconds to import

    made = Workspace(tmp_path_factory.mktemp("trees") / "office")
    shutil.copytree(office_with_employers.root, made.root)
    with RecordStore(made.records, read_only=True) as store:
        matrix = feature_matrix(store, [dt.date(2024, 12, 1), LISTS[0]])
    label = np.random.default_rng(0).integers(0, 2, len(matrix.project_ids)).astype(float)
    data = lgb.Dataset(matrix.values, label, free_raw_data=False, params={"verbose": -1})
    few = Hyperparameters(leaves=4, min_rows_in_leaf=5, l2=1.0)
    free = [0] * len(matrix.columns)
    boosters = tuple(
        fit_booster(data, free, hyperparameters=few, rounds=20, seed=seed).model_to_string()
        for seed in (1, 2)
    )
    model = ArrearsModel(matrix.columns, boosters, Calibration())
    registry = Registry(made)
    about = registry.champion()[1].about
    version = registry.register(model, about, parameters={}, metrics={}).version
    registry.promote(version, who="test", why="test")
    return made


CODE = """
import os, sys
from pyspark import SparkContext
from serving.cli.main import main

scores, features, refused = {lines}
done = [main(scores), main(features)]
# What the JVM has of Spark's configuration; each executor takes seconds to start.
properties = SparkContext._jvm.java.lang.System
cluster = properties.setProperty("spark.master", "local[1]")
done.append(main(refused))
properties.setProperty("spark.master", cluster)
properties.setProperty("spark.cores.max", "1")
os.environ["PYSPARK_PYTHON"] = {python!r}
sys.exit([*done, main({bare})] != [0, 0, 1, 1])
"""


@pytest.fixture(scope="module")
def by_spark(office_with_trees, tmp_path_factory):
    """A folder where commands wrote on a cluster, one of whose workers was killed halfway.

    One process runs them all, so that they share the driver's JVM. Features are of employers, who
    have half as many as projects. A model is refused without the cluster, and one executor is
    enough to lack the packages.
    """
    require_program("java")
    place = tmp_path_factory.mktemp("spark")
    for name in ("events", "conf", "cluster", "checkpoints"):
        (place / name).mkdir()
    for path in (of_day(place, "2020-01-01"), of_day(place, str(LISTS[1]))):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"of an earlier run")
    with RecordStore(office_with_trees.records, read_only=True) as store:
        export_records(store, place / "records")
    shutil.copytree(place / "records", place / "without")
    shutil.rmtree(place / "without" / "operations")
    start = ["-w", str(office_with_trees.root)]
    on_spark = ["--engine", "spark", "--records", str(place / "records"), "--out"]
    lines = [
        ["score", "--as-of", str(NEXT), "--dossiers", *on_spark, str(place / "scores")],
        ["features", *OF_EMPLOYERS, str(LISTS[0]), *on_spark, str(place / FEATURES)],
        [
            *("score", *OF_EMPLOYERS, "--engine", "spark", "--records", str(place / "without")),
            *("--out", str(place / "refused")),
        ],
    ]
    bare = ["features", *OF_EMPLOYERS, *on_spark, str(place / "bare")]
    code = CODE.format(
        lines=[[*start, *line] for line in lines],
        bare=[*start, *bare],
        python=os.path.realpath(sys.executable),
    )
    with (
        spark_cluster(place / "cluster", SHORT_LIVED_JVM) as cluster,
        (place / "messages").open("w", encoding="utf-8") as messages,
    ):
        settings = {
            **cluster.settings(),
            "spark.eventLog.enabled": "true",
            "spark.eventLog.dir": f"file://{place}/events",
            "spark.checkpoint.dir": f"file://{place}/checkpoints",
            # As in the session of the other tests: the plans are many and their rows few.
            "spark.sql.codegen.wholeStage": "false",
            "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        }
        text = "".join(f"{name} {value}\n" for name, value in settings.items())
        (place / "conf" / "spark-defaults.conf").write_text(text)
        driver = subprocess.Popen(
            [sys.executable, "-c", code],
            env={
                **os.environ,
                "SPARK_CONF_DIR": str(place / "conf"),
                "SPARK_LOCAL_IP": "127.0.0.1",
                "WAGEWATCH_LANG": "en",
                "PYSPARK_PYTHON": sys.executable,
            },
            cwd=ROOT,
            stderr=messages,
        )
        while driver.poll() is None and not HALFWAY.search(said(place)):
            time.sleep(0.2)
        assert driver.poll() is None, said(place)
        cluster.workers[0].kill()
        (place / "kept").write_text(str(len(list((place / "checkpoints").rglob("part-*")))))
        assert driver.wait() == 0, said(place)
    return place


def said(place):
    return (place / "messages").read_text("utf-8")


def of_day(place, day):
    """A file that Spark writes for ``day``."""
    return place / FEATURES / f"as_of={day}" / "part-0.parquet"


@thorough
def test_spark_features_use_the_configuration_of_spark(by_spark, office_with_employers):
    assert any((by_spark / "events").iterdir())
    assert of_day(by_spark, "2020-01-01").read_bytes() == b"of an earlier run"
    assert not of_day(by_spark, str(LISTS[1])).exists()
    files = sorted((by_spark / FEATURES).glob("as_of=2025-*/*.parquet"))
    table = (
        ds.dataset(files, partitioning="hive", partition_base_dir=str(by_spark / FEATURES))
        .to_table()
        .sort_by([("as_of", "ascending"), ("project_id", "ascending")])
    )
    with RecordStore(office_with_employers.records, read_only=True) as store:
        expected = feature_matrix(store.for_kind("employer"), LISTS)
    assert tuple(table["project_id"].to_pylist()) == expected.project_ids
    for place, name in enumerate(expected.columns):
        cells = table[name].to_numpy().astype(float)
        assert np.array_equal(cells, expected.values[:, place], equal_nan=True), name


@thorough
def test_spark_refuses_a_model_without_its_inputs_before_it_computes_features(by_spark):
    assert "are gone (operations;" in said(by_spark)
    assert not (by_spark / "refused").exists()
    assert said(by_spark).count("100% ") == 2, "steps of two commands"


@thorough
def test_spark_refuses_executors_without_the_packages_before_the_first_step(by_spark):
    assert "Executors have not what this machine has:" in said(by_spark)
    assert ": pyarrow -;" in said(by_spark)
    assert not (by_spark / "bare").exists()


@thorough
def test_spark_outlives_a_worker_and_leaves_no_checkpoints(by_spark):
    assert int((by_spark / "kept").read_text()) > 10
    assert not any((by_spark / "checkpoints").rglob("part-*"))


OF_A_LIST = ("watchlists", "watchlist_entries", "project_risks", "dossiers", "indicators")


@thorough
def test_a_list_from_scores_of_spark_equals_one_scored_here_to_the_byte(
    by_spark, office_with_trees, tmp_path
):
    """Trees, reasons, levers, contributions and the rest: all that is stored with a list."""
    stored = []
    for name, more in (("here", []), ("spark", ["--scores", str(by_spark / "scores")])):
        root = tmp_path / name
        shutil.copytree(office_with_trees.root, root)
        publish = ["publish", "--as-of", str(NEXT), "--capacity", "8", "--by", "test", *more]
        assert main(["-w", str(root), *publish]) == 0
        stored.append(contents(root / "service.sqlite"))
    assert len(stored[0]["project_risks"]) > 20
    assert len(list((by_spark / "scores").glob("*/_dossiers/*/*.parquet"))) >= 4
    assert stored[0] == stored[1]
    assert main(["-w", str(tmp_path / "spark"), "replay", "--as-of", str(NEXT)]) == 0


def contents(database):
    """The rows of the tables that a list is in, without the time it was stored."""
    with closing(sqlite3.connect(database)) as connection:
        return {table: rows_of(connection, table) for table in OF_A_LIST}


def rows_of(connection, table):
    rows = connection.execute(f"SELECT * FROM {table}")
    names = [column[0] for column in rows.description]
    kept = [dict(zip(names, row, strict=True)) for row in rows]
    return [{name: cell for name, cell in row.items() if name != "published_at"} for row in kept]


@thorough
def test_scores_of_a_folder_equal_those_of_the_workspace(tmp_path, folder, office):
    day = ["--as-of", DAYS[1]]
    for name, more in (("a.csv", []), ("b.csv", ["--records", str(folder)])):
        out = ["--out", str(tmp_path / name)]
        assert main(["-w", str(office.root), "score", *day, *more, *out]) == 0
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert (tmp_path / "a.csv").stat().st_size > 1000
