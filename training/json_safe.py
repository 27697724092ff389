"""Results as JSON-ready data: what JSON cannot say becomes None, never a made-up number."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np


def plain(value: Any) -> Any:
    """``value`` with plain dicts, lists, numbers and texts all the way down.

    >>> plain({"a": (1, float("nan")), "day": dt.date(2025, 1, 2)})
    {'a': [1, None], 'day': '2025-01-02'}
    """
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value.isoformat() if isinstance(value, dt.date) else value
