"""Precision of the first places of each month's list, by contender."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from training.evaluation.predictions import Predictions
from training.metrics import top_k


def monthly_precision(
    predictions: Predictions, contenders: Sequence[str], capacity: int
) -> list[dict[str, Any]]:
    """Return, for each month, the expected share of events among the first ``capacity`` rows.

    Each month has ``as_of``, ``rows``, ``events`` (rows with one) and ``precision`` by contender.
    Contenders that did not score are left out.
    """
    scored = [name for name in contenders if name in predictions.scores]
    found = []
    for day in predictions.months():
        month = predictions.where(predictions.as_ofs == day)
        found.append(
            {
                "as_of": day.isoformat(),
                "rows": len(month.labels),
                "events": int((month.labels > 0.5).sum()),
                "precision": {
                    name: top_k(month.scores[name], month.labels, capacity).precision
                    for name in scored
                },
            }
        )
    return found
