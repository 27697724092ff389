"""Similarity features of a complaint and a candidate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from models.linkage.blocking import GRACE_DAYS, CandidatePairs
from models.linkage.normalise import core_firm_name, core_name, numbers, phases
from models.linkage.snapshot import Candidate, ComplaintText

if TYPE_CHECKING:
    from numpy.typing import NDArray

PAIR_FEATURES = (
    "site_ratio",  # similarity of the whole names, 0 to 1
    "site_partial",  # best similarity of the shorter to a part of the longer
    "site_found",  # share of the complaint's n-grams found
    "site_same",  # the names are equal
    "firm_ratio",
    "firm_partial",
    "firm_found",
    "firm_same",
    "both_found",  # product of site_found and firm_found
    "other_stage",  # the complaint names another phase, lot or number
    "unsaid_stage",  # the project has a phase or lot, the complaint names none
    "not_begun",
    "long_over",  # completed more than GRACE_DAYS before
    "too_many",  # more workers than the largest number on site
)
NONE_FEATURES = ("none", "none_without_site", "none_without_firm")
"""Features of the alternative "none of them"."""

FEATURE_COUNT = len(PAIR_FEATURES) + len(NONE_FEATURES)

Texts = Sequence[str]

_core = lru_cache(maxsize=200_000)(core_name)
_phases = lru_cache(maxsize=200_000)(phases)
_numbers = lru_cache(maxsize=200_000)(numbers)


def similarity_features(
    complaints: Sequence[ComplaintText], candidates: Sequence[Candidate], pairs: CandidatePairs
) -> NDArray[np.float64]:
    """The features of all pairs, shape (complaints, compared + 1, FEATURE_COUNT).

    The last row of each complaint is the alternative "none of them".
    """
    count, compared = pairs.candidates.shape
    parts = np.zeros((count, compared + 1, FEATURE_COUNT))
    rows, columns = np.nonzero(pairs.candidates >= 0)
    right = [candidates[n] for n in pairs.candidates[rows, columns].tolist()]
    left = [complaints[n] for n in rows.tolist()]
    site = _name_similarity([_core(c.site) for c in left], [c.names for c in right])
    firm_names = {c.firm: core_firm_name(c.firm) for c in complaints}
    firm = _name_similarity([firm_names[c.firm] for c in left], [c.firms for c in right])
    site_found, firm_found = pairs.site[rows, columns], pairs.firm[rows, columns]
    features = (
        *(site[0], site[1], site_found, site[0] >= 1),
        *(firm[0], firm[1], firm_found, firm[0] >= 1),
        site_found * firm_found,
        *_phase_features(left, right),
        *_day_features(left, right),
        [
            bool(one.workers and other.max_present and one.workers > other.max_present)
            for one, other in zip(left, right, strict=True)
        ],
    )
    for index, values in enumerate(features):
        parts[rows, columns, index] = np.asarray(values, dtype=np.float64)
    parts[:, compared, len(PAIR_FEATURES)] = 1
    parts[:, compared, len(PAIR_FEATURES) + 1] = [not c.site for c in complaints]
    parts[:, compared, len(PAIR_FEATURES) + 2] = [not firm_names[c.firm] for c in complaints]
    return parts


def _name_similarity(texts: Texts, names: Sequence[Texts]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The best similarity of each text with any of its names: of the whole, and of a part."""
    from rapidfuzz import fuzz

    sizes = np.array([max(len(group), 1) for group in names], dtype=np.int64)
    left = [text for text, size in zip(texts, sizes.tolist(), strict=True) for _ in range(size)]
    right = [_core(name) for group in names for name in (group or ("",))]
    starts = np.cumsum(sizes) - sizes
    whole, part = (_best(left, right, starts, by) for by in (fuzz.ratio, fuzz.partial_ratio))
    return whole, part


def _best(
    left: Texts, right: Texts, starts: NDArray[np.int64], by: Callable[..., float]
) -> NDArray[Any]:
    from rapidfuzz.process import cpdist

    if not len(starts):
        return np.zeros(0)
    similarity = cpdist(left, right, scorer=by, dtype=np.float32, workers=-1) / 100
    # rapidfuzz gives two empty texts the similarity 1; here they are no evidence.
    similarity[np.array([not text for text in left])] = 0
    return np.asarray(np.maximum.reduceat(similarity, starts))


def _phase_features(
    complaints: Sequence[ComplaintText], candidates: Sequence[Candidate]
) -> tuple[list[bool], list[bool]]:
    """``other_stage`` and ``unsaid_stage`` of each pair."""
    other, unsaid = [], []
    for complaint, candidate in zip(complaints, candidates, strict=True):
        claimed = _phases(complaint.site)
        actual = frozenset[str]().union(*(_phases(name) for name in candidate.names))
        other.append(bool(claimed - actual) or _other_number(complaint.site, candidate.names))
        unsaid.append(bool(complaint.site and actual - claimed))
    return other, unsaid


def _other_number(site: str, names: Texts) -> bool:
    """Whether both have numbers and none in common; the building of a whole site is no conflict."""
    claimed = _numbers(site)
    return bool(claimed) and all(
        bool(actual := _numbers(name)) and claimed.isdisjoint(actual) for name in names
    )


def _day_features(
    complaints: Sequence[ComplaintText], candidates: Sequence[Candidate]
) -> tuple[list[bool], list[bool]]:
    """``not_begun`` and ``long_over`` of each pair."""
    pairs = [(a.received_on, b) for a, b in zip(complaints, candidates, strict=True)]
    not_begun = [bool(b.started_on and day < b.started_on) for day, b in pairs]
    long_over = [
        bool(b.completed_on and (day - b.completed_on).days > GRACE_DAYS) for day, b in pairs
    ]
    return not_begun, long_over
