"""Spark that does not start or dies raises one error with the message of Spark."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from features.engines.spark_session import SparkMissing, require_spark, worker_python

from ...conftest import SHORT_LIVED_JVM, require_program, thorough

ROOT = Path(__file__).resolve().parents[3]
OPENED = """
import os, signal, time
from features.engines.spark_session import SparkFailed, spark_session
try:
    with spark_session() as session:
        {work}
except SparkFailed as failed:
    print(failed)
"""
KILLED = "os.kill(session.sparkContext._gateway.proc.pid, signal.SIGKILL); time.sleep({wait});"
KILLED += " session.sql('SELECT 1').collect()"


def run(work: str, conf: Path) -> subprocess.CompletedProcess[str]:
    """What a process says that works so; it has a JVM of its own."""
    require_program("java")
    with (conf / "spark-defaults.conf").open("a") as file:
        file.write(f"spark.driver.extraJavaOptions {SHORT_LIVED_JVM}\n")
    return subprocess.run(
        [sys.executable, "-c", OPENED.format(work=work)],
        env={**os.environ, "SPARK_CONF_DIR": str(conf), "PYTHONPATH": str(ROOT)},
        check=False,
        capture_output=True,
        text=True,
    )


@thorough
@pytest.mark.parametrize("wait", [0, 1])
def test_spark_session_raises_spark_failed_if_the_jvm_dies(wait, tmp_path):
    done = run(KILLED.format(wait=wait), tmp_path)
    assert done.stdout.startswith("Spark did not finish: ")
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


@thorough
@pytest.mark.parametrize(
    ("master", "said"),
    [("local[x]", "Could not parse Master URL: 'local[x]'"), ("nonsense", "did not finish")],
)
def test_open_session_raises_spark_failed_for_an_invalid_master(master, said, tmp_path):
    (tmp_path / "spark-defaults.conf").write_text(f"spark.master {master}\n")
    done = run("pass", tmp_path)
    assert done.stdout.startswith("Spark did not finish: ")
    assert said in done.stdout
    assert done.returncode == 0


def test_open_session_raises_spark_missing_without_java(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(SparkMissing):
        require_spark()


@pytest.mark.parametrize(
    ("settings", "environment", "expected"),
    [
        ({}, None, sys.executable),
        ({"spark.master": "local[2]"}, "python9", "python9"),
        ({"spark.master": "spark://h:7077"}, None, None),
        ({"spark.master": "spark://h:7077"}, "python9", None),
        (
            {"spark.master": "spark://h:7077", "spark.pyspark.python": "./e/python"},
            "p",
            "./e/python",
        ),
        ({"spark.pyspark.python": "./e/python"}, None, "./e/python"),
    ],
)
def test_workers_get_the_python_of_sparks_configuration(
    settings, environment, expected, monkeypatch
):
    pyspark = pytest.importorskip("pyspark")
    monkeypatch.delenv("PYSPARK_PYTHON", raising=False)
    if environment:
        monkeypatch.setenv("PYSPARK_PYTHON", environment)
    # Without a JVM a SparkConf is a dict.
    monkeypatch.setattr(pyspark.SparkContext, "_jvm", None)
    conf = pyspark.SparkConf(loadDefaults=False)
    conf.setAll(settings.items())
    assert worker_python(conf) == expected
