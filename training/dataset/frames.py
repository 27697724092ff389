"""Feature matrices as pandas frames and back; pandas is an extra and imported when used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from features.matrix import Matrix
from risk.unit_kinds import Kind

if TYPE_CHECKING:
    import pandas as pd

AS_OF, UNIT = "as_of", "project_id"


def feature_frame(matrix: Matrix, *, keys: bool = False) -> pd.DataFrame:
    """The features, one column each, NaN where unknown; ``keys`` adds as_of and project_id."""
    import pandas as pd

    frame = pd.DataFrame(matrix.values, columns=list(matrix.columns))
    if keys:
        frame.insert(0, AS_OF, matrix.as_ofs.astype("datetime64[us]"))
        frame.insert(1, UNIT, pd.Series(matrix.project_ids, dtype="str"))
    return frame


def matrix_of(data: Any, columns: Sequence[str], kind: Kind = "project") -> Matrix:
    """The matrix of a frame with ``columns``, by name, or of an array of just these, in order.

    Raises:
        ValueError: a column is missing, or the array has another number of columns.
    """
    names = tuple(columns)
    if hasattr(data, "columns"):
        missing = [name for name in names if name not in data.columns]
        if missing:
            raise ValueError(f"missing columns: {', '.join(missing)}")
        values = data[list(names)].to_numpy(dtype=np.float64)
        as_ofs = data[AS_OF].to_numpy(dtype="datetime64[D]") if AS_OF in data.columns else None
        units = tuple(data[UNIT].astype(str)) if UNIT in data.columns else None
    else:
        values, as_ofs, units = np.asarray(data, dtype=np.float64), None, None
        if values.ndim != 2 or values.shape[1] != len(names):
            raise ValueError(f"found shape {values.shape}; expected (rows, {len(names)})")
    days = np.full(len(values), np.datetime64("NaT", "D")) if as_ofs is None else as_ofs
    return Matrix(days, units or ("",) * len(values), names, values, kind)
