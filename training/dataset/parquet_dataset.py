"""Feature rows on disk as LightGBM reads them: a few at a time, never the whole matrix.

A place is what ``wagewatch features`` writes: one Parquet file, or a folder of them parted by date
(``as_of=2024-06-01/part-0.parquet``), with as_of, project_id and then one DOUBLE per feature.
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
from training.dataset.lightgbm_dataset import DatasetOfRows

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

ROWS_AT_ONCE = 4_096
"""Rows decoded together: 5 MB at 144 features."""

KEYS = ("as_of", "project_id")
_HIDDEN = (".", "_")
_READ_AHEAD = 64 * 1024


class NoFeatureFiles(WagewatchError):
    """There is no Parquet file of features at a place."""

    code = "no_feature_files"


class LabelsDoNotFit(WagewatchError):
    """There is not exactly one known label for every row of the features."""

    code = "labels_do_not_fit"


@dataclass(frozen=True)
class FeatureFiles:
    """Parquet files of features, read in this order, and the ``columns`` that are features."""

    files: tuple[Path, ...]
    columns: tuple[str, ...]

    def rows(self) -> int:
        """How many rows all files hold."""
        import pyarrow.parquet as pq

        return sum(pq.read_metadata(path).num_rows for path in self.files)

    def within(self, days: Sequence[dt.date]) -> FeatureFiles:
        """The files of a folder parted by date that hold one of ``days``; no file is opened."""
        wanted = set(days)
        return replace(self, files=tuple(one for one in self.files if date_of(one) in wanted))

    def blocks(self, rows_at_once: int = ROWS_AT_ONCE) -> Iterator[NDArray[np.float64]]:
        """The values in order, a block at a time, shape (rows, columns); unknown is NaN."""
        for batch in self._batches(self.columns, rows_at_once):
            block = np.empty((batch.num_rows, len(self.columns)))
            for place, column in enumerate(batch.columns):
                block[:, place] = column.to_numpy(zero_copy_only=False)
            yield block

    def column(self, name: str) -> NDArray[np.float32]:
        """One numeric column of all rows, say the labels; unknown is NaN."""
        parts = [
            batch.column(0).to_numpy(zero_copy_only=False).astype(np.float32)
            for batch in self._batches([name], ROWS_AT_ONCE)
        ]
        return np.concatenate(parts, dtype=np.float32) if parts else np.zeros(0, np.float32)

    def keys_in_blocks(self) -> Iterator[tuple[NDArray[np.datetime64], list[str]]]:
        """As_of dates and project ids in order, a block at a time."""
        for path in self.files:
            parted = date_of(path)
            alone = replace(self, files=(path,))
            for batch in alone._batches(KEYS[1:] if parted else KEYS, ROWS_AT_ONCE):
                if parted:
                    days = np.full(batch.num_rows, parted, dtype="datetime64[D]")
                else:
                    days = batch.column("as_of").to_numpy(zero_copy_only=False)
                yield days.astype("datetime64[D]"), batch.column("project_id").to_pylist()

    def _batches(self, names: Sequence[str], rows: int) -> Iterator[pa.RecordBatch]:
        import pyarrow.parquet as pq

        for path in self.files:
            with pq.ParquetFile(path, buffer_size=_READ_AHEAD) as file:
                _require(file.schema_arrow.names, names)
                for batch in file.iter_batches(batch_size=rows, columns=list(names)):
                    yield batch.select(list(names))


def feature_files(place: Path, *, besides: Sequence[str] = ()) -> FeatureFiles:
    """The feature files at ``place``: itself, or all below it by date, then by path.

    What begins with ``.`` or ``_`` is passed over: there lies what is not whole, or is no features.
    Every column is a feature but the keys and those named in ``besides`` (such as labels).

    Raises:
        NoFeatureFiles: there is none.
    """
    import pyarrow.parquet as pq

    files = (place,) if place.is_file() else _files_below(place)
    if not files:
        raise NoFeatureFiles(path=str(place))
    names = pq.read_schema(files[0]).names
    return FeatureFiles(files, tuple(one for one in names if one not in (*KEYS, *besides)))


def _files_below(folder: Path) -> tuple[Path, ...]:
    found = [
        path
        for path in folder.rglob("*.parquet")
        if not any(part.startswith(_HIDDEN) for part in path.relative_to(folder).parts)
    ]
    return tuple(sorted(found, key=lambda path: (date_of(path) or dt.date.min, path)))


def date_of(path: Path) -> dt.date | None:
    """The date in the name of the folder a file lies in; None where it has none.

    >>> date_of(Path("features/as_of=2024-06-01/part-0.parquet"))
    datetime.date(2024, 6, 1)
    """
    for folder in path.parent.parts[::-1]:
        if folder.startswith(PARTITION_PREFIX):
            return dt.date.fromisoformat(folder.removeprefix(PARTITION_PREFIX))
    return None


def dataset_from(files: FeatureFiles, label: str | NDArray[Any]) -> lgb.Dataset:
    """The rows of ``files`` for LightGBM, which keeps a byte or so of each value (its bins).

    ``label`` is the name of a column of the files, or an array with one value in [0, 1] per row in
    their order. Trees are those of the same rows held in memory. Read when training begins.

    Raises:
        LabelsDoNotFit: not one known label per row.
    """
    given = files.column(label) if isinstance(label, str) else np.asarray(label, np.float32)
    rows = files.rows()
    if given.shape != (rows,) or np.isnan(given).any():
        known = int((~np.isnan(given)).sum())
        raise LabelsDoNotFit(rows=rows, labels=known)
    return DatasetOfRows(RowsOnDisk(files, rows), given, feature_name=list(files.columns))


class RowsOnDisk(lgb.Sequence):
    """Rows of feature files, read from first to last; an earlier row starts again at the first.

    LightGBM asks twice in rising order: for a sample of single rows to find its bins, then for all.
    """

    batch_size = ROWS_AT_ONCE

    def __init__(self, files: FeatureFiles, rows: int) -> None:
        self._files = files
        self._rows = rows
        self._begin()

    def __len__(self) -> int:
        return self._rows

    def __getitem__(self, asked: int | slice | list[int]) -> NDArray[np.float64]:
        if isinstance(asked, slice):
            start, stop, _ = asked.indices(self._rows)
            return self._between(start, stop)
        if isinstance(asked, list):
            return np.array([self[row] for row in asked])
        row: NDArray[np.float64] = self._between(asked, asked + 1)[0]
        return row

    def _begin(self) -> None:
        self._ahead = self._files.blocks(self.batch_size)
        self._first = 0
        self._block = np.empty((0, len(self._files.columns)))

    def _between(self, start: int, stop: int) -> NDArray[np.float64]:
        if start < self._first:
            self._begin()
        parts = [self._block[max(start - self._first, 0) : stop - self._first]]
        while self._first + len(self._block) < stop:
            self._first += len(self._block)
            self._block = next(self._ahead)
            parts.append(self._block[max(start - self._first, 0) : max(stop - self._first, 0)])
        if stop == self._rows:  # nothing is ahead; let go of the last block
            self._begin()
        return np.concatenate(parts)


def _require(there: Sequence[str], names: Sequence[str]) -> None:
    if missing := [name for name in names if name not in there]:
        raise FeaturesMissing(missing=", ".join(missing))
