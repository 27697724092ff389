"""Conversion of results to JSON-safe values."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np


def to_json_safe(value: Any) -> Any:
    """``value`` with dicts, lists, numbers and strings only; NaN and infinity become None.

    >>> to_json_safe({"a": (1, float("nan")), "day": dt.date(2025, 1, 2)})
    {'a': [1, None], 'day': '2025-01-02'}
    """
    if isinstance(value, dict):
        return {str(key): to_json_safe(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json_safe(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return to_json_safe(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value.isoformat() if isinstance(value, dt.date) else value
