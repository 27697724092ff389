"""Course of a case at the authority, and the record versions it produces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from risk.simulator.csv_files import Frame
from risk.simulator.parameters import Parameters
from risk.simulator.world import EMPTY, Texts, World

OTHER_CAUSES = ("project_payment", "labour_fee", "other", "")
_CAUSE_SHARES = (0.45, 0.3, 0.1, 0.15)
_UNDECIDED = ("accepted", "filed")


@dataclass(frozen=True)
class Claim:
    """Claim of unpaid wages; ``true`` if wages are really owed. ``amount`` is in yuan."""

    workers: int
    amount: float
    true: bool


@dataclass(frozen=True)
class Case:
    """Case. Days since 1970, EMPTY for steps not taken; money in yuan."""

    project: int
    org: int
    complaint: int
    named: bool
    claim: Claim
    opened: int
    filed: int = EMPTY
    confirmed: int = EMPTY
    unfounded: int = EMPTY
    transferred: int = EMPTY
    closed: int = EMPTY
    found_workers: int = EMPTY
    found_amount: float = EMPTY
    pays: bool = False

    def settled_on(self) -> int:
        """Day on which the debt is paid because of this case; EMPTY if it is not."""
        return self.closed if self.pays else EMPTY


def simulate_case(rng: np.random.Generator, p: Parameters, case: Case) -> Case:
    """Complete course of an accepted case, for a true or a false claim."""
    claim = case.claim
    if rng.random() > (p.filed_if_owed if claim.true else p.filed_if_not):
        closed = case.opened + int(rng.integers(4, 30))
        return replace(case, closed=closed, pays=claim.true and rng.random() < 0.7)
    filed = case.opened + int(rng.integers(2, 12))
    slow = rng.random() < p.slow_share
    checked = filed + int(rng.gamma(2.0, p.case_days / 4)) + 3 + slow * int(rng.integers(60, 240))
    if not (claim.true and rng.random() < p.confirmed_if_owed):
        return replace(case, filed=filed, unfounded=checked)
    return _confirmed(rng, p, replace(case, filed=filed, confirmed=checked), slow)


def _confirmed(rng: np.random.Generator, p: Parameters, case: Case, slow: bool) -> Case:
    found = max(1, round(case.claim.workers * float(rng.uniform(0.75, 1.0))))
    head = case.claim.amount / case.claim.workers
    closed = case.confirmed + 6 + int(rng.exponential(p.case_days / 2)) + slow * 150
    transferred = EMPTY
    if rng.random() < p.transferred_share * (3 if slow else 1):
        transferred = case.confirmed + int(rng.integers(12, 45))
        closed = transferred + int(rng.integers(60, 400))
    return replace(
        case,
        transferred=transferred,
        closed=closed,
        found_workers=found,
        found_amount=round(head * found, 2),
        pays=bool(rng.random() < p.recovered_share),
    )


def case_frame(world: World, cases: list[Case], ids: tuple[Texts, Texts, Texts]) -> Frame:
    """Rows of the ``cases`` table; ``ids`` are of projects, organisations and complaints."""
    rng = world.stream("case-records")
    projects, organisations, complaints = ids
    rows = []
    for number, (case, extra) in enumerate(zip(cases, _extra_days(world, cases), strict=True)):
        for status, day in _steps(case):
            known = day + int(rng.integers(0, 3)) + (0 if status in _UNDECIDED else extra)
            rows.append((number, case, status, day, known))
    causes = other_causes(world, len(cases))
    shown = [
        _Version(number, case, status, day, known, causes[number])
        for number, case, status, day, known in rows
    ]
    return {
        "case_id": _texts([f"AJ{v.number + 1:06d}" for v in shown]),
        "project_id": _texts([projects[v.case.project] if v.site_known else "" for v in shown]),
        "org_id": _texts([organisations[v.case.org] if v.place_known else "" for v in shown]),
        "complaint_id": _texts(
            ["" if v.case.complaint == EMPTY else complaints[v.case.complaint] for v in shown]
        ),
        "opened_on": _ints([v.case.opened for v in shown]),
        "status": _texts([v.status for v in shown]),
        "workers": _ints([v.workers for v in shown]),
        "amount_owed": _ints([v.amount for v in shown]),
        "amount_recovered": _ints([v.recovered for v in shown]),
        "confirmed_on": _ints([v.until(v.case.confirmed) for v in shown]),
        "closed_on": _ints([v.until(v.case.closed) for v in shown]),
        "transferred_on": _ints([v.until(v.case.transferred) for v in shown]),
        "cause": _texts([v.cause for v in shown]),
        "guided_on": _ints([v.guided_on for v in shown]),
        "known_at": _ints([v.known for v in shown]),
    }


def other_causes(world: World, count: int) -> list[str]:
    """Cause that each case would turn out to have if no wages were owed; '' if not recorded."""
    drawn = world.stream("case-causes").choice(OTHER_CAUSES, count, p=_CAUSE_SHARES)
    return [str(cause) for cause in drawn]


def _extra_days(world: World, cases: list[Case]) -> list[int]:
    """Days by which the decision of each case is entered later in a slow office."""
    p = world.parameters
    rng = world.stream("case-delays")
    extra = p.decision_extra_days + rng.exponential(p.decision_extra_mean_days, len(cases))
    since = world.months - p.decision_extra_months if p.decision_extra_months else 0
    opened = np.array([case.opened for case in cases], dtype=np.int64)
    late = opened >= world.timeline.month_day(since)
    days: list[int] = np.where(late, np.floor(extra), 0).astype(int).tolist()
    return days


@dataclass(frozen=True)
class _Version:
    number: int
    case: Case
    status: str
    day: int
    known: int
    other_cause: str

    @property
    def is_dispute(self) -> bool:
        """Whether a claim at a site turned out to be about other money than wages."""
        return self.status == "unfounded" and not self.case.claim.true and self.site_known

    @property
    def cause(self) -> str:
        """Cause as found by this version, '' before."""
        if self.is_dispute:
            return self.other_cause
        return "wages" if self._verified else ""

    @property
    def guided_on(self) -> int:
        """Day on which a dispute over other money was guided elsewhere, EMPTY if it was not."""
        return self.day if self.is_dispute and self.other_cause else EMPTY

    @property
    def place_known(self) -> bool:
        """Whether the employer and site are named; often only once the case is filed."""
        return self.case.named or self.status != "accepted"

    @property
    def site_known(self) -> bool:
        """Whether this version names a construction site."""
        return self.place_known and self.case.project != EMPTY

    @property
    def _verified(self) -> bool:
        return self.case.confirmed != EMPTY and self.day >= self.case.confirmed

    @property
    def workers(self) -> int:
        return self.case.found_workers if self._verified else self.case.claim.workers

    @property
    def amount(self) -> int:
        yuan = self.case.found_amount if self._verified else self.case.claim.amount
        return round(yuan * 100)

    @property
    def recovered(self) -> int:
        if self.status != "closed":
            return EMPTY
        return self.amount if self.case.pays else round(self.amount * 0.3)

    def until(self, day: int) -> int:
        """``day`` if it is not after this version, else EMPTY."""
        return day if day <= self.day else EMPTY


def _steps(case: Case) -> Iterator[tuple[str, int]]:
    steps = {
        "accepted": case.opened,
        "filed": case.filed,
        "confirmed": case.confirmed,
        "unfounded": case.unfounded,
        "transferred": case.transferred,
        "closed": case.closed,
    }
    return ((status, day) for status, day in steps.items() if day != EMPTY)


def _texts(values: list[str]) -> Texts:
    return np.array(values, dtype=np.str_)


def _ints(values: list[int]) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return np.array(values, dtype=np.int64)
