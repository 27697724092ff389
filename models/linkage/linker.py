"""Complaints without a project, each with who may be meant, how likely, and which words agree."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models.linkage.blocking import MAX_COMPARED, CandidatePairs, block
from models.linkage.conditional_logit import Weights, fit, probabilities, shipped_weights
from models.linkage.normalise import core_firm_name, core_name, shared_pieces
from models.linkage.similarity import similarity_features
from models.linkage.snapshot import Candidate, ComplaintText, LinkageSnapshot, read_snapshot

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from risk.store.store import RecordStore

MAX_CANDIDATES = 5
MIN_PROBABILITY = 0.01
"""Candidates less likely are not worth a person's look."""

OPEN_DAYS = 365
TRAINING_DAYS = 3 * 365
WITHHELD_SHARE = 0.1
"""Share of the complaints learnt from whose project is taken away: then none of them is right."""

_Meant = Callable[[ComplaintText, Candidate], bool]


@dataclass(frozen=True)
class RankedCandidate:
    """Somebody who may be meant. ``probability`` in 0..1; ``site_words`` and ``firm_words`` are

    the pieces of ``name`` and ``firm`` that the complaint says too.
    """

    key: str
    region_code: str | None
    name: str
    firm: str
    probability: float
    site_words: tuple[str, ...]
    firm_words: tuple[str, ...]
    under_way: bool | None


@dataclass(frozen=True)
class ComplaintCandidates:
    """A complaint and who may be meant, the likeliest first; the chances sum to at most 1."""

    complaint: ComplaintText
    projects: tuple[RankedCandidate, ...]
    organisations: tuple[RankedCandidate, ...]


@dataclass(frozen=True)
class LinkageResult:
    """All complaints looked at, and the weights it was done with."""

    complaints: tuple[ComplaintCandidates, ...]
    project_weights: Weights
    organisation_weights: Weights


def link_complaints(
    store: RecordStore, as_of: dt.date, days: int = OPEN_DAYS, most: int = MAX_CANDIDATES
) -> LinkageResult:
    """Candidates for the complaints of the last ``days`` days that name no known project.

    Only what was known strictly before ``as_of`` is used, to learn from and to compare with.
    A complaint already linked by a person is among them: the decision can be taken back.
    """
    known = read_snapshot(store, as_of, as_of - dt.timedelta(days=max(days, TRAINING_DAYS)))
    since = as_of - dt.timedelta(days=days)
    waiting = [
        one for one in known.complaints if one.project_id is None and one.received_on >= since
    ]
    by_project = fitted_weights(known, "project")
    by_firm = fitted_weights(known, "organisation")
    projects = _candidates(waiting, known.projects, by_project, most)
    firms = _candidates([_firm_only(one) for one in waiting], known.organisations, by_firm, most)
    found = zip(waiting, projects, firms, strict=True)
    return LinkageResult(tuple(ComplaintCandidates(*one) for one in found), by_project, by_firm)


def training_examples(known: LinkageSnapshot, kind: str) -> Examples:
    """Parts, candidates and what was meant, of the complaints that do name their project.

    For an organisation whoever the case was against, else any that builds the project.
    """
    named = [one for one in known.complaints if one.project_id and (one.site or one.firm)]
    if kind == "project":
        targets = known.projects
    else:
        targets = known.organisations
        named = [_firm_only(one) for one in named if core_firm_name(one.firm)]
    pairs = block(named, targets)
    right = np.array(
        [
            [n >= 0 and _is_meant(known, kind, one, targets[n].key) for n in row]
            for one, row in zip(named, pairs.candidates.tolist(), strict=True)
        ],
        dtype=np.bool_,
    ).reshape(pairs.candidates.shape)
    gone = np.array([_left_out(one) for one in named], dtype=np.bool_)
    kept = (pairs.candidates >= 0) & ~(right & gone[:, None])
    right &= kept
    parts = similarity_features(named, targets, pairs)
    ones = np.ones((len(named), 1), dtype=np.bool_)
    none = ~right.any(axis=1, keepdims=True)
    return parts, np.hstack([kept, ones]), np.hstack([right, none])


def fitted_weights(known: LinkageSnapshot, kind: str) -> Weights:
    """The shipped weights, moved as far as the county's own complaints give reason to."""
    return fit(*training_examples(known, kind), start=shipped_weights(kind))


def _is_meant(known: LinkageSnapshot, kind: str, said: ComplaintText, key: str) -> bool:
    if kind == "project":
        return key == said.project_id
    charged = known.respondents.get(said.complaint_id)
    if charged is not None:
        return key == charged
    return key in known.builders.get(said.project_id or "", ())


def _left_out(said: ComplaintText) -> bool:
    """Drawn by the complaint's number, so that it is the same one every time."""
    return zlib.crc32(said.complaint_id.encode()) % 1000 < WITHHELD_SHARE * 1000


def _firm_only(said: ComplaintText) -> ComplaintText:
    return ComplaintText(
        said.complaint_id, said.received_on, "", said.firm, None, None, None, said.project_id
    )


def match_probabilities(
    complaints: Sequence[ComplaintText], targets: Sequence[Candidate], weights: Weights
) -> tuple[CandidatePairs, NDArray[np.float64]]:
    """Who comes into question, and how likely each of them and none of them is meant."""
    pairs = block(complaints, targets, MAX_COMPARED)
    real = np.hstack([pairs.candidates >= 0, np.ones((len(complaints), 1), dtype=np.bool_)])
    return pairs, probabilities(similarity_features(complaints, targets, pairs), real, weights)


def _candidates(
    complaints: Sequence[ComplaintText], targets: Sequence[Candidate], weights: Weights, most: int
) -> list[tuple[RankedCandidate, ...]]:
    pairs, likely = match_probabilities(complaints, targets, weights)
    found = []
    for said, row, odds in zip(complaints, pairs.candidates, likely, strict=True):
        real = [(float(p), int(n)) for p, n in zip(odds[:-1], row, strict=True) if n >= 0]
        real.sort(key=lambda one: (-round(one[0], 6), targets[one[1]].key))
        found.append(
            tuple(_told(said, targets[n], p) for p, n in real[:most] if p >= MIN_PROBABILITY)
        )
    return found


def _told(said: ComplaintText, target: Candidate, probability: float) -> RankedCandidate:
    name, site_words = _closest(core_name(said.site) if said.site else "", target.names)
    firm, firm_words = _closest(core_firm_name(said.firm), target.firms)
    over = target.completed_on is not None and target.completed_on < said.received_on
    begun = None if target.started_on is None else target.started_on <= said.received_on
    return RankedCandidate(
        key=target.key,
        region_code=target.region_code,
        name=name,
        firm=firm,
        probability=round(probability, 4),
        site_words=site_words,
        firm_words=firm_words,
        under_way=None if begun is None else begun and not over,
    )


def _closest(said: str, names: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The name that has most of what was said, and the pieces they share."""
    told = [(shared_pieces(said, name) if said else (), name) for name in names]
    if not told:
        return "", ()
    words, name = max(told, key=lambda one: sum(len(piece) for piece in one[0]))
    return (name, words)


if TYPE_CHECKING:
    Examples = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]
