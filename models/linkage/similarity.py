"""How a complaint and somebody it may mean agree, as numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from models.linkage.blocking import GRACE_DAYS, CandidatePairs
from models.linkage.normalise import core_firm_name, core_name, phases
from models.linkage.snapshot import Candidate, ComplaintText

if TYPE_CHECKING:
    from numpy.typing import NDArray

PAIR_FEATURES = (
    "site_ratio",  # how alike the whole names are
    "site_partial",  # how well the shorter stands in the longer
    "site_found",  # share of what was said found again
    "site_same",  # nothing differs
    "firm_ratio",
    "firm_partial",
    "firm_found",
    "firm_same",
    "both_found",  # site and employer agree at once
    "other_stage",  # another phase or lot is named
    "unsaid_stage",  # the project has a phase or lot, the complaint names none
    "not_begun",
    "long_over",  # completed more than GRACE_DAYS before
    "too_many",  # more workers than were ever counted on site
)
NONE_FEATURES = ("none", "none_without_site", "none_without_firm")
"""What speaks for nobody of those that come into question."""

FEATURE_COUNT = len(PAIR_FEATURES) + len(NONE_FEATURES)

Texts = Sequence[str]

_core = lru_cache(maxsize=200_000)(core_name)
_stages = lru_cache(maxsize=200_000)(phases)


def similarity_features(
    complaints: Sequence[ComplaintText], targets: Sequence[Candidate], pairs: CandidatePairs
) -> NDArray[np.float64]:
    """The features of all pairs, shape (complaints, compared + 1, FEATURE_COUNT).

    The last row of each complaint is the alternative "none of them".
    """
    count, most = pairs.candidates.shape
    parts = np.zeros((count, most + 1, FEATURE_COUNT))
    said, asked = np.nonzero(pairs.candidates >= 0)
    who = [targets[n] for n in pairs.candidates[said, asked].tolist()]
    told = [complaints[n] for n in said.tolist()]
    site = _alike([_core(one.site) for one in told], [one.names for one in who])
    heard = {one.firm: core_firm_name(one.firm) for one in complaints}
    firm = _alike([heard[one.firm] for one in told], [one.firms for one in who])
    columns = (
        *(site[0], site[1], pairs.site[said, asked], site[0] >= 1),
        *(firm[0], firm[1], pairs.firm[said, asked], firm[0] >= 1),
        pairs.site[said, asked] * pairs.firm[said, asked],
        *_stage_parts(told, who),
        *_day_parts(told, who),
        [
            bool(t.workers and w.max_present and t.workers > w.max_present)
            for t, w in zip(told, who, strict=True)
        ],
    )
    for place, column in enumerate(columns):
        parts[said, asked, place] = np.asarray(column, dtype=np.float64)
    parts[:, most, len(PAIR_FEATURES)] = 1
    parts[:, most, len(PAIR_FEATURES) + 1] = [not one.site for one in complaints]
    parts[:, most, len(PAIR_FEATURES) + 2] = [not heard[one.firm] for one in complaints]
    return parts


def _alike(said: Texts, names: Sequence[Texts]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The best likeness of each text with any of its names: whole, and of the shorter in it."""
    from rapidfuzz import fuzz

    sizes = np.array([max(len(one), 1) for one in names], dtype=np.int64)
    left = [text for text, size in zip(said, sizes.tolist(), strict=True) for _ in range(size)]
    right = [_core(name) for one in names for name in (one or ("",))]
    starts = np.cumsum(sizes) - sizes
    whole, part = (_best(left, right, starts, by) for by in (fuzz.ratio, fuzz.partial_ratio))
    return whole, part


def _best(
    left: Texts, right: Texts, starts: NDArray[np.int64], by: Callable[..., float]
) -> NDArray[Any]:
    from rapidfuzz.process import cpdist

    if not len(starts):
        return np.zeros(0)
    likeness = cpdist(left, right, scorer=by, dtype=np.float32, workers=-1) / 100
    # Two empty texts are alike to the library; here they say nothing.
    likeness[np.array([not (a and b) for a, b in zip(left, right, strict=True)])] = 0
    return np.asarray(np.maximum.reduceat(likeness, starts))


def _stage_parts(
    told: Sequence[ComplaintText], who: Sequence[Candidate]
) -> tuple[list[bool], list[bool]]:
    other, unsaid = [], []
    for one, target in zip(told, who, strict=True):
        said = _stages(one.site)
        named = frozenset[str]().union(*(_stages(name) for name in target.names))
        other.append(bool(said - named))
        unsaid.append(bool(one.site and named - said))
    return other, unsaid


def _day_parts(
    told: Sequence[ComplaintText], who: Sequence[Candidate]
) -> tuple[list[bool], list[bool]]:
    begun = [
        bool(w.started_on and t.received_on < w.started_on) for t, w in zip(told, who, strict=True)
    ]
    over = [
        bool(w.completed_on and (t.received_on - w.completed_on).days > GRACE_DAYS)
        for t, w in zip(told, who, strict=True)
    ]
    return begun, over
