"""Writes Parquet partitioned by date as Spark does: ``FOLDER/as_of=YYYY-MM-DD/part-0.parquet``.

Everything is first written to a hidden folder on the same disk, which readers ignore; then each
date is renamed into place. An interrupted run leaves every date as it was.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from features.arrow import days_of

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

PARTITION_PREFIX = "as_of="


def write_partitioned(
    batches: Iterable[pa.RecordBatch], days: Sequence[dt.date], folder: Path
) -> None:
    """Write ``batches``, which have a column as_of, replacing the partitions of ``days``.

    Rows keep their order within a date. A date without rows gets no partition; other dates are
    untouched.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(
        prefix=".wagewatch-", dir=folder, ignore_cleanup_errors=True
    ) as hidden:
        new, old = Path(hidden) / "new", Path(hidden) / "old"
        for part in (new, old):
            part.mkdir()
        _write(batches, new)
        for day in days:
            name = f"{PARTITION_PREFIX}{day.isoformat()}"
            if (folder / name).exists():
                (folder / name).rename(old / name)
            if (new / name).exists():
                (new / name).rename(folder / name)


def _write(batches: Iterable[pa.RecordBatch], folder: Path) -> None:
    import pyarrow as pa

    writers: dict[np.datetime64, pq.ParquetWriter] = {}
    with ExitStack() as opened:
        for batch in batches:
            table = pa.Table.from_batches([batch])
            days = days_of(table["as_of"])
            for day in np.unique(days):
                rows = table.filter(pa.array(days == day)).drop_columns(["as_of"])
                if day not in writers:
                    writers[day] = opened.enter_context(_writer(folder, day, rows.schema))
                writers[day].write_table(rows)


def _writer(folder: Path, day: np.datetime64, schema: pa.Schema) -> pq.ParquetWriter:
    import pyarrow.parquet as pq

    partition = folder / f"{PARTITION_PREFIX}{day}"
    partition.mkdir()
    return pq.ParquetWriter(partition / "part-0.parquet", schema)
