"""Red flags by grade: how common each grade is, and how much more often arrears follow it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from risk.flags import GRADES, count_by_grade, is_counted, red_flags
from risk.store.store import RecordStore
from training.evaluation.bootstrap import Estimate, Weights, concat_batches, estimate, in_batches
from training.evaluation.predictions import Predictions
from training.metrics import ratio_or_nan

if TYPE_CHECKING:
    from numpy.typing import NDArray

ANY = "any"
"""Rows with a flag of any grade."""
COUNTED = "counted"
"""Rows with a flag about people or money, which lists and campaigns count."""
FIGURES = ("share", "lift", "recall")

Carried = Mapping[str, "NDArray[np.bool_]"]
"""Whether each row of the predictions has a flag of a grade; arrays of shape (rows,)."""


@dataclass(frozen=True)
class GradeFigures:
    """Figures of the project-months with a flag of one grade.

    ``share``: their share of all; ``lift``: their event rate against that of all; ``recall``: the
    share of all events that are theirs.
    """

    share: Estimate
    lift: Estimate
    recall: Estimate


def flags_carried(store: RecordStore, predictions: Predictions) -> Carried:
    """Which rows of ``predictions`` have flags of each grade, as known at their as_of."""
    names = (*(grade.value for grade in GRADES), COUNTED, ANY)
    carried = {name: np.zeros(len(predictions.project_ids), dtype=bool) for name in names}
    for day in predictions.months():
        found = red_flags(store, day)
        for row in np.flatnonzero(predictions.as_ofs == np.datetime64(day)):
            flags = found.get(predictions.project_ids[row], ())
            for name in _names([flag.code for flag in flags]):
                carried[name][row] = True
    return carried


def flag_grades(
    carried: Carried, predictions: Predictions, weights: Weights
) -> dict[str, GradeFigures]:
    """The figures of every grade.

    ``weights`` as made by :func:`training.evaluation.bootstrap.bootstrap_weights`.
    """
    return {name: _figures(rows, predictions, weights) for name, rows in carried.items()}


def _names(codes: Sequence[str]) -> list[str]:
    counts = count_by_grade(codes)
    names = [grade.value for grade, count in counts.items() if count]
    if any(map(is_counted, codes)):
        names.append(COUNTED)
    return [*names, ANY] if codes else names


def _figures(rows: NDArray[np.bool_], predictions: Predictions, weights: Weights) -> GradeFigures:
    labels, batches = predictions.labels, []
    for batch in in_batches(weights):
        has, events = batch @ rows.astype(float), batch @ labels
        both, every = batch @ (rows * labels), batch.sum(axis=1)
        batches.append(
            {
                "share": ratio_or_nan(has, every),
                "lift": ratio_or_nan(both * every, has * events),
                "recall": ratio_or_nan(both, events),
            }
        )
    found = concat_batches(batches)
    positives = predictions.events_of(rows)
    return GradeFigures(**{name: estimate(found[name], positives) for name in FIGURES})
