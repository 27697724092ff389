"""How single features move a model's scores: SHAP contributions over a sample of training rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from features.matrix import Matrix
from models.base import ScoringModel
from training.json_safe import to_json_safe

if TYPE_CHECKING:
    from numpy.typing import NDArray

EFFECTS_ARTIFACT = "effects.json"
SHOWN = 10
"""Features of the table and of the beeswarm."""

MONTHS = 12
ROWS = 400


@dataclass(frozen=True)
class Sample:
    """Rows of training with the contributions of their features, strongest feature first.

    ``values`` and ``contributions`` have shape (rows, features); contributions are log-odds before
    calibration.
    """

    first: str
    last: str
    features: tuple[str, ...]
    values: NDArray[np.float64]
    contributions: NDArray[np.float64]


@dataclass(frozen=True)
class Effect:
    """One feature: mean absolute contribution, and the mean one of low, high and unknown values.

    ``low`` and ``high`` are the quartiles of the known values; at or below and at or above them
    values count as low and high. None where no row is of that kind.
    """

    feature: str
    size: float
    low: float | None
    high: float | None
    of_low: float | None
    of_high: float | None
    of_unknown: float | None
    unknown: int


def sample_of(matrix: Matrix, model: ScoringModel) -> Sample:
    """Evenly spaced rows of the last :data:`MONTHS` months, :data:`ROWS` at most.

    The features are the :data:`SHOWN` with the largest mean absolute contribution.
    """
    months = np.unique(matrix.as_ofs)[-MONTHS:]
    recent = np.flatnonzero(np.isin(matrix.as_ofs, months))
    recent = recent[np.argsort(matrix.as_ofs[recent], kind="stable")]
    step = max(1, -(-len(recent) // ROWS))
    mask = np.zeros(len(matrix.as_ofs), dtype=np.bool_)
    mask[recent[::step]] = True
    rows = matrix.where(mask).select_columns(model.columns)
    parts = model.contributions(rows)[:, :-1]
    sizes = np.abs(parts).mean(axis=0)
    ranked = sorted(range(len(sizes)), key=lambda at: (-sizes[at], model.columns[at]))
    shown = [at for at in ranked if sizes[at] > 0][:SHOWN]
    names = tuple(model.columns[at] for at in shown)
    return Sample(str(months[0]), str(months[-1]), names, rows.values[:, shown], parts[:, shown])


def effects(sample: Sample) -> list[Effect]:
    """The effect of each feature of ``sample``."""
    return [
        _effect(name, sample.values[:, at], sample.contributions[:, at])
        for at, name in enumerate(sample.features)
    ]


def to_text(sample: Sample) -> str:
    """The effects of ``sample`` as JSON, without the rows."""
    document: Mapping[str, Any] = {
        "first": sample.first,
        "last": sample.last,
        "rows": len(sample.values),
        "features": [asdict(effect) for effect in effects(sample)],
    }
    return json.dumps(to_json_safe(document))


def _effect(name: str, values: NDArray[np.float64], parts: NDArray[np.float64]) -> Effect:
    known = ~np.isnan(values)
    low, high = np.quantile(values[known], (0.25, 0.75)) if known.any() else (np.nan, np.nan)
    return Effect(
        name,
        float(np.abs(parts).mean()),
        _number(low),
        _number(high),
        _mean(parts[known & (values <= low)]),
        _mean(parts[known & (values >= high)]),
        _mean(parts[~known]),
        int((~known).sum()),
    )


def _mean(parts: NDArray[np.float64]) -> float | None:
    return float(parts.mean()) if len(parts) else None


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
