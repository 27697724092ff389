"""A hundred million payments at 24 dates within a memory limit: all features of all families.

Usage: python -m benchmarks.memory [--full] [--keep]

The record store is limited to 4 GB (quick: 0.25 GB for a million payments) and spills to disk. The
whole process is measured, with the matrix it yields batch by batch.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.harness import Figure, Size, child, run

DATES = 24
PAYMENTS = {"quick": 1_000_000, "full": 100_000_000}
LIMIT_GB = {"quick": 0.25, "full": 4.0}
PROCESS_MB = {"quick": 600, "full": 6_000}

_MAKE = """
import sys
from benchmarks.synthetic_store import make
make(sys.argv[1], int(sys.argv[2])).close()
"""

_RUN = """
import json, sys
from benchmarks.synthetic_store import as_ofs
from features.matrix import compute_in_batches, matrix_table
from risk.store.store import RecordStore
rows = 0
with RecordStore(sys.argv[1], read_only=True, memory_gb=float(sys.argv[3])) as store:
    payments = store.rows("SELECT count(*) FROM payments")[0][0]
    for engine in compute_in_batches(store, as_ofs(int(sys.argv[2]))):
        rows += matrix_table(engine).num_rows
print(json.dumps({"rows": rows, "payments": payments}))
"""


def figures(size: Size) -> Sequence[Figure]:
    """All figures of this benchmark."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "records.duckdb"
        child(_MAKE, path, PAYMENTS[size])
        done = child(_RUN, path, DATES, LIMIT_GB[size])
    name = f"{PAYMENTS[size] // 1_000_000} M payments at {DATES} dates"
    return [
        Figure(f"{name}: payments", done.result["payments"], ""),
        Figure(f"{name}: rows of features", done.result["rows"], ""),
        Figure(f"{name}: seconds", done.seconds, "s"),
        Figure(f"{name}: peak of the process", done.peak_mb, "MB", "lower", PROCESS_MB[size]),
        Figure(
            f"{name}: peak against what it may use",
            done.peak_mb / PROCESS_MB[size],
            "ratio",
            "lower",
            1.0,
        ),
    ]


if __name__ == "__main__":
    run("memory", figures)
