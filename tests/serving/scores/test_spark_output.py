"""Features and scores from a folder of records, by either engine, through the commands."""

from __future__ import annotations

import csv
import datetime as dt
import os
import shutil
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pyarrow.dataset as ds
import pytest

from features.engines.spark_session import SparkMissing
from features.matrix import feature_matrix
from risk.simulator import simulate
from risk.store.parquet_export import export_records
from risk.store.store import RecordStore
from serving.cli.main import main
from serving.ingest.temporary_store import import_feeds
from serving.scores.spark_output import records_for_spark

from ...conftest import SHORT_LIVED_JVM, require_program, thorough
from ..conftest import LISTS

ROOT = Path(__file__).resolve().parents[3]
DAYS = ["2025-03-01", "2025-05-01"]
TODAY = dt.date(2026, 1, 1)
CONFIGURATION = """
spark.master local[2]
spark.app.name from-our-own-file
spark.eventLog.enabled true
spark.eventLog.dir {events}
spark.driver.memory 1g
spark.driver.extraJavaOptions {options}
spark.sql.shuffle.partitions 2
spark.sql.adaptive.coalescePartitions.enabled false
"""
"""Rows lie in several partitions and plans are compiled, as anywhere else but in other tests."""


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
REFUSED = ["score", *OF_EMPLOYERS]


@pytest.fixture(scope="module")
def by_spark(office_with_employers, tmp_path_factory):
    """A folder where both commands wrote in one JVM of their own, of employers.

    Employers have half as many features as projects, whose features
    ``tests/features/engines/test_engines_agree.py`` compares.
    """
    require_program("java")
    place = tmp_path_factory.mktemp("spark")
    for name in ("events", "conf"):
        (place / name).mkdir()
    settings = CONFIGURATION.format(events=f"file://{place}/events", options=SHORT_LIVED_JVM)
    (place / "conf" / "spark-defaults.conf").write_text(settings)
    for path in (of_day(place, "2020-01-01"), of_day(place, str(LISTS[1]))):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"of an earlier run")
    lines = [
        ["-w", str(office_with_employers.root), *line, "--engine", "spark"]
        for line in (
            ["features", *OF_EMPLOYERS, str(LISTS[0]), "--out", str(place / FEATURES)],
            ["score", *OF_EMPLOYERS, "--out", str(place / "scores")],
            [*REFUSED, "--records", str(place / "records"), "--out", str(place / "refused")],
        )
    ]
    with RecordStore(office_with_employers.records, read_only=True) as store:
        export_records(store, place / "records")
    shutil.rmtree(place / "records" / "operations")
    code = "import sys; from serving.cli.main import main\n"
    code += f"sys.exit([main(line) for line in {lines}] != [0, 0, 1])"
    with (place / "messages").open("w", encoding="utf-8") as messages:
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "SPARK_CONF_DIR": str(place / "conf"), "WAGEWATCH_LANG": "en"},
            cwd=ROOT,
            check=True,
            stderr=messages,
        )
    return place


FEATURES = "特征 of a day"


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
        assert np.allclose(cells, expected.values[:, place], rtol=1e-9, atol=0, equal_nan=True)


@thorough
def test_spark_refuses_a_model_without_its_inputs_before_it_computes_features(by_spark):
    messages = (by_spark / "messages").read_text("utf-8")
    assert "are gone (operations;" in messages
    assert not (by_spark / "refused").exists()
    assert messages.count("100% ") == 2, "steps of two commands"


@thorough
def test_scores_of_a_folder_equal_those_of_the_workspace(tmp_path, folder, office):
    day = ["--as-of", DAYS[1]]
    for name, more in (("a.csv", []), ("b.csv", ["--records", str(folder)])):
        out = ["--out", str(tmp_path / name)]
        assert main(["-w", str(office.root), "score", *day, *more, *out]) == 0
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert (tmp_path / "a.csv").stat().st_size > 1000


def nearly(number):
    return pytest.approx(number, rel=1e-9)


@thorough
def test_spark_scores_equal_those_in_memory(by_spark, office_with_employers, tmp_path):
    """Of employers; tests/models/test_cohort_scores_spark.py asks the same of projects."""
    out = tmp_path / "scores.csv"
    command = ["-w", str(office_with_employers.root), "score", *OF_EMPLOYERS, "--out", str(out)]
    assert main(command) == 0
    expected = {
        row["project_id"]: (float(row["probability"]), row["tier"], row["model"])
        for row in csv.DictReader(out.read_text("utf-8-sig").splitlines())
    }
    found = {
        row["project_id"]: (nearly(row["probability"]), row["tier"], row["model"])
        for row in ds.dataset(by_spark / "scores", partitioning="hive").to_table().to_pylist()
    }
    assert len(found) > 5
    assert found == expected
