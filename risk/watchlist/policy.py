"""Selection of the list: projects the law says must be visited, the highest risk, a random share.

1. Only projects whose region code starts with the policy's region are considered.
2. ``must``: projects with a flag that must be visited, in the policy's order, up to the capacity.
3. Of the remaining slots, the random ones are set aside (``random_selection.random_slots``).
4. ``risk``: the other slots, in the policy's order, without projects resting after a clean visit.
5. ``random``: drawn from all projects not yet on the list, resting or not, so that the findings of
   these visits represent all projects that the rest of the list leaves out.

Slots that resting projects leave free stay free. The whole list has one ranking by the policy's
order: a random entry is ranked by its own risk and cannot be recognised by its rank.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from risk.errors import WagewatchError
from risk.tiers import DEFAULT_TIERS, Tier, Tiers
from risk.watchlist.random_selection import draw, draw_key, random_slots
from risk.watchlist.ranking import ORDERS, Order, measures, rank_keys


class CandidateInvalid(WagewatchError, ValueError):
    """A figure of a candidate is out of range."""

    code = "candidate_invalid"


class DuplicateCandidate(WagewatchError, ValueError):
    """The candidates contain the same project more than once."""

    code = "candidate_twice"


class PolicyInvalid(WagewatchError, ValueError):
    """A value of the policy is out of range."""

    code = "policy_invalid"


class Selection(StrEnum):
    """Why a project is on the list."""

    RISK = "risk"
    RANDOM = "random"
    MUST = "must"


@dataclass(frozen=True)
class Candidate:
    """Scored project that may be listed.

    ``workers``: people on site, None if unknown. ``last_clean_visit``: date of the last inspection
    that found no arrears. ``must``: codes of its red flags that must be visited. ``flags``: weight
    of its red flags in the orders that use them, see :func:`risk.flags.weight_of`.

    Raises:
        CandidateInvalid: the probability is not in [0, 1], or ``workers`` is negative or infinite.
    """

    project_id: str
    region_code: str
    probability: float
    workers: float | None = None
    last_clean_visit: dt.date | None = None
    must: tuple[str, ...] = ()
    flags: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.probability <= 1:
            raise CandidateInvalid(
                project_id=self.project_id, field="probability", found=self.probability
            )
        if self.workers is not None and not 0 <= self.workers < float("inf"):
            raise CandidateInvalid(project_id=self.project_id, field="workers", found=self.workers)


@dataclass(frozen=True)
class Policy:
    """Parameters of a selection. ``region`` is a prefix of region codes, empty for all.

    ``random_share`` of the capacity is drawn at random; for ``rest_days`` days after a clean visit
    a project is not listed for its risk; ``seed`` fixes the draw.

    Raises:
        PolicyInvalid: a value is out of range.
    """

    capacity: int
    seed: str
    region: str = ""
    order: Order = "probability"
    random_share: float = 0.1
    rest_days: int = 30
    tiers: Tiers = field(default=DEFAULT_TIERS)

    def __post_init__(self) -> None:
        allowed = {
            "capacity": self.capacity >= 0,
            "random_share": 0 <= self.random_share <= 1,
            "rest_days": self.rest_days >= 0,
            "order": self.order in ORDERS,
        }
        for name, holds in allowed.items():
            if not holds:
                raise PolicyInvalid(field=name, found=getattr(self, name))


@dataclass(frozen=True)
class Selected:
    """Entry of the list.

    ``measure`` is the value it is ranked by; ``draw_probability`` its probability of being drawn,
    for random entries only; ``resting`` whether it had a clean visit within the rest period.
    """

    project_id: str
    rank: int
    selection: Selection
    draw_probability: float | None
    tier: Tier
    probability: float
    measure: float
    resting: bool


@dataclass(frozen=True)
class _Choice:
    """Project ids by selection, and the pool the random ones were drawn from."""

    must: frozenset[str]
    risk: frozenset[str]
    random: frozenset[str]
    pool: frozenset[str]

    @property
    def draw_probability(self) -> float:
        return len(self.random) / len(self.pool) if self.pool else 0.0

    def selection(self, project_id: str) -> Selection:
        if project_id in self.must:
            return Selection.MUST
        return Selection.RISK if project_id in self.risk else Selection.RANDOM


def select(candidates: Iterable[Candidate], policy: Policy, as_of: dt.date) -> list[Selected]:
    """List of ``as_of`` in order of rank, with at most ``policy.capacity`` entries.

    Raises:
        DuplicateCandidate: a project_id occurs twice among the candidates.
    """
    known = _in_region(candidates, policy)
    measure = measures(known.values(), policy.order)
    keys = _rank_keys(known, policy, as_of)
    choice = _choose(known, keys, policy, as_of)
    listed = sorted(choice.must | choice.risk | choice.random, key=keys.__getitem__)
    return [
        _selected(known[project_id], rank, measure[project_id], choice, policy, as_of)
        for rank, project_id in enumerate(listed, start=1)
    ]


def draw_probabilities(
    candidates: Iterable[Candidate], policy: Policy, as_of: dt.date
) -> Mapping[str, float]:
    """Probability of each project of being drawn at random, for inverse probability weighting.

    0 for projects listed for another reason, which cannot be drawn. The probabilities add up to the
    number of random entries.

    Raises:
        DuplicateCandidate: a project_id occurs twice among the candidates.
    """
    known = _in_region(candidates, policy)
    choice = _choose(known, _rank_keys(known, policy, as_of), policy, as_of)
    return {
        project_id: choice.draw_probability if project_id in choice.pool else 0.0
        for project_id in sorted(known)
    }


def is_resting(candidate: Candidate, rest_days: int, as_of: dt.date) -> bool:
    """Whether the last clean visit was in the ``rest_days`` before ``as_of``."""
    visited = candidate.last_clean_visit
    return visited is not None and 0 < (as_of - visited).days <= rest_days


def _in_region(candidates: Iterable[Candidate], policy: Policy) -> dict[str, Candidate]:
    known = list(candidates)
    duplicates = [key for key, n in Counter(item.project_id for item in known).items() if n > 1]
    if duplicates:
        raise DuplicateCandidate(project_id=min(duplicates))
    return {item.project_id: item for item in known if item.region_code.startswith(policy.region)}


def is_cut_arbitrary(candidates: Iterable[Candidate], policy: Policy, as_of: dt.date) -> bool:
    """Whether most places given for risk go to projects no more probable than one left out.

    The list then depends on how ties are broken.
    """
    known = _in_region(candidates, policy)
    choice = _choose(known, _rank_keys(known, policy, as_of), policy, as_of)
    if not choice.risk:
        return False
    lowest = min(known[key].probability for key in choice.risk)
    tied = sum(known[key].probability == lowest for key in choice.risk)
    left_out = (
        known[key] for key in choice.pool if not is_resting(known[key], policy.rest_days, as_of)
    )
    return 2 * tied > len(choice.risk) and any(item.probability == lowest for item in left_out)


def _rank_keys(
    known: Mapping[str, Candidate], policy: Policy, as_of: dt.date
) -> Mapping[str, tuple[float, float, str]]:
    """Sort keys; ties are drawn independently of the random share."""

    def drawn(key: str) -> str:
        return draw_key(key, seed=f"{policy.seed}:ties", as_of=as_of, region=policy.region)

    return rank_keys(known.values(), policy.order, drawn)


def _choose(
    known: Mapping[str, Candidate],
    keys: Mapping[str, tuple[float, float, str]],
    policy: Policy,
    as_of: dt.date,
) -> _Choice:
    wanted = (key for key, item in known.items() if item.must)
    must = sorted(wanted, key=keys.__getitem__)[: policy.capacity]
    free = policy.capacity - len(must)
    slots = min(random_slots(policy.capacity, policy.random_share), free)
    rest = _excluding(known, must)
    awake = [key for key in rest if not is_resting(known[key], policy.rest_days, as_of)]
    risk = sorted(awake, key=keys.__getitem__)[: free - slots]
    pool = _excluding(known, [*must, *risk])
    random = draw(pool, slots, seed=policy.seed, as_of=as_of, region=policy.region)
    return _Choice(frozenset(must), frozenset(risk), frozenset(random), frozenset(pool))


def _excluding(known: Iterable[str], excluded_ids: Sequence[str]) -> list[str]:
    excluded = set(excluded_ids)
    return [key for key in known if key not in excluded]


def _selected(
    candidate: Candidate,
    rank: int,
    measure: float,
    choice: _Choice,
    policy: Policy,
    as_of: dt.date,
) -> Selected:
    selection = choice.selection(candidate.project_id)
    return Selected(
        project_id=candidate.project_id,
        rank=rank,
        selection=selection,
        draw_probability=choice.draw_probability if selection is Selection.RANDOM else None,
        tier=policy.tiers.tier_of(candidate.probability),
        probability=candidate.probability,
        measure=measure,
        resting=is_resting(candidate, policy.rest_days, as_of),
    )
