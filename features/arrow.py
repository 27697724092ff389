"""Columns of an Arrow table as NumPy arrays.

Arrow's own way loads pandas, which takes longer than the features of a county.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray


def doubles_of(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """The values of a DOUBLE column; an unknown one is NaN."""
    parts = [_chunk_of_doubles(chunk) for chunk in column.chunks]
    return np.concatenate(parts) if parts else np.empty(0)


def days_of(column: pa.ChunkedArray) -> NDArray[np.datetime64]:
    """The values of a DATE column without unknown ones."""
    parts = [_values(chunk, np.int32) for chunk in column.chunks]
    return (np.concatenate(parts) if parts else np.empty(0, np.int32)).astype("datetime64[D]")


def _chunk_of_doubles(chunk: pa.Array) -> NDArray[np.float64]:
    values = _values(chunk, np.float64)
    if not chunk.null_count:
        return values
    bits = np.frombuffer(chunk.buffers()[0], np.uint8)
    there = np.unpackbits(bits, bitorder="little")[chunk.offset : chunk.offset + len(chunk)]
    return np.where(there, values, np.nan)


def _values(chunk: pa.Array, kind: type[np.generic]) -> NDArray[Any]:
    """What a chunk of numbers holds, in unknown places anything."""
    data = chunk.buffers()[1]
    if data is None or not len(chunk):
        return np.zeros(len(chunk), kind)
    return np.frombuffer(data, kind)[chunk.offset : chunk.offset + len(chunk)]
