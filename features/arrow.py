"""Columns of an Arrow table as NumPy arrays.

``pyarrow.ChunkedArray.to_numpy`` imports pandas, which takes longer than computing the features of
a county.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray


def doubles_of(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """The values of a DOUBLE column; NaN for NULL."""
    parts = [_chunk_of_doubles(chunk) for chunk in column.chunks]
    return np.concatenate(parts) if parts else np.empty(0)


def days_of(column: pa.ChunkedArray) -> NDArray[np.datetime64]:
    """The values of a DATE column without NULLs."""
    parts = [_values(chunk, np.int32) for chunk in column.chunks]
    return (np.concatenate(parts) if parts else np.empty(0, np.int32)).astype("datetime64[D]")


def _chunk_of_doubles(chunk: pa.Array) -> NDArray[np.float64]:
    values = _values(chunk, np.float64)
    if not chunk.null_count:
        return values
    bits = np.frombuffer(chunk.buffers()[0], np.uint8)
    valid = np.unpackbits(bits, bitorder="little")[chunk.offset : chunk.offset + len(chunk)]
    return np.where(valid, values, np.nan)


def _values(chunk: pa.Array, kind: type[np.generic]) -> NDArray[Any]:
    """The values of a chunk of numbers; undefined where they are NULL."""
    data = chunk.buffers()[1]
    if data is None or not len(chunk):
        return np.zeros(len(chunk), kind)
    return np.frombuffer(data, kind)[chunk.offset : chunk.offset + len(chunk)]
