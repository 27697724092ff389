"""Features on Spark compared with DuckDB, by the million payments.

Usage: python -m benchmarks.engines [--full] [--keep]

Both engines compute all features at one date from the same folder of records, by the command
``wagewatch features``, in processes of their own from start to end, and must agree to the bit.
Spark uses its own configuration (``SPARK_CONF_DIR``); without one, all cores of this machine and 8
GB, since the gigabyte that Spark gives itself does not carry ten million payments. The memory of
its JVM is not measured: the configuration sets it.
"""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.harness import Figure, Size, child, run
from benchmarks.synthetic_store import LAST_AS_OF

SIZES = {"quick": (20_000, 200_000), "full": (1_000_000, 10_000_000)}
ENGINES = ("duckdb", "spark")
CONFIGURATION = "SPARK_CONF_DIR"

_MAKE = """
import sys
from pathlib import Path
from benchmarks.synthetic_store import make
from risk.store.parquet_export import export_records
folder = Path(sys.argv[1])
folder.mkdir()
with make(folder / "records.duckdb", int(sys.argv[2])) as store:
    export_records(store, folder / "records")
"""

_FEATURES = """
import sys
from serving.cli.main import main
folder, engine, day = sys.argv[1:]
line = ["features", "--as-of", day, "--engine", engine, "--records", f"{folder}/records"]
raise SystemExit(main(["-w", f"{folder}/none", *line, "--out", f"{folder}/{engine}/"]))
"""


def figures(size: Size) -> Sequence[Figure]:
    """All figures of this benchmark."""
    found, points = [], []
    with tempfile.TemporaryDirectory() as directory, _configured(Path(directory)):
        for payments in SIZES[size]:
            folder = Path(directory) / str(payments)
            child(_MAKE, folder, payments)
            seconds = {
                engine: child(_FEATURES, folder, engine, LAST_AS_OF).seconds for engine in ENGINES
            }
            _agree(folder)
            points.append(seconds)
            name = f"{payments // 1000:,} k payments"
            found += [Figure(f"{name}, {one}: seconds", seconds[one], "s") for one in ENGINES]
            ratio = seconds["spark"] / seconds["duckdb"]
            found.append(Figure(f"{name}: Spark's seconds against DuckDB's", ratio, "ratio"))
    small, large = SIZES[size]
    growth = {
        one: math.log(points[1][one] / points[0][one]) / math.log(large / small) for one in ENGINES
    }
    return [*found, *(Figure(f"growth exponent, {one}", growth[one], "ratio") for one in ENGINES)]


@contextmanager
def _configured(folder: Path) -> Iterator[None]:
    """A configuration of Spark in ``folder``, unless there is one."""
    if CONFIGURATION in os.environ:
        yield
        return
    lines = ("spark.driver.memory 8g", f"spark.local.dir {folder}/spark")
    (folder / "spark-defaults.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")
    os.environ[CONFIGURATION] = str(folder)
    try:
        yield
    finally:
        del os.environ[CONFIGURATION]


def _agree(folder: Path) -> None:
    """Raises SystemExit if the engines found other features."""
    import pyarrow.dataset as ds

    one, other = (
        ds.dataset(folder / engine, partitioning="hive").to_table().sort_by("project_id")
        for engine in ENGINES
    )
    ours = one.select(other.column_names)
    if not ours.equals(other.cast(ours.schema)):
        raise SystemExit("Spark found other features than DuckDB")


if __name__ == "__main__":
    run("engines", figures)
