"""Has what the model sees moved away from what it was trained on, beyond noise and season?

The population stability index of a feature compares its spread at a date with that of the last
year of training. Finite samples move it even where nothing changed, so it counts only above what
chance explains (it is then near a chi-square over the number of projects; B. Yurdakul, "Statistical
properties of population stability index", 2018), above what the months of training moved among
themselves, and above 0.1.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.matrix import Matrix
from training.json_safe import plain

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

PAPER = "profile.json"
REFERENCE_MONTHS = 12
LEAST_INDEX = 0.1
"""Below it nobody calls it a shift: the convention of credit scoring, where the index is from."""

SCORE = "score"
"""The model's own score, watched like a feature."""

_BINS = 8
_CHANCE = 0.001
_HALF = 0.5


@dataclass(frozen=True)
class Spread:
    """How a feature was spread in training: ``counts`` per bin, the last bin being unknown.

    ``edges`` part the known values; ``usual`` is the largest index of one training month against
    the others, ``months`` how many months there were.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    usual: float
    months: int


@dataclass(frozen=True)
class Profile:
    """The spreads of all features and of the score over the last year of training.

    ``importance`` is each feature's share of the model's gain; 0 for all where it has none.
    """

    first: str
    last: str
    projects: int
    spreads: Mapping[str, Spread]
    importance: Mapping[str, float]

    def to_text(self) -> str:
        """As JSON."""
        return json.dumps(plain(asdict(self)))


@dataclass(frozen=True)
class Shift:
    """A feature that moved: the index, what chance and the usual months explain of it at most.

    ``unknown_before`` and ``unknown_now`` are the shares of unknown values.
    """

    feature: str
    index: float
    chance: float
    usual: float
    importance: float
    unknown_before: float
    unknown_now: float


def from_text(body: str) -> Profile:
    """What :meth:`Profile.to_text` wrote."""
    read = json.loads(body)
    spreads = {
        name: Spread(tuple(one["edges"]), tuple(one["counts"]), one["usual"], one["months"])
        for name, one in read["spreads"].items()
    }
    return Profile(read["first"], read["last"], read["projects"], spreads, read["importance"])


def profile(
    matrix: Matrix, scores: NDArray[np.float64], importance: Mapping[str, float]
) -> Profile:
    """The profile of the last year of ``matrix``; ``scores`` are the model's of the same rows."""
    months = np.unique(matrix.as_ofs)[-REFERENCE_MONTHS:]
    kept = np.isin(matrix.as_ofs, months)
    as_ofs = matrix.as_ofs[kept]
    spreads = {
        name: _spread(matrix.values[kept, place], as_ofs)
        for place, name in enumerate(matrix.columns)
    }
    spreads[SCORE] = _spread(scores[kept], as_ofs)
    return Profile(
        str(months[0]),
        str(months[-1]),
        len({matrix.project_ids[row] for row in np.flatnonzero(kept)}),
        spreads,
        importance,
    )


def shifts(before: Profile, now: Matrix, scores: NDArray[np.float64]) -> list[Shift]:
    """The features (and the score) of ``now`` that moved, the most important first."""
    found = []
    columns = {name: now.values[:, place] for place, name in enumerate(now.columns)}
    for name, spread in before.spreads.items():
        values = scores if name == SCORE else columns.get(name)
        if values is not None and len(values):
            found.append(_shift(before, name, spread, values))
    moved = [one for one in found if one.index > max(one.chance, one.usual, LEAST_INDEX)]
    return sorted(moved, key=lambda one: (-one.importance, -one.index, one.feature))


def stability_index(before: ArrayLike, now: ArrayLike) -> float:
    """The population stability index of two sets of counts over the same bins.

    Half a row is added to every bin, so an empty bin does not make it infinite.

    >>> round(stability_index([50, 50], [50, 50]), 3)
    0.0
    >>> round(stability_index([80, 20], [20, 80]), 2)
    1.63
    """
    was = np.asarray(before, dtype=np.float64) + _HALF
    is_ = np.asarray(now, dtype=np.float64) + _HALF
    was, is_ = was / was.sum(), is_ / is_.sum()
    return float(((is_ - was) * np.log(is_ / was)).sum())


def _shift(before: Profile, name: str, spread: Spread, values: NDArray[np.float64]) -> Shift:
    counts = _counts(values, spread.edges)
    used = sum(1 for was, is_ in zip(spread.counts, counts, strict=True) if was or is_)
    return Shift(
        feature=name,
        index=stability_index(spread.counts, counts),
        chance=_explained_by_chance(used, before.projects, len(values)),
        usual=spread.usual,
        importance=float(before.importance.get(name, 1.0 if name == SCORE else 0.0)),
        unknown_before=spread.counts[-1] / max(sum(spread.counts), 1),
        unknown_now=counts[-1] / len(values),
    )


def _explained_by_chance(bins: int, projects: int, now: int) -> float:
    """What the index exceeds once in a thousand times where nothing changed.

    A project's months are one observation, not many, so projects are counted.
    """
    from scipy.stats import chi2  # type: ignore[import-untyped]

    if bins < 2:
        return 0.0
    scale = 1 / max(projects, 1) + 1 / now
    return float(chi2.ppf(1 - _CHANCE, bins - 1) * scale)


def _spread(values: NDArray[np.float64], as_ofs: NDArray[np.datetime64]) -> Spread:
    known = values[~np.isnan(values)]
    cuts = np.quantile(known, np.linspace(0, 1, _BINS + 1)[1:-1]) if len(known) else np.zeros(0)
    edges = tuple(float(cut) for cut in np.unique(cuts))
    months = np.unique(as_ofs)
    by_month = np.array([_counts(values[as_ofs == month], edges) for month in months])
    whole = by_month.sum(axis=0)
    usual = max(
        (stability_index(whole - one, one) for one in by_month) if len(months) > 1 else [0.0],
    )
    return Spread(edges, tuple(int(n) for n in whole), float(usual), len(months))


def _counts(values: NDArray[np.float64], edges: Sequence[float]) -> NDArray[np.int64]:
    unknown = np.isnan(values)
    place = np.searchsorted(np.array(edges), values[~unknown], side="left")
    counts = np.bincount(place, minlength=len(edges) + 1)
    return np.append(counts, unknown.sum()).astype(np.int64)
