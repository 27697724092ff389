"""``lightgbm.Dataset`` over feature rows in Parquet files, read in blocks.

The files are those ``wagewatch features`` writes: one Parquet file, or a folder partitioned by date
(``as_of=2024-06-01/part-0.parquet``), with as_of, project_id and one DOUBLE per feature.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lightgbm as lgb
import numpy as np

from features.engines.partitioned import PARTITION_PREFIX
from models.base import FeaturesMissing
from risk.errors import WagewatchError
from training.dataset.lightgbm_dataset import SequenceDataset

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

BLOCK_ROWS = 4_096
"""Rows decoded at a time: 5 MB at 144 features."""

KEYS = ("as_of", "project_id")
_HIDDEN = (".", "_")
_READ_BUFFER_BYTES = 65_536


class NoFeatureFiles(WagewatchError):
    """The path holds no Parquet file of features."""

    code = "no_feature_files"


class LabelsDoNotFit(WagewatchError):
    """The labels do not have exactly one known value per feature row."""

    code = "labels_do_not_fit"


@dataclass(frozen=True)
class FeatureFiles:
    """Parquet files of features, in reading order, and the names of the feature ``columns``."""

    files: tuple[Path, ...]
    columns: tuple[str, ...]

    def rows(self) -> int:
        """Number of rows of all files."""
        import pyarrow.parquet as pq

        return sum(pq.read_metadata(path).num_rows for path in self.files)

    def of_dates(self, days: Sequence[dt.date]) -> FeatureFiles:
        """The files of a partitioned folder that hold one of ``days``; opens no file."""
        selected = set(days)
        return replace(
            self, files=tuple(path for path in self.files if partition_date(path) in selected)
        )

    def blocks(self, block_rows: int = BLOCK_ROWS) -> Iterator[NDArray[np.float64]]:
        """The values in order, block by block, shape (rows, columns); unknown is NaN."""
        for batch in self._batches(self.columns, block_rows):
            block = np.empty((batch.num_rows, len(self.columns)))
            for index, column in enumerate(batch.columns):
                block[:, index] = column.to_numpy(zero_copy_only=False)
            yield block

    def column(self, name: str) -> NDArray[np.float32]:
        """One numeric column of all rows, such as the labels; unknown is NaN."""
        parts = [
            batch.column(0).to_numpy(zero_copy_only=False).astype(np.float32)
            for batch in self._batches([name], BLOCK_ROWS)
        ]
        return np.concatenate(parts, dtype=np.float32) if parts else np.zeros(0, np.float32)

    def key_blocks(self) -> Iterator[tuple[NDArray[np.datetime64], list[str]]]:
        """As_of dates and project ids in order, block by block."""
        for path in self.files:
            as_of = partition_date(path)
            single = replace(self, files=(path,))
            for batch in single._batches(KEYS[1:] if as_of else KEYS, BLOCK_ROWS):
                if as_of:
                    days = np.full(batch.num_rows, as_of, dtype="datetime64[D]")
                else:
                    days = batch.column("as_of").to_numpy(zero_copy_only=False)
                yield days.astype("datetime64[D]"), batch.column("project_id").to_pylist()

    def _batches(self, names: Sequence[str], rows: int) -> Iterator[pa.RecordBatch]:
        import pyarrow.parquet as pq

        for path in self.files:
            with pq.ParquetFile(path, buffer_size=_READ_BUFFER_BYTES) as file:
                _require_columns(file.schema_arrow.names, names)
                for batch in file.iter_batches(batch_size=rows, columns=list(names)):
                    yield batch.select(list(names))


def feature_files(path: Path, *, exclude: Sequence[str] = ()) -> FeatureFiles:
    """The feature file at ``path``, or all files below the folder ``path``, by date and path.

    Names that begin with ``.`` or ``_`` are skipped: they hold unfinished output or no features.
    Every column is a feature except the keys and those in ``exclude`` (such as labels).

    Raises:
        NoFeatureFiles: there is no such file.
    """
    import pyarrow.parquet as pq

    files = (path,) if path.is_file() else _files_below(path)
    if not files:
        raise NoFeatureFiles(path=str(path))
    names = pq.read_schema(files[0]).names
    return FeatureFiles(files, tuple(name for name in names if name not in (*KEYS, *exclude)))


def _files_below(folder: Path) -> tuple[Path, ...]:
    paths = [
        path
        for path in folder.rglob("*.parquet")
        if not any(part.startswith(_HIDDEN) for part in path.relative_to(folder).parts)
    ]
    return tuple(sorted(paths, key=lambda path: (partition_date(path) or dt.date.min, path)))


def partition_date(path: Path) -> dt.date | None:
    """The date in the name of a parent folder of ``path``; None if there is none.

    >>> partition_date(Path("features/as_of=2024-06-01/part-0.parquet"))
    datetime.date(2024, 6, 1)
    """
    for folder in path.parent.parts[::-1]:
        if folder.startswith(PARTITION_PREFIX):
            return dt.date.fromisoformat(folder.removeprefix(PARTITION_PREFIX))
    return None


def parquet_dataset(files: FeatureFiles, label: str | NDArray[Any]) -> lgb.Dataset:
    """Dataset of the rows of ``files``; LightGBM keeps about one byte per value (its bin).

    ``label`` is the name of a column of the files, or an array with one value in [0, 1] per row in
    their order. Trained trees are identical to those of the same rows in memory. The files are read
    when training begins.

    Raises:
        LabelsDoNotFit: not exactly one known label per row.
    """
    labels = files.column(label) if isinstance(label, str) else np.asarray(label, np.float32)
    rows = files.rows()
    if labels.shape != (rows,) or np.isnan(labels).any():
        known = int((~np.isnan(labels)).sum())
        raise LabelsDoNotFit(rows=rows, labels=known)
    return SequenceDataset(ParquetSequence(files, rows), labels, feature_name=list(files.columns))


class ParquetSequence(lgb.Sequence):
    """Rows of feature files, read sequentially; asking for an earlier row restarts at the first.

    LightGBM reads twice in rising order: single rows of a sample to find its bins, then all rows.
    """

    batch_size = BLOCK_ROWS

    def __init__(self, files: FeatureFiles, rows: int) -> None:
        self._files = files
        self._rows = rows
        self._restart()

    def __len__(self) -> int:
        return self._rows

    def __getitem__(self, index: int | slice | list[int]) -> NDArray[np.float64]:
        if isinstance(index, slice):
            start, stop, _ = index.indices(self._rows)
            return self._between(start, stop)
        if isinstance(index, list):
            return np.array([self[row] for row in index])
        row: NDArray[np.float64] = self._between(index, index + 1)[0]
        return row

    def _restart(self) -> None:
        self._blocks = self._files.blocks(self.batch_size)
        self._first = 0
        self._block = np.empty((0, len(self._files.columns)))

    def _between(self, start: int, stop: int) -> NDArray[np.float64]:
        if start < self._first:
            self._restart()
        parts = [self._block[max(start - self._first, 0) : stop - self._first]]
        while self._first + len(self._block) < stop:
            self._first += len(self._block)
            self._block = next(self._blocks)
            parts.append(self._block[max(start - self._first, 0) : stop - self._first])
        if stop == self._rows:  # the end is reached: release the last block
            self._restart()
        return np.concatenate(parts)


def _require_columns(present: Sequence[str], names: Sequence[str]) -> None:
    if missing := [name for name in names if name not in present]:
        raise FeaturesMissing(missing=", ".join(missing))
