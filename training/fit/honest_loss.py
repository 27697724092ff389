"""Log loss as it would have been: number of rounds and calibration chosen by earlier months only.

The log loss of the rows that chose them is too small.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from models import calibration
from models.scorecard import shrunk_rate
from risk.calendar.dates import HORIZON_DAYS
from training.fit.out_of_time import MIN_EVENTS_FOR_CALIBRATION, best_stage
from training.metrics import event_starts, log_loss

if TYPE_CHECKING:
    from numpy.typing import NDArray


def honest_losses(
    stages: NDArray[np.float64],
    project_ids: Sequence[str],
    as_ofs: NDArray[np.datetime64],
    labels: NDArray[np.float64],
    expected: NDArray[np.float64],
) -> Mapping[str, float]:
    """``log_loss`` of the months with enough earlier events, and that of their earlier rate alone.

    ``stages`` are raw out-of-time scores by number of rounds, shape (rows, stages). Only horizons
    that ended before a month count as earlier. Empty where no month has enough.
    """
    probability = np.full(len(labels), np.nan)
    rate = np.full(len(labels), np.nan)
    starts = event_starts(project_ids, as_ofs, labels)
    for month in np.unique(as_ofs):
        earlier, rows = as_ofs <= month - HORIZON_DAYS, as_ofs == month
        if starts[earlier].sum() < MIN_EVENTS_FOR_CALIBRATION:
            continue
        stage, scores = best_stage(stages[earlier], expected[earlier])
        calibrated = calibration.fit(scores, expected[earlier])
        probability[rows] = calibrated.probability(stages[rows, stage])
        rate[rows] = shrunk_rate(expected[earlier])
    judged = ~np.isnan(probability)
    if not judged.any():
        return {}
    return {
        "log_loss": log_loss(probability[judged], labels[judged]),
        "log_loss_of_rate": log_loss(rate[judged], labels[judged]),
    }
