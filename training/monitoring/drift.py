"""Drift of features and score against the training data, beyond chance and season.

The population stability index (PSI) of a feature compares its distribution at a date with that of
the last year of training. Finite samples move it even where nothing changed, so it counts as a
shift only above what chance explains (approximately a chi-square over the number of projects;
B. Yurdakul, "Statistical properties of population stability index", 2018), above the largest index
between months of the training data, and above 0.1.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.matrix import Matrix
from training.json_safe import to_json_safe

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

PROFILE_ARTIFACT = "profile.json"
REFERENCE_MONTHS = 12
MIN_INDEX = 0.1
"""Lowest index called a shift, by the convention of credit scoring."""

SCORE = "score"
"""The model's own score, monitored like a feature."""

_BINS = 8
_ALPHA = 0.001
_PSEUDO_COUNT = 0.5


@dataclass(frozen=True)
class Distribution:
    """Distribution of a feature in training: ``counts`` per bin, the last bin for unknown.

    ``edges`` are between the bins of known values; ``usual`` is the largest index of one training
    month against the other months, ``months`` their number.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    usual: float
    months: int


@dataclass(frozen=True)
class ReferenceProfile:
    """The distributions of all features and of the score over the last year of training.

    ``importance`` is each feature's share of the model's gain.
    """

    first: str
    last: str
    projects: int
    spreads: Mapping[str, Distribution]
    importance: Mapping[str, float]

    def to_text(self) -> str:
        """The profile as JSON; :func:`parse_profile` reads it."""
        return json.dumps(to_json_safe(asdict(self)))


@dataclass(frozen=True)
class Shift:
    """A shifted feature: its index, and the index that chance and usual months explain at most.

    ``unknown_before`` and ``unknown_now`` are the shares of unknown values.
    """

    feature: str
    index: float
    chance: float
    usual: float
    importance: float
    unknown_before: float
    unknown_now: float


def parse_profile(text: str) -> ReferenceProfile:
    """The profile written by :meth:`ReferenceProfile.to_text`."""
    document = json.loads(text)
    spreads = {
        name: Distribution(
            tuple(spread["edges"]), tuple(spread["counts"]), spread["usual"], spread["months"]
        )
        for name, spread in document["spreads"].items()
    }
    return ReferenceProfile(
        document["first"],
        document["last"],
        document["projects"],
        spreads,
        document["importance"],
    )


def reference_profile(
    matrix: Matrix, scores: NDArray[np.float64], importance: Mapping[str, float]
) -> ReferenceProfile:
    """The profile of the last year of ``matrix``; ``scores`` are the model's of the same rows."""
    months = np.unique(matrix.as_ofs)[-REFERENCE_MONTHS:]
    rows = np.isin(matrix.as_ofs, months)
    as_ofs = matrix.as_ofs[rows]
    spreads = {
        name: _distribution(matrix.values[rows, column], as_ofs)
        for column, name in enumerate(matrix.columns)
    }
    spreads[SCORE] = _distribution(scores[rows], as_ofs)
    return ReferenceProfile(
        str(months[0]),
        str(months[-1]),
        len({matrix.project_ids[row] for row in np.flatnonzero(rows)}),
        spreads,
        importance,
    )


def feature_shifts(
    reference: ReferenceProfile, now: Matrix, scores: NDArray[np.float64]
) -> list[Shift]:
    """The features (and the score) of ``now`` that shifted, most important first."""
    shifts = []
    columns = {name: now.values[:, column] for column, name in enumerate(now.columns)}
    for name, spread in reference.spreads.items():
        values = scores if name == SCORE else columns.get(name)
        if values is not None and len(values):
            shifts.append(_shift(reference, name, spread, values))
    large = [shift for shift in shifts if shift.index > max(shift.chance, shift.usual, MIN_INDEX)]
    return sorted(large, key=lambda shift: (-shift.importance, -shift.index, shift.feature))


def population_stability_index(before: ArrayLike, now: ArrayLike) -> float:
    """The population stability index of two sets of counts over the same bins.

    Half a row is added to every bin, so that an empty bin does not make it infinite. Bins that are
    empty on both sides are left out: half a row is a larger share of fewer rows.

    >>> round(population_stability_index([50, 50], [50, 50]), 3)
    0.0
    >>> round(population_stability_index([80, 20], [20, 80]), 2)
    1.63
    """
    p, q = np.asarray(before, dtype=np.float64), np.asarray(now, dtype=np.float64)
    used = (p > 0) | (q > 0)
    p, q = p[used] + _PSEUDO_COUNT, q[used] + _PSEUDO_COUNT
    p, q = p / p.sum(), q / q.sum()
    return float(((q - p) * np.log(q / p)).sum())


def _shift(
    reference: ReferenceProfile, name: str, spread: Distribution, values: NDArray[np.float64]
) -> Shift:
    counts = _counts(values, spread.edges)
    used_bins = sum(1 for old, new in zip(spread.counts, counts, strict=True) if old or new)
    return Shift(
        feature=name,
        index=population_stability_index(spread.counts, counts),
        chance=_chance_bound(used_bins, reference.projects, len(values)),
        usual=spread.usual,
        importance=float(reference.importance.get(name, 1.0 if name == SCORE else 0.0)),
        unknown_before=spread.counts[-1] / max(sum(spread.counts), 1),
        unknown_now=counts[-1] / len(values),
    )


def _chance_bound(bins: int, projects: int, now: int) -> float:
    """The index exceeded once in a thousand times if nothing changed.

    The months of a project are one observation, so projects are counted, not rows.
    """
    from scipy.stats import chi2  # type: ignore[import-untyped]

    if bins < 2:
        return 0.0
    scale = 1 / max(projects, 1) + 1 / now
    return float(chi2.ppf(1 - _ALPHA, bins - 1) * scale)


def _distribution(values: NDArray[np.float64], as_ofs: NDArray[np.datetime64]) -> Distribution:
    known = values[~np.isnan(values)]
    cuts = np.quantile(known, np.linspace(0, 1, _BINS + 1)[1:-1]) if len(known) else np.zeros(0)
    edges = tuple(float(cut) for cut in np.unique(cuts))
    months = np.unique(as_ofs)
    by_month = np.array([_counts(values[as_ofs == month], edges) for month in months])
    total = by_month.sum(axis=0)
    usual = max(
        (population_stability_index(total - counts, counts) for counts in by_month)
        if len(months) > 1
        else [0.0],
    )
    return Distribution(edges, tuple(int(count) for count in total), float(usual), len(months))


def _counts(values: NDArray[np.float64], edges: Sequence[float]) -> NDArray[np.int64]:
    unknown = np.isnan(values)
    bins = np.searchsorted(np.array(edges), values[~unknown], side="left")
    counts = np.bincount(bins, minlength=len(edges) + 1)
    return np.append(counts, unknown.sum()).astype(np.int64)
