"""Simulation of the authority: month by month, debts lead to complaints, cases and visits.

Debts recovered by a case or an ordered correction are paid from then on and reduce the debts of
later months.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from risk.simulator.cases import Case, Claim, simulate_case
from risk.simulator.complaints import (
    Complaint,
    complaint_chances,
    employer_claim,
    false_claim,
    true_claim,
)
from risk.simulator.debts import Debts, debts, open_payrolls
from risk.simulator.disputes import running
from risk.simulator.inspections import Visit, make_visit, visit_chances
from risk.simulator.organisations import EMPLOYER, Organisations
from risk.simulator.projects import Projects
from risk.simulator.season import DRAWS, campaign_days, make_season
from risk.simulator.wages import Wages
from risk.simulator.world import EMPTY, NEVER, Floats, Ints, World

_AFTER_END_DAYS = 300  # complaints are possible until this many days after the end of work


@dataclass
class Oversight:
    """Actions of the authority, and the true debts by project and month."""

    complaints: list[Complaint] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    amount: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    workers: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    drawn_on: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


class _OversightRun:
    """State of the monthly simulation: open cases and past findings by project."""

    def __init__(self, world: World, projects: Projects, wages: Wages) -> None:
        self.world, self.projects, self.wages = world, projects, wages
        self.rng = world.stream("oversight")
        self.at_work = running(world, projects)
        self.season = make_season(world.parameters, world.timeline)
        self.busy_until = np.full(len(projects), EMPTY)
        self.history = np.zeros(len(projects))
        shape = (len(projects), world.months)
        self.out = Oversight(
            amount=np.zeros(shape), workers=np.zeros(shape), drawn_on=np.full(shape[0], NEVER)
        )

    def month(self, month: int) -> None:
        """Simulate the debts, complaints and visits of one month."""
        p, day = self.world.parameters, self.world.timeline.month_day(month)
        now = debts(self.wages, len(self.projects), day, p.complaint_patience_days)
        self.out.amount[:, month], self.out.workers[:, month] = now.amount, now.workers
        self._true_complaints(now, day, month)
        self._false_complaints(month)
        self._visits(now, month, day)

    def _true_complaints(self, now: Debts, day: int, month: int) -> None:
        p, season = self.world.parameters, float(self.season.factors[month])
        chance = complaint_chances(p, now, self.projects.milestone, season)
        chance = np.where(self.busy_until > day, chance * p.complaint_open_case, chance)
        gone = self.projects.end + _AFTER_END_DAYS < day
        hit = (self.rng.random(len(chance)) < chance) & (now.workers > 0) & ~gone
        for project in np.flatnonzero(hit).tolist():
            for _ in range(1 + int(self.rng.poisson(p.repeat_complaints))):
                claim = true_claim(
                    self.rng, p, int(now.workers[project]), float(now.amount[project])
                )
                self._complain(project, self._season_day(month), claim, now)

    def _season_day(self, month: int) -> int:
        return int(self.season.days[month, self.rng.integers(0, DRAWS)])

    def _false_complaints(self, month: int) -> None:
        rate, at_work = self.world.parameters.false_rate, self.at_work[:, month]
        hit = (self.rng.random(len(at_work)) < rate * self.season.factors[month]) & at_work
        for project in np.flatnonzero(hit).tolist():
            claim = false_claim(self.rng)
            self._complain(project, self._season_day(month), claim, None)

    def _complain(self, project: int, day: int, claim: Claim, now: Debts | None) -> None:
        p = self.world.parameters
        day = max(day, int(self.projects.start[project]))
        named = bool(self.rng.random() >= p.complaint_without_project)
        org = int(self.projects.contractor[project])
        self.out.complaints.append(Complaint(day, project, org, named, claim))
        if self.busy_until[project] > day or self.rng.random() > p.accepted_share:
            return
        opened = day + int(self.rng.integers(0, 5))
        number = len(self.out.complaints) - 1
        self._open(Case(project, org, number, named, claim, opened))
        if now is not None and named and self.rng.random() < p.complaint_visit:
            self._visit(now, project, opened + int(self.rng.integers(1, 15)), "complaint")

    def _open(self, case: Case) -> None:
        case = simulate_case(self.rng, self.world.parameters, case)
        self.out.cases.append(case)
        self.busy_until[case.project] = max(case.closed, case.unfounded)
        if case.confirmed != EMPTY:
            self.history[case.project] += 1
            if self.rng.random() < self.world.parameters.deposit_drawn:
                self.out.drawn_on[case.project] = case.confirmed + 8
        if case.settled_on() != EMPTY:
            rows = open_payrolls(self.wages, case.project, case.opened)
            self.wages.settle(rows, case.settled_on())

    def _visits(self, now: Debts, month: int, day: int) -> None:
        timeline = self.world.timeline
        campaign = campaign_days(self.world.parameters, timeline, month)
        part = len(campaign) / (timeline.month_day(month + 1) - day)
        chances = visit_chances(self.world.parameters, self.projects, self.history, part)
        for kind, chance in chances.items():
            hit = (self.rng.random(len(chance)) < chance) & self.at_work[:, month]
            days = campaign if kind == "campaign" else np.arange(day, day + 28)
            for project in np.flatnonzero(hit).tolist():
                self._visit(now, project, int(days[self.rng.integers(0, len(days))]), kind)

    def _visit(self, now: Debts, project: int, day: int, kind: str) -> None:
        day = max(day, int(self.projects.start[project]))
        visit = make_visit(
            self.rng, self.world.parameters, self.projects, now, (project, day, kind)
        )
        self.out.visits.append(visit)
        if not visit.found:
            return
        self.history[project] += 1
        if visit.rectified != EMPTY:
            self.wages.settle(open_payrolls(self.wages, project, day), visit.rectified)
        elif self.busy_until[project] < day and self.rng.random() < 0.5:
            claim = Claim(visit.workers, visit.amount, True)
            org = int(self.projects.contractor[project])
            self._open(Case(project, org, EMPTY, True, claim, day + 32))


def simulate_oversight(
    world: World,
    projects: Projects,
    organisations: Organisations,
    firm_stress: Floats,
    wages: Wages,
) -> Oversight:
    """Complaints, cases and visits of all months; pays recovered ``wages`` in place."""
    run = _OversightRun(world, projects, wages)
    for month in range(world.months):
        run.month(month)
    _outside_construction(world, organisations, firm_stress, run.out)
    return _in_order(run.out, world.timeline.live_day)


def _outside_construction(
    world: World, organisations: Organisations, firm_stress: Floats, out: Oversight
) -> None:
    """Add complaints and cases of shops and factories, in the proportion a county reported.

    Employers under financial stress get more complaints, most of all in the season of complaints.
    """
    rng, p = world.stream("employers"), world.parameters
    employers = organisations.of_kind(EMPLOYER)
    mean = p.other_per_building_case * len(out.complaints)
    season = make_season(p, world.timeline)
    weight = season.factors[None, :] * np.exp(p.employer_pull * firm_stress[employers])
    chance = weight.ravel() / weight.sum()
    for _ in range(int(rng.poisson(mean))):
        index, month = divmod(int(rng.choice(len(chance), p=chance)), world.months)
        day = int(season.days[month, rng.integers(0, DRAWS)])
        org = int(employers[index])
        claim = employer_claim(rng)
        out.complaints.append(Complaint(day, EMPTY, org, True, claim))
        if rng.random() < p.accepted_share:
            number = len(out.complaints) - 1
            opened = day + int(rng.integers(0, 5))
            out.cases.append(simulate_case(rng, p, Case(EMPTY, org, number, True, claim, opened)))


def _in_order(out: Oversight, live_day: int) -> Oversight:
    """Everything from ``live_day`` on, ordered by day so that numbers grow with time."""
    recorded = [i for i, complaint in enumerate(out.complaints) if complaint.day >= live_day]
    order = sorted(recorded, key=lambda i: (out.complaints[i].day, i))
    position = {old: new for new, old in enumerate(order)}
    out.complaints = [out.complaints[i] for i in order]
    cases = [
        replace(c, complaint=position.get(c.complaint, EMPTY))
        for c in out.cases
        if c.opened >= live_day
    ]
    out.cases = sorted(cases, key=lambda c: c.opened)
    out.visits = sorted((v for v in out.visits if v.day >= live_day), key=lambda v: v.day)
    return out
