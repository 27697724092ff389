"""Writes the feature matrix as Parquet or CSV."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from risk.progress import Progress
from risk.store.store import RecordStore
from serving.scores.table_file import TableFormat, write_table


def write_features(
    store: RecordStore,
    as_ofs: Sequence[dt.date],
    out: Path,
    progress: Progress,
    form: TableFormat = "parquet",
) -> int:
    """Write the feature matrix of ``as_ofs`` as one file and return the number of rows.

    Raises:
        OSError: the file cannot be written; a partial file may remain.
    """
    from features.field_metadata import describe_columns
    from features.matrix import compute_in_batches, matrix_table

    tables = (
        describe_columns(matrix_table(engine), store.kind)
        for engine in compute_in_batches(store, as_ofs, progress)
    )
    return write_table(tables, out, form)


def write_features_by_date(
    store: RecordStore, as_ofs: Sequence[dt.date], folder: Path, progress: Progress
) -> int:
    """Write the feature matrix to ``FOLDER/as_of=YYYY-MM-DD/part-0.parquet``; return the row count.

    The layout is that of Spark: partitions of ``as_ofs`` are replaced atomically, others stay.

    Raises:
        OSError: the folder cannot be written.
    """
    from features.feature_sets import FEATURE_SETS
    from features.matrix import compute_in_batches, matrix_sql

    folder.mkdir(exist_ok=True)  # fails before minutes of computing
    rows = 0
    for engine in compute_in_batches(store, as_ofs, progress):
        engine.write(matrix_sql(FEATURE_SETS[store.kind].families), str(folder))
        rows += int(str(engine.rows("SELECT count(*) FROM cohort")[0][0]))
    return rows
