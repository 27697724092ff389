"""A province's month with Spark: from the records to the published list.

Usage: python -m benchmarks.chain [--full] [--keep] [--runs N]

The chain of docs/howto/scale.md on a standalone cluster of a master and two workers with one core
each, all on this machine: ``records export``, ``score --engine spark --flags --dossiers``, and
``publish --scores``, each a process of its own; then ``score`` and ``publish`` without Spark. The
two lists must be the same to the byte. The records are those of benchmarks.publishing_sizes, the
model is fitted on others of their generator.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from benchmarks.harness import Child, Figure, Size, run
from benchmarks.offices import AS_OF, command, trained
from benchmarks.publishing_sizes import RECORDS
from tests.spark_cluster import HOST, spark_cluster

PROJECTS: dict[Size, int] = {"quick": 100, "full": 5_000}
EXECUTOR_MEMORY: dict[Size, str] = {"quick": "600m", "full": "3g"}
CONFIGURATION = "SPARK_CONF_DIR"
SEALED = ("watchlists", "watchlist_entries", "project_risks", "dossiers")


def figures(size: Size) -> Sequence[Figure]:
    """All figures of this benchmark."""
    projects = PROJECTS[size]
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        office = trained(RECORDS, folder)
        payments = RECORDS.make(office / "records.duckdb", projects)
        spark, here = folder / "spark", folder / "here"
        shutil.copytree(office, here)
        office.rename(spark)
        chain = _with_spark(folder, spark, size)
        scored = command("-w", here, "score", "--as-of", AS_OF, "--out", folder / "scores.csv")
        published = command("-w", here, *_publish(projects))
        if _sealed(spark) != _sealed(here):
            raise SystemExit("the chain published another list than DuckDB alone")
    name = f"{projects:,} projects"
    alone = scored.seconds + published.seconds
    whole = sum(one.seconds for one in chain.values())
    return [
        Figure(f"{name}: payments", payments, ""),
        *(Figure(f"{name}, with Spark: {step}", done.seconds, "s") for step, done in chain.items()),
        Figure(f"{name}, with Spark: publish, peak", chain["publish"].peak_mb, "MB"),
        Figure(f"{name}, with Spark: all", whole, "s"),
        Figure(f"{name}, DuckDB alone: score", scored.seconds, "s"),
        Figure(f"{name}, DuckDB alone: publish", published.seconds, "s"),
        Figure(f"{name}: seconds with Spark against DuckDB alone", whole / alone, "ratio"),
    ]


def _with_spark(folder: Path, office: Path, size: Size) -> dict[str, Child]:
    records, scores = folder / "records", folder / "scores"
    exported = command("-w", office, "records", "export", records)
    (folder / "cluster").mkdir()
    with spark_cluster(folder / "cluster", "") as cluster:
        memory = {"spark.executor.memory": EXECUTOR_MEMORY[size]}
        with _configured(folder, {**cluster.settings(), **memory}):
            line = ("score", "--as-of", AS_OF, "--engine", "spark", "--flags", "--dossiers")
            scored = command("-w", office, *line, "--records", records, "--out", scores)
    published = command("-w", office, *_publish(PROJECTS[size]), "--scores", scores)
    return {"export": exported, "score": scored, "publish": published}


def _publish(projects: int) -> tuple[object, ...]:
    return ("publish", "--as-of", AS_OF, "--capacity", max(projects // 50, 1))


@contextmanager
def _configured(folder: Path, settings: dict[str, str]) -> Iterator[None]:
    lines = [f"{name} {value}" for name, value in settings.items() if value]
    (folder / "spark-defaults.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")
    own = {CONFIGURATION: str(folder), "SPARK_LOCAL_IP": HOST, "PYSPARK_PYTHON": sys.executable}
    before = {name: os.environ.get(name) for name in own}
    os.environ.update(own)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _sealed(office: Path) -> dict[str, list[tuple[object, ...]]]:
    """The rows that were stored with the list, without the moment they were stored."""
    with closing(sqlite3.connect(office / "service.sqlite")) as connection:
        found = {}
        for table in SEALED:
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            chosen = ", ".join(name for name in columns if name != "published_at")
            found[table] = connection.execute(f"SELECT {chosen} FROM {table}").fetchall()
    return found


if __name__ == "__main__":
    run("chain", figures)
