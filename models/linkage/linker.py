"""Candidates for complaints without a project, with probabilities and matching words."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from models.linkage.blocking import MAX_COMPARED, Blocking, CandidatePairs, block
from models.linkage.conditional_logit import Weights, fit, probabilities, shipped_weights
from models.linkage.equal_names import Likeness, NameMatch, Namesakes, equal_names
from models.linkage.normalise import core_firm_name, core_name, shared_pieces
from models.linkage.similarity import PAIR_FEATURES, similarity_features
from models.linkage.snapshot import Candidate, ComplaintText, LinkageSnapshot, read_snapshot

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from risk.store.store import RecordStore

MAX_CANDIDATES = 5
MIN_PROBABILITY = 0.01
"""Candidates of lower probability are not shown."""

OPEN_DAYS = 365
TRAINING_DAYS = 3 * 365
EQUAL_LOG_ODDS = {"equal": 6.0, "nearly": 3.0}
"""Log-odds a name that is the same adds; a judgement, since the simulator damages every name."""

_AT_ONCE = 1000
"""Complaints that are compared at the same time."""

WITHHELD_SHARE = 0.1
"""Share of the training complaints whose project is withheld, so that "none" is right."""


@dataclass(frozen=True)
class RankedCandidate:
    """A project or organisation a complaint may mean, with ``probability`` in 0..1.

    ``site_words`` and ``firm_words`` are the parts of ``name`` and ``firm`` that the complaint
    contains too.
    """

    key: str
    region_code: str | None
    name: str
    firm: str
    probability: float
    site_words: tuple[str, ...]
    firm_words: tuple[str, ...]
    under_way: bool | None
    likeness: Likeness | None
    """How far the names are the same."""

    unique: bool
    """Whether it is the only candidate of that likeness."""


@dataclass(frozen=True)
class ComplaintCandidates:
    """A complaint and its candidates, most probable first; probabilities sum to at most 1."""

    complaint: ComplaintText
    projects: tuple[RankedCandidate, ...]
    organisations: tuple[RankedCandidate, ...]


@dataclass(frozen=True)
class LinkageResult:
    """All linked complaints, and the weights used."""

    complaints: tuple[ComplaintCandidates, ...]
    project_weights: Weights
    organisation_weights: Weights


def link_complaints(
    store: RecordStore, as_of: dt.date, days: int = OPEN_DAYS, most: int = MAX_CANDIDATES
) -> LinkageResult:
    """Candidates for the complaints of the last ``days`` days that name no known project.

    Fitting and matching use only what was known strictly before ``as_of``. Complaints already
    linked by a person are included, since that decision can be revoked.
    """
    linker = Linker(store, as_of, days)
    return LinkageResult(tuple(linker.linked(most)), linker.by_project, linker.by_firm)


class Linker:
    """Links the complaints of :func:`link_complaints` a few at a time."""

    def __init__(self, store: RecordStore, as_of: dt.date, days: int = OPEN_DAYS) -> None:
        known = read_snapshot(store, as_of, as_of - dt.timedelta(days=max(days, TRAINING_DAYS)))
        since = as_of - dt.timedelta(days=days)
        self._unlinked = [
            complaint
            for complaint in known.complaints
            if complaint.project_id is None and complaint.received_on >= since
        ]
        self._projects, self._firms = _Targets(known.projects), _Targets(known.organisations)
        self.by_project = fitted_weights(known, "project", self._projects.blocking)
        self.by_firm = fitted_weights(known, "organisation", self._firms.blocking)

    def linked(self, most: int = MAX_CANDIDATES) -> Iterator[ComplaintCandidates]:
        """Yield each complaint with up to ``most`` candidates of a kind."""
        for start in range(0, len(self._unlinked), _AT_ONCE):
            part = self._unlinked[start : start + _AT_ONCE]
            projects = _rank(part, self._projects, self.by_project, most)
            firms = _rank([_firm_only(one) for one in part], self._firms, self.by_firm, most)
            yield from map(ComplaintCandidates, part, projects, firms)


class _Targets:
    """Candidates, indexed once for all complaints."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self.blocking, self.namesakes = Blocking(candidates), Namesakes(candidates)
        self.candidates = candidates


def training_examples(
    snapshot: LinkageSnapshot, kind: str, blocking: Blocking | None = None
) -> Examples:
    """Features, real candidates and targets of the complaints that do name their project.

    The target of an organisation is the respondent of the case, else any builder of the project.
    ``blocking`` are its candidates, where they are indexed already.
    """
    named = [c for c in snapshot.complaints if c.project_id and (c.site or c.firm)]
    if kind == "project":
        candidates = snapshot.projects
    else:
        candidates = snapshot.organisations
        named = [_firm_only(complaint) for complaint in named if core_firm_name(complaint.firm)]
    pairs = block(named, blocking or candidates)
    right = np.array(
        [
            [n >= 0 and _is_target(snapshot, kind, complaint, candidates[n].key) for n in row]
            for complaint, row in zip(named, pairs.candidates.tolist(), strict=True)
        ],
        dtype=np.bool_,
    ).reshape(pairs.candidates.shape)
    withheld = np.array([_is_withheld(complaint) for complaint in named], dtype=np.bool_)
    real = (pairs.candidates >= 0) & ~(right & withheld[:, None])
    right &= real
    parts = similarity_features(named, candidates, pairs)
    ones = np.ones((len(named), 1), dtype=np.bool_)
    none = ~right.any(axis=1, keepdims=True)
    return parts, np.hstack([real, ones]), np.hstack([right, none])


def fitted_weights(
    snapshot: LinkageSnapshot, kind: str, blocking: Blocking | None = None
) -> Weights:
    """The shipped weights, adapted to the county's own complaints."""
    return fit(*training_examples(snapshot, kind, blocking), start=shipped_weights(kind))


def _is_target(snapshot: LinkageSnapshot, kind: str, complaint: ComplaintText, key: str) -> bool:
    if kind == "project":
        return key == complaint.project_id
    respondent = snapshot.respondents.get(complaint.complaint_id)
    if respondent is not None:
        return key == respondent
    return key in snapshot.builders.get(complaint.project_id or "", ())


def _is_withheld(complaint: ComplaintText) -> bool:
    """A pseudo-random choice by complaint number, the same every time."""
    return zlib.crc32(complaint.complaint_id.encode()) % 1000 < WITHHELD_SHARE * 1000


def _firm_only(complaint: ComplaintText) -> ComplaintText:
    return replace(complaint, site="", workers=None, amount=None, text=None)


def match_probabilities(
    complaints: Sequence[ComplaintText], candidates: Sequence[Candidate], weights: Weights
) -> tuple[CandidatePairs, NDArray[np.float64]]:
    """The candidates of each complaint, and the probability of each and of "none".

    Where candidates of the same name were under way, all others have probability 0.
    """
    return _match(complaints, _Targets(candidates), weights, equal_names(complaints, candidates))


def _match(
    complaints: Sequence[ComplaintText],
    targets: _Targets,
    weights: Weights,
    equal: Sequence[NameMatch | None],
) -> tuple[CandidatePairs, NDArray[np.float64]]:
    pairs = block(complaints, targets.blocking, MAX_COMPARED, equal)
    parts = similarity_features(complaints, targets.candidates, pairs)
    same = np.array(
        [
            np.isin(row, match.candidates if match else ())
            for row, match in zip(pairs.candidates, equal, strict=True)
        ],
        dtype=np.bool_,
    ).reshape(pairs.candidates.shape)
    adds = np.array([EQUAL_LOG_ODDS[match.likeness] if match else 0.0 for match in equal])
    real = (pairs.candidates >= 0) & (same | ~_any_in_time(same, parts))
    ones = np.ones((len(complaints), 1), dtype=np.bool_)
    offset = np.hstack([same * adds[:, None], np.zeros(ones.shape)])
    return pairs, probabilities(parts, np.hstack([real, ones]), weights, offset)


def _any_in_time(same: NDArray[np.bool_], parts: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether a candidate of the same name was under way, shape (complaints, 1)."""
    untimely = [PAIR_FEATURES.index(name) for name in ("not_begun", "long_over")]
    in_time = ~parts[:, :-1, untimely].any(axis=2)
    return np.asarray((same & in_time).any(axis=1, keepdims=True))


def _rank(
    complaints: Sequence[ComplaintText], targets: _Targets, weights: Weights, k: int
) -> list[tuple[RankedCandidate, ...]]:
    """The ``k`` best candidates of each complaint: equal names, then by probability, then key."""
    equal = [targets.namesakes.of(complaint) for complaint in complaints]
    pairs, probability = _match(complaints, targets, weights, equal)
    ranked = []
    for complaint, row, chances, match in zip(
        complaints, pairs.candidates, probability, equal, strict=True
    ):
        first = match.candidates if match and match.likeness == "equal" else ()
        real = [(float(p), int(n)) for p, n in zip(chances[:-1], row, strict=True) if n >= 0]
        real = [(p, n) for p, n in real if p >= MIN_PROBABILITY or (n in first and p)]
        real.sort(key=lambda pair: (pair[1] not in first, -round(pair[0], 6), pair[1]))
        ranked.append(
            tuple(
                _ranked(complaint, targets.candidates[n], p, _match_of(match, n))
                for p, n in real[:k]
            )
        )
    return ranked


def _match_of(match: NameMatch | None, index: int) -> NameMatch | None:
    return match if match is not None and index in match.candidates else None


def _ranked(
    complaint: ComplaintText, candidate: Candidate, probability: float, match: NameMatch | None
) -> RankedCandidate:
    site = core_name(complaint.site) if complaint.site else ""
    name, site_words = _closest(site, candidate.names)
    firm, firm_words = _closest(core_firm_name(complaint.firm), candidate.firms)
    received, start, end = complaint.received_on, candidate.started_on, candidate.completed_on
    over = end is not None and end < received
    begun = None if start is None else start <= received
    return RankedCandidate(
        key=candidate.key,
        region_code=candidate.region_code,
        name=name,
        firm=firm,
        probability=round(probability, 4),
        site_words=site_words,
        firm_words=firm_words,
        under_way=None if begun is None else begun and not over,
        likeness=match.likeness if match else None,
        unique=match is not None and match.is_unique,
    )


def _closest(text: str, names: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The name that shares most characters with ``text``, and the parts they share."""
    shared = [(shared_pieces(text, name) if text else (), name) for name in names]
    if not shared:
        return "", ()
    words, name = max(shared, key=lambda pair: sum(len(piece) for piece in pair[0]))
    return (name, words)


if TYPE_CHECKING:
    Examples = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]
